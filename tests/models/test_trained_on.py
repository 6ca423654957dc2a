import csv
import shutil

import numpy as np
import pytest
import toy

from opsef_core.data import Image
from opsef_core.errors import BadConfig
from opsef_core.ingest import dataset, images, tile
from opsef_core.models import UNLISTED, _card, model
from opsef_core.models._card import ZOO, Card, write_card
from opsef_core.models._trained_on import TrainingImage, listed, read_list, trained_on, write_list

CARD = Card(family="toy", title="T", weights="w", sha256="x", licence="l", trained_on={}, training={})
A, B, C = "a" * 16, "b" * 16, "c" * 16


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "model"
    made.mkdir()
    write_card(CARD, made)
    write_list(made, [TrainingImage("one.tif", A, "fluorescent"), TrainingImage("two, with a comma.tif", B)])
    (made / "w").write_bytes(b"weights")
    return made


def test_a_list_comes_back_as_it_was_written(folder):
    rows = read_list(folder)
    assert rows == (TrainingImage("one.tif", A, "fluorescent"), TrainingImage("two, with a comma.tif", B, ""))
    first = (folder / "trained_on.csv").read_bytes().split(b"\n")[0]
    assert first == b"name,fingerprint,image_class"


def test_it_is_found_by_folder_and_by_weights_file(folder):
    assert trained_on("toy", str(folder)) == trained_on("toy", str(folder / "w")) == {A, B}


def test_it_is_found_by_the_name_of_shipped_weights(folder, monkeypatch):
    monkeypatch.setattr(_card, "ZOO", folder.parent)
    assert trained_on("toy", "model") == {A, B}


def test_it_is_found_by_the_name_of_a_model_of_the_cache(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "cache"))
    assert trained_on("toy", "model") is None
    shutil.copytree(folder, tmp_path / "cache" / "weights" / "model")
    assert trained_on("toy", "model") == {A, B}


def test_it_is_read_again_when_it_changed(folder):
    assert trained_on("toy", str(folder)) == {A, B}
    write_list(folder, [TrainingImage("three.tif", C)])
    assert trained_on("toy", str(folder)) == {C}


def test_trained_on_nothing_is_not_the_same_as_not_known(folder):
    write_list(folder, [])
    assert trained_on("toy", str(folder)) == frozenset()
    (folder / "trained_on.csv").unlink()
    assert trained_on("toy", str(folder)) is None
    assert trained_on("toy", None) is None
    assert trained_on("toy", "no such weights") is None


def test_the_list_of_another_family_is_not_taken(folder):
    assert trained_on("unet", str(folder)) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no table with the columns name, fingerprint, image_class."),
        ("name;fingerprint;image_class\n", "is no table with the columns name, fingerprint, image_class."),
        ("id,fingerprint,image_class\na,b,c\n", "is no table with the columns name, fingerprint, image_class."),
        ('name,fingerprint,image_class\n"x\n', "is no table with the columns name, fingerprint, image_class."),
        ("name,fingerprint,image_class\nx,12,\n", "'12' of 'x' is no fingerprint (16 of 0-9, a-f)."),
        ("name,fingerprint,image_class\nx\n", "None of 'x' is no fingerprint (16 of 0-9, a-f)."),
        (f"name,fingerprint,image_class\nx,{A.upper()},\n", f"{A.upper()!r} of 'x' is no fingerprint"),
    ],
)
def test_a_list_that_is_none(folder, text, message):
    (folder / "trained_on.csv").write_text(text)
    with pytest.raises(BadConfig) as error:
        read_list(folder)
    assert message in str(error.value)
    assert "trained_on.csv" in str(error.value)


def test_a_folder_without_a_list(tmp_path):
    with pytest.raises(BadConfig, match=r"has no trained_on.csv, the list of the images its weights were trained on.$"):
        read_list(tmp_path)


def test_tiles_that_make_up_an_image_stand_for_it_too():
    image, _ = toy.many_discs()
    tiles = tile(image, 100, 10)
    rows = listed([(t, "toy") for t in tiles])
    assert [r.fingerprint for r in rows] == [*(t.fingerprint for t in tiles), image.fingerprint]
    assert rows[-1] == TrainingImage(image.name, image.fingerprint, "toy")


def test_some_tiles_of_an_image_stand_for_themselves():
    tiles = tile(toy.many_discs()[0], 100, 10)[:-1]
    assert [r.fingerprint for r in listed([(t, "") for t in tiles])] == [t.fingerprint for t in tiles]


def test_held_out_tiles_make_an_image_whole_and_are_not_listed():
    image, _ = toy.many_discs()
    tiles = tile(image, 100, 10)
    other = tile(toy.many_discs("other", seed=1)[0], 100, 10)
    rows = listed([(t, "") for t in tiles[:3]], beside=[*tiles[3:], *other])
    assert [r.fingerprint for r in rows] == [*(t.fingerprint for t in tiles[:3]), image.fingerprint]


def test_what_the_start_weights_have_seen_is_seen():
    image, _ = toy.one_disc()
    rows = listed([(image, "")], start=frozenset({B, image.fingerprint, A}))
    assert [r.fingerprint for r in rows] == [image.fingerprint, A, B]
    assert rows[1].name == "seen by the weights it started from"
    assert [r.fingerprint for r in listed([(image, "")], start=None)] == [image.fingerprint, UNLISTED]


def test_unlisted_images_are_kept_in_the_file(folder):
    write_list(folder, listed([(toy.one_disc()[0], "")], start=None))
    assert UNLISTED in trained_on("toy", str(folder))


def test_what_the_models_say():
    assert model("threshold").trained_on == frozenset()
    assert model("cellpose", pretrained="cyto3").trained_on is None
    assert model("stardist", pretrained="2D_versatile_fluo").trained_on is None
    assert len(model("unet", pretrained="unet-bbbc038").trained_on) == 551


def test_the_shipped_list_is_the_training_split(root):
    with (root / "datasets" / "bbbc038" / "split.csv").open() as file:
        train = {f"{row['id']}.png": row["image_class"] for row in csv.DictReader(file) if row["split"] == "train"}
    rows = read_list(ZOO / "unet-bbbc038")
    assert {r.name: r.image_class for r in rows} == train
    assert len({r.fingerprint for r in rows}) == len(rows)


def test_the_shipped_sample_was_not_trained_on():
    sample = {image.fingerprint for image in dataset("bbbc038_sample").images.readable}
    assert len(sample) == 12
    assert not sample & model("unet", pretrained="unet-bbbc038").trained_on


def test_training_images_are_known_again_and_validation_images_are_not(root, real_data):
    with (root / "datasets" / "bbbc038" / "split.csv").open() as file:
        rows = list(csv.DictReader(file))[::40]
    folder = real_data / "bbbc038_train" / "images"
    if not folder.is_dir():
        pytest.skip("BBBC038 is not here")
    found = images([folder / f"{row['id']}.png" for row in rows])
    seen = model("unet", pretrained="unet-bbbc038").trained_on
    assert {row["split"] for row in rows} == {"train", "validation"}
    assert [i.fingerprint in seen for i in found] == [row["split"] == "train" for row in rows]


def test_the_same_image_in_another_format_and_depth_is_known(real_data, tmp_path):
    import tifffile

    file = real_data / "bbbc038_train" / "images" / f"{read_list(ZOO / 'unet-bbbc038')[0].name}"
    if not file.is_file():
        pytest.skip("BBBC038 is not here")
    (image,) = images(file)
    tifffile.imwrite(tmp_path / "grey, 16 bit.tif", image.array()[0].astype(np.uint16))
    (again,) = images(tmp_path / "grey, 16 bit.tif")
    assert isinstance(again, Image)
    assert again.fingerprint in model("unet", pretrained="unet-bbbc038").trained_on
