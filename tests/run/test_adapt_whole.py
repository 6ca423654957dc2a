"""Adaptation from image files to a model folder, nothing left out: a shipped U-Net, a painter that really paints."""

from pathlib import Path

import pandas as pd
import pytest
import tifffile
import toy
import yaml

from opsef_core import model
from opsef_core.__main__ import main
from opsef_core.adapt import StyleModel
from opsef_core.adapt.style import train as painting
from opsef_core.errors import BadImage
from opsef_core.run import AdaptConfig, adapt

pytest.importorskip("torch")
QUICK = {
    "masks_a_style": 3,
    "mask_px": 96,
    "object_px": 16,
    "style_steps": 3,
    "least_found": 0.0,
    "steps": 2,
    "score_every": 2,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with three grey images, a file that adapts to them, and what the command line said about it."""
    place = tmp_path_factory.mktemp("whole")
    (place / "new").mkdir()
    for number in range(3):
        image, _ = toy.many_discs(f"d{number}", seed=number, shape=(96, 110))
        tifffile.imwrite(place / "new" / f"d{number}.tif", image.pixels)
    values = {"start": {"model": "unet"}, "images": str(place / "new" / "*.tif"), "adapt": QUICK, "device": "cpu"}
    (place / "new.yml").write_text(yaml.safe_dump(values))
    return place


@pytest.fixture(scope="module")
def said(place):
    """What `opsef adapt` prints."""
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr("opsef_core.commands.learning.out.print", lambda *what, **_: lines.extend(map(str, what)))
        patch.setattr("opsef_core.models.unet.trainer.UNetTrainer.crop_px", 64)
        assert not main(["adapt", str(place / "new.yml"), "--out", str(place / "made")])
    return lines


def test_all_files_are_there(place, said):
    there = {p.relative_to(place / "made").as_posix() for p in (place / "made").rglob("*") if p.is_file()}
    assert {"adapt.yml", "images.csv", "before_after.csv", "styles.png"} <= there
    assert {"style-01/gate.csv", "style-01/painted.png", "style-01/layouts.png"} <= there
    assert {"style-01/painter/style.yml", "style-01/painter/curves.csv"} <= there
    assert {"model/model.yml", "model/trained_on.csv"} <= there
    assert not [name for name in there if name.endswith(".part")]


def test_the_command_line_tells_the_decision_and_each_style(place, said):
    record = yaml.safe_load((place / "made" / "adapt.yml").read_text())
    assert record["why"] in said
    assert any("painted pairs passed" in line and line.startswith("style-01") for line in said)
    assert f"Folder: {place / 'made'}" in said


def test_the_card_says_from_which_images_and_styles_the_model_came(place, said):
    card = yaml.safe_load((place / "made" / "model" / "model.yml").read_text())
    assert "adapted to 3 images without annotation (AUTOstyle)" in card["title"]
    assert all(f"d{n}" in card["notes"] for n in range(3))
    assert "style-01, learned from 3 images" in card["notes"]
    assert "Started from unet" in card["notes"]


def test_the_adapted_model_and_the_painter_can_be_used(place, said):
    image, truth = toy.many_discs("other", seed=7, shape=(96, 96))
    made = model("unet", pretrained=str(place / "made" / "model"))
    assert made(image).array().shape == (96, 96)
    assert StyleModel.load(place / "made" / "style-01" / "painter").paint(truth).pixels.shape == (96, 96)


def test_called_again_nothing_is_trained_and_the_same_comes_out(place, said, monkeypatch):
    monkeypatch.setattr(painting.Training, "_step", None)
    monkeypatch.setattr("opsef_core.models.unet.trainer.UNetTrainer.block", None)
    monkeypatch.setattr("opsef_core.models.unet.trainer.UNetTrainer.crop_px", 64)
    before = pd.read_csv(place / "made" / "before_after.csv")
    made = AdaptConfig.load(place / "new.yml").run(place / "made", progress=False)
    pd.testing.assert_frame_equal(made.before_after, before, check_dtype=False)
    assert made.judgement.why in said
    assert len(made.styles[0].pairs) == 3


def test_one_image_of_one_nucleus(tmp_path, monkeypatch):
    monkeypatch.setattr("opsef_core.models.unet.trainer.UNetTrainer.crop_px", 64)
    image, truth = toy.one_disc()
    options = {"truth": [truth], "variant": "GTstyle", "recipes": [[]], "progress": False, "device": "cpu"}
    made = adapt([image], model("unet"), tmp_path / "made", **QUICK, **options)
    assert made.images.loc["one_disc", ["shown", "objects"]].tolist() == [True, 1]
    assert made.styles[0].tried
    assert made.style().layouts[0].values("area_px")[0].size == 1


def test_options_of_the_command_line_stand_in_place_of_those_in_the_file(place, monkeypatch):
    seen = []

    def run(self, out, **_):
        seen.extend((self, out))
        raise BadImage("enough")

    monkeypatch.setattr(AdaptConfig, "run", run)
    options = {"variant": "NOstyle", "hours": "2", "style-hours": "0.5", "images": "other.tif", "device": "cuda"}
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    assert main(["adapt", str(place / "new.yml"), *given]) == 2
    config, out = seen
    assert (config.adapt.variant, config.adapt.hours, config.adapt.style_hours) == ("NOstyle", 2, 0.5)
    assert (config.images, config.device, config.adapt.masks_a_style) == (["other.tif"], "cuda", 3)
    assert out == Path("adapted/new")
