import datetime

import numpy as np
import pytest
import toy

from opsef_core.data import Image
from opsef_core.errors import MissingWeights
from opsef_core.ingest import cut, tile
from opsef_core.models import About, fit
from opsef_core.models._card import read_card, sha256_of
from opsef_core.models._trained_on import UNLISTED, TrainingImage, read_list, write_list

QUICK = {"steps": 4, "score_every": 2, "progress": False}


def test_the_card_says_what_it_is_and_how_it_was_made(level, pairs, tmp_path):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    about = About(title="discs", licence="CC0-1.0", dataset="toy discs", notes="for tests")
    fit(start, pairs, folder, about=about, seed=3, **QUICK)
    card = read_card(folder)
    assert (card.family, card.title, card.licence, card.notes) == ("level", "discs", "CC0-1.0", "for tests")
    assert (card.architecture, card.input) == ("one number", {"channels": 1})
    assert card.training == {
        "started_from": start.weights_checksum,
        "steps": 4,
        "best_step": 2,
        "batch": 1,
        "hours": 0.0,
        "device": card.training["device"],
        "seed": 3,
        "date": datetime.date.today().isoformat(),
    }
    assert card.training["device"].startswith(("cpu (", "cuda (", "mps ("))
    assert card.trained_on["dataset"] == "toy discs"
    assert card.trained_on["images"] == 4
    assert card.trained_on["list"] == "trained_on.csv"
    assert card.scores == {
        "on": "1 held-out images, mean over images; the best step was picked on them",
        "start_dsb_score": 0.0,
        "fitted_dsb_score": 1.0,
    }


def test_without_more_said_the_card_has_a_title_and_a_licence(level, pairs, tmp_path):
    fit(level.start(level.BLIND), pairs, tmp_path / "fitted", **QUICK)
    card = read_card(tmp_path / "fitted")
    assert card.title == "level fitted to 4 images"
    assert card.licence == "as the images it was trained on"
    assert card.trained_on["dataset"] == "the user's own images"


def test_checksums_of_all_its_files_are_verified_when_it_is_loaded(level, pairs, tmp_path):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    fit(start, pairs, folder, **QUICK)
    card = read_card(folder)
    assert card.sha256 == sha256_of(folder / card.weights)
    assert set(card.files) == {"notes.json", "trained_on.csv"}
    for name in (card.weights, *card.files):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content + b" ")
        with pytest.raises(MissingWeights, match=f"The file {folder / name} of 'level fitted to 4 images' is damaged"):
            type(start)(pretrained=str(folder)).ready()
        (folder / name).write_bytes(content)
    type(start)(pretrained=str(folder)).ready()


def test_files_of_the_user_beside_it_are_not_the_models(level, pairs, tmp_path):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    fit(start, pairs, folder, **QUICK)
    (folder / "README.txt").write_text("mine")
    fit(start, pairs, folder, **QUICK)
    assert set(read_card(folder).files) == {"notes.json", "trained_on.csv"}
    (folder / "README.txt").write_text("changed")
    type(start)(pretrained=str(folder)).ready()


def test_the_list_of_training_images(level, pairs, tmp_path):
    made = fit(level.start(1.0), pairs, tmp_path / "fitted", scratch=True, **QUICK)
    held_out = made.scores.index.tolist()
    rows = read_list(tmp_path / "fitted")
    assert [r.name for r in rows] == [i.name for i, _ in pairs if i.name not in held_out]
    assert made.fitted.trained_on == {i.fingerprint for i, _ in pairs if i.name not in held_out}


def test_what_the_start_weights_had_seen_has_been_seen(level, pairs, tmp_path):
    start = level.start(level.BLIND)
    assert start.trained_on is None
    assert UNLISTED in fit(start, pairs, tmp_path / "a", **QUICK).fitted.trained_on
    known = level.start(level.BLIND, "known")
    write_list(tmp_path / "known", [TrainingImage("before", "0123456789abcdef")])
    seen = fit(known, pairs, tmp_path / "b", **QUICK).fitted.trained_on
    assert "0123456789abcdef" in seen
    assert UNLISTED not in seen
    assert len(seen) == 5


def test_an_image_cut_in_two_has_been_seen_whole(level, tmp_path):
    image, truth = toy.many_discs("one", shape=(96, 200))
    made = fit(level.start(1.0), [(image, truth)], tmp_path / "fitted", scratch=True, **QUICK)
    assert made.scores.index.tolist() == ["one/judge"]
    assert made.fitted.trained_on == {image.fingerprint}


def test_tiles_have_been_seen_and_so_has_their_image(level, tmp_path):
    image, truth = toy.many_discs("slide", shape=(192, 192))
    tiles = [(t, cut(truth, t)) for t in tile(image, 96)]
    made = fit(level.start(1.0), tiles, tmp_path / "fitted", scratch=True, **QUICK)
    learned = {t.fingerprint for t, _ in tiles if t.name not in made.scores.index}
    assert len(learned) == 3
    assert made.fitted.trained_on == learned | {image.fingerprint}


def test_colour_and_many_images_keep_their_class_in_the_list(level, pairs, tmp_path):
    from opsef_core.models import Example

    colour = [Example(Image(np.stack([i.array()] * 3), "CYX", i.name), t, kind="grey as colour") for i, t in pairs]
    fit(level.start(1.0), colour, tmp_path / "fitted", scratch=True, **QUICK)
    assert {r.image_class for r in read_list(tmp_path / "fitted")} == {"grey as colour"}
