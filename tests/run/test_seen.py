"""A model that has seen an image in training, and everything that must say so."""

import time

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import tifffile
import toy

from opsef_core.__main__ import main
from opsef_core.choices import either
from opsef_core.data import Image
from opsef_core.ingest import bin_pixels, images, project, tile
from opsef_core.models import model
from opsef_core.models._card import Card, write_card
from opsef_core.models._trained_on import listed, write_list
from opsef_core.preprocess import grid, step
from opsef_core.run import Run
from opsef_core.run.seen import Fingerprints
from opsef_core.run.store import Store

WARNING = (
    "Warning: learned ({folder}) was trained on 2 of these 3 images. Its score is too good: training has shown the "
    "right answers; expect worse results on new images. Score on images that none of the models was trained "
    "on, for example the validation split of the training data, or a few new images annotated by hand."
)


@pytest.fixture
def learned(tmp_path):
    """A model whose folder lists these images as training data."""

    def made(trained_images, start=frozenset(), **parameters):
        folder = tmp_path / f"model{len(list(tmp_path.glob('model*')))}"
        folder.mkdir()
        card = {"family": "learned", "title": "T", "weights": "w", "sha256": "x", "licence": "l"}
        write_card(Card(**card, trained_on={}, training={}), folder)
        write_list(folder, listed([(i, "") for i in trained_images], start))
        return model("learned", pretrained=str(folder), **parameters)

    return made


def scored(folder, items, models, truth=None, **more):
    run = Run(folder, items, models=models, **more)
    run.go(progress=False)
    run.score(truth)
    return run


def seen(run):
    """image -> seen_in_training, of the model `learned`, as the file has it."""
    table = run.scores[run.scores["model"] == "learned"]
    return dict(zip(table["image"], table["seen_in_training"], strict=True))


def test_table_and_ranking_say_which_images_were_seen(tmp_path, pairs, learned):
    items, truth = [i for i, _ in pairs], [t for _, t in pairs]
    recipes = grid(either(None, step("median")))
    models = [learned(items[:2], level=either(80, 100)), model("bright"), model("threshold")]
    run = scored(tmp_path / "run", items, models, truth, recipes=recipes)
    assert seen(run) == {"one_disc": True, "touching_discs": True, "empty": False}
    by_model = run.scores.groupby("model")["seen_in_training"]
    assert by_model.count().to_dict() == {"bright": 0, "learned": 12, "threshold": 6}  # what bright has seen is unknown
    assert not by_model.get_group("threshold").any()
    ranks = run.rank().set_index("grid_point")["seen_in_training"]
    assert ranks["raw -> threshold"] == 0
    assert pd.isna(ranks["median -> bright"])
    assert [n for point, n in ranks.items() if "learned" in point] == [2] * 4


def test_the_warning_is_shown_wherever_the_tables_are(tmp_path, pairs, learned):
    items = [i for i, _ in pairs]
    run = Run(tmp_path / "run", items, models=[learned(items[:2])])
    run.go(progress=False)
    expected = WARNING.format(folder=tmp_path / "model0")
    for table in (
        run.score([t for _, t in pairs]),
        run.scores,
        run.rank(),
        run.rank().head(1),
        run.best and run.rank("f1"),
    ):
        assert repr(table).startswith(expected)
        assert table._repr_html_().startswith("<p><b>Warning: learned (")
        assert table._repr_html_().count("<table") == 1


def test_nothing_is_said_of_models_that_have_not_seen_the_images(tmp_path, pairs, learned):
    items, truth = [i for i, _ in pairs], [t for _, t in pairs]
    run = scored(tmp_path / "run", items, [learned([toy.mixed_sizes()[0]]), model("threshold")], truth)
    assert not run.scores["seen_in_training"].any()
    for table in (run.scores, run.rank()):
        assert "Warning" not in repr(table)
        assert table._repr_html_().startswith("<div>")


def test_agreement_is_marked_too(tmp_path, pairs, learned):
    items = [i for i, _ in pairs]
    run = scored(tmp_path / "run", items, [learned(items[:2]), model("threshold")])
    assert seen(run) == {"one_disc": True, "touching_discs": True, "empty": False}
    assert "agreement" in run.scores
    assert repr(run.rank()).startswith("Warning: learned (")


def test_name_file_type_and_recipe_do_not_matter(tmp_path, pairs, learned):
    image, truth = pairs[0]
    (tmp_path / "photos").mkdir()
    tifffile.imwrite(tmp_path / "photos" / "other.tif", np.stack([image.pixels] * 3, -1).astype(np.uint16) * 1)
    (again,) = images(tmp_path / "photos" / "other.tif")
    assert again.key != image.key
    same = truth.then(truth.history[-1], truth.pixels)
    run = Run(tmp_path / "run", [again], grid(step("gaussian", sigma_px=2)), [learned([image])])
    run.go(progress=False)
    run.score({again.name: same})
    assert seen(run) == {again.name: True}


def test_trained_on_a_whole_image_and_scored_on_its_tiles(tmp_path, learned):
    image, truth = toy.many_discs()
    run = scored(tmp_path / "run", tile(image, 100, 20), [learned([image])], [truth])
    assert len(seen(run)) == 9
    assert all(seen(run).values())


def test_trained_on_tiles_and_scored_on_tiles(tmp_path, learned):
    image, truth = toy.many_discs()
    tiles = tile(image, 100, 20)
    run = scored(tmp_path / "run", tiles, [learned(tiles[:2])], [truth])
    assert [*seen(run).values()] == [True] * 2 + [False] * 7


def test_trained_on_all_tiles_and_scored_on_the_image_or_on_other_tiles(tmp_path, learned):
    image, truth = toy.many_discs()
    segment = learned(tile(image, 100, 20))
    whole = scored(tmp_path / "whole", [image], [segment], [truth])
    others = scored(tmp_path / "others", tile(image, 64), [segment], [truth])
    assert all(seen(whole).values())
    assert all(seen(others).values())


def test_of_a_few_tiles_the_image_is_not_known(tmp_path, learned):
    image, truth = toy.many_discs()
    run = scored(tmp_path / "run", tile(image, 100, 20)[:3], [learned([image])], [truth])
    assert run.scores["seen_in_training"].isna().all()


def test_start_weights_of_unknown_training_leave_it_open(tmp_path, pairs, learned):
    items, truth = [i for i, _ in pairs], [t for _, t in pairs]
    found = seen(scored(tmp_path / "run", items, [learned(items[:1], start=None)], truth))
    assert found["one_disc"]
    assert pd.isna(found["touching_discs"])


def test_other_pixels_are_another_image(tmp_path, learned):
    stack = Image(np.random.default_rng(0).integers(0, 255, (4, 40, 40)).astype(np.uint8), "ZYX", "stack")
    items = [project(stack, "max"), bin_pixels(project(stack, "mean"), 2)]
    trained = [project(stack, "mean"), stack]
    names = [Image(i.pixels, "YX", n, source=n) for i, n in zip(items, ("max", "binned"), strict=True)]
    run = scored(tmp_path / "run", names, [learned(trained), model("threshold")])
    assert seen(run) == {"max": False, "binned": False}


def test_a_damaged_list_is_not_known_and_the_log_says_why(tmp_path, pairs, learned, caplog):
    items, truth = [i for i, _ in pairs], [t for _, t in pairs]
    one = learned(items)
    (tmp_path / "model0" / "trained_on.csv").write_text("garbage")
    run = scored(tmp_path / "run", items, [one], truth)
    assert run.scores["seen_in_training"].isna().all()
    assert "is no table with the columns name, fingerprint, image_class." in caplog.text


def test_failed_and_unscored_results_stay_open(tmp_path, pairs, learned):
    items = [i for i, _ in pairs]
    run = scored(tmp_path / "run", items, [learned(items)], [pairs[0][1]])
    assert seen(run)["one_disc"]
    assert pd.isna(seen(run)["empty"])
    assert run.rank()["seen_in_training"].tolist() == [1]


def lazy(image, reads, name):
    """The same image on a disk that counts how often it is read."""
    import dask

    def read():
        reads.append(name)
        return image.pixels

    return Image(da.from_delayed(dask.delayed(read)(), image.pixels.shape, image.pixels.dtype), "YX", name, source=name)


def test_pixels_are_read_once_for_the_fingerprint(tmp_path, pairs, learned):
    reads = []
    items = [lazy(i, reads, i.name) for i, _ in pairs]
    truth = [t for _, t in pairs]
    run = scored(tmp_path / "run", items, [learned([pairs[0][0]]), learned([])], truth)
    assert sorted(reads) == sorted(i.name for i in items)  # by go, for the results; score reads none
    assert len(list((tmp_path / "run" / "fingerprints").iterdir())) == 3
    for file in (tmp_path / "run" / "fingerprints").iterdir():  # a run folder of an older version has none
        file.unlink()
    run.score(truth)
    run.score(truth)
    assert sorted(reads) == sorted(2 * [i.name for i in items])


def test_no_pixels_are_read_for_models_without_a_list(tmp_path, pairs):
    reads = []
    run = scored(tmp_path / "run", [lazy(i, reads, i.name) for i, _ in pairs], [model("threshold"), model("bright")])
    for file in (tmp_path / "run" / "fingerprints").iterdir():
        file.unlink()
    reads.clear()
    run.score([t for _, t in pairs])
    assert reads == []


def test_an_image_that_has_gone_is_not_known(tmp_path, pairs, learned):
    image, truth = pairs[0]
    tifffile.imwrite(tmp_path / "gone.tif", image.pixels)
    run = Run(tmp_path / "run", images(tmp_path / "gone.tif"), models=[learned([image])])
    run.go(progress=False)
    for file in (tmp_path / "run" / "fingerprints").iterdir():
        file.unlink()
    (tmp_path / "gone.tif").unlink()
    assert run.score({"gone.tif": truth})["seen_in_training"].isna().all()


def test_a_huge_image_is_not_put_together(tmp_path, learned, monkeypatch):
    import opsef_core.run.seen as room

    monkeypatch.setattr(room, "MOST_PIXELS", 1000)
    image, truth = toy.many_discs()
    run = scored(tmp_path / "run", tile(image, 100), [learned([image])], [truth])
    assert run.scores["seen_in_training"].isna().all()


def test_the_whole_of_tiles_is_kept_under_the_key_of_the_whole(tmp_path):
    image, _ = toy.many_discs()
    tiles = tile(image, 100)
    store = Store(tmp_path).open()
    assert Fingerprints(tiles, store).of(tiles[0]) == (tiles[0].fingerprint, image.fingerprint)
    assert store.fingerprint(image.key) == image.fingerprint
    assert Fingerprints([], store).of(image) == (image.fingerprint, image.fingerprint)


def test_a_thousand_done_results_are_planned_without_reading_pixels(tmp_path, learned):
    reads = []
    image, _ = toy.one_disc()
    items = [lazy(image, reads, f"i{n}") for n in range(100)]
    models = [learned([image], level=either(*range(10)))]
    run = Run(tmp_path / "run", items, models=models)
    run.go(progress=False)
    reads.clear()
    began = time.perf_counter()
    assert Run(tmp_path / "run", items, models=models).plan().todo == []
    assert time.perf_counter() - began < 2
    assert reads == []


def test_the_terminal_says_it(tmp_path, pairs, learned, capsys):
    (tmp_path / "photos").mkdir()
    for image, _ in pairs:
        tifffile.imwrite(tmp_path / "photos" / f"{image.name}.tif", image.pixels)
    run = Run(
        tmp_path / "run",
        images(str(tmp_path / "photos")),
        models=[learned([i for i, _ in pairs[:2]]), model("bright"), model("threshold")],
    )
    run.go(progress=False)
    assert main(["score", str(tmp_path / "run")]) == 0
    out = capsys.readouterr().out
    assert "seen_in_training" in out
    assert WARNING.format(folder=tmp_path / "model0") in out
    assert "It is not known which images bright was trained on; these may be among them." in out
