"""A model folder and its card: what it says, and whether the files are those it speaks of."""

import hashlib

import pytest

from opsef_core.errors import BadConfig, MissingWeights
from opsef_core.models import _card
from opsef_core.models._card import CARD, Card, read_card, sha256_of, write_card, zoo_names


def hashed(content):
    return hashlib.sha256(content).hexdigest()


def facts(**changes):
    said = {
        "family": "unet", "title": "Toy", "weights": "weights.safetensors", "sha256": hashed(b"numbers"),
        "licence": "CC0-1.0", "trained_on": {"images": 4}, "training": {"steps": 1},
    }  # fmt: skip
    return said | changes


@pytest.fixture
def folder(tmp_path):
    """A whole model folder of two files."""
    (tmp_path / "weights.safetensors").write_bytes(b"numbers")
    (tmp_path / "config.json").write_bytes(b"{}")
    write_card(Card(**facts(files={"config.json": hashed(b"{}")})), tmp_path)
    return tmp_path


def test_a_card_is_read_as_it_was_written(tmp_path):
    card = Card(
        **facts(
            version="2", architecture="ResNet-18, four levels", input={"object_px": 24, "channels": 3},
            files={"config.json": hashed(b"{}")}, scores={"dsb_score": 0.5}, notes="größer",
        )
    )  # fmt: skip
    file = write_card(card, tmp_path)
    assert file == tmp_path / CARD
    assert read_card(tmp_path) == card
    assert file.read_text("utf8").startswith("family: unet\ntitle: Toy\nversion: '2'\n")
    assert [f.name for f in tmp_path.iterdir()] == [CARD]


def test_a_card_of_before_can_be_read(tmp_path):
    lines = "family: unet\ntitle: T\nweights: w\nsha256: x\nlicence: l\ntrained_on: {}\ntraining: {}\n"
    (tmp_path / CARD).write_text(lines)
    card = read_card(tmp_path)
    assert (card.version, card.architecture, card.input, card.files) == ("1", "", {}, {})


def test_a_whole_folder_gives_the_weights(folder):
    assert read_card(folder).check(folder) == folder / "weights.safetensors"


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json"])
def test_a_changed_file_is_noticed(folder, name):
    card = read_card(folder)
    card.check(folder)
    before = hashed((folder / name).read_bytes())
    (folder / name).write_bytes(b"other stuff")
    after = hashed(b"other stuff")
    with pytest.raises(MissingWeights) as error:
        card.check(folder)
    assert str(error.value) == (
        f"The file {folder / name} of 'Toy' is damaged: its checksum is {after[:12]}..., its card says "
        f"{before[:12]}.... Put the original file back."
    )


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json"])
def test_a_missing_file_is_noticed(folder, name):
    (folder / name).unlink()
    with pytest.raises(MissingWeights) as error:
        read_card(folder).check(folder)
    assert str(error.value) == f"The file {folder / name} of 'Toy' is missing; put it there again."


def test_a_file_that_did_not_change_is_read_once(folder, monkeypatch):
    read = []
    digest = hashlib.file_digest
    monkeypatch.setattr(_card.hashlib, "file_digest", lambda *a: read.append(1) or digest(*a))
    for _ in range(3):
        read_card(folder).check(folder)
    assert len(read) == 2  # two files
    (folder / "other").write_bytes(b"replaced")
    (folder / "other").replace(folder / "weights.safetensors")
    assert sha256_of(folder / "weights.safetensors") == hashed(b"replaced")


@pytest.mark.parametrize("name", ["../w", "/etc/passwd", "a/b", "a\\b", "..", "", CARD])
def test_a_card_cannot_point_out_of_its_folder(tmp_path, name):
    for change in ({"weights": name}, {"files": {name: "x"}}):
        (tmp_path / CARD).write_text(_card.yaml.safe_dump(facts(**change)))
        with pytest.raises(BadConfig, match="is no name of a file beside"):
            read_card(tmp_path)


@pytest.mark.parametrize("text", ["- a list", "just words", "family: unet\nnonsense: 1", "a: [", "\x00"])
def test_what_is_no_card_is_refused(tmp_path, text):
    (tmp_path / CARD).write_text(text)
    with pytest.raises(BadConfig, match="model.yml"):
        read_card(tmp_path)


def test_shipped_folders_are_whole_and_named_after_their_family():
    assert "unet-bbbc038" in zoo_names("unet")
    for name in zoo_names():
        card = read_card(_card.ZOO / name)
        card.check(_card.ZOO / name)
        assert name.startswith(card.family)
