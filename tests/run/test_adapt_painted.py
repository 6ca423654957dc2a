"""A style's painted images: sparse ones, crumbs, and faults that are no style's."""

import re

import numpy as np
import pandas as pd
import pytest
import toy
from level_family import RIGHT
from perfect_painter import FEW, POOR, images

from opsef_core.adapt import learn_style, measure_layout
from opsef_core.data import Image, Labels
from opsef_core.errors import MissingPackage, MissingWeights, NothingToShow
from opsef_core.run import adapt
from opsef_core.run.adaptation import painted as painting
from opsef_core.run.adaptation.painted import _masks
from opsef_core.run.adaptation.plan import plan_of


def sparse(count, side=1024):
    """A label image with so many nuclei of 24 px."""
    places = np.random.default_rng(count).integers(60, side - 60, (count, 2))
    return toy.discs((side, side), *[(*map(int, at), 12) for at in places])


def test_sparse_images_get_as_many_label_images_as_asked_for():
    layout = measure_layout([sparse(2), sparse(3)])
    made = _masks("s", layout, plan_of({"masks_a_style": 8, "mask_px": 256}))
    assert len(made) == 8
    assert all(mask.count for mask in made)
    assert [mask.name for mask in made][::7] == ["s/0001", "s/0008"]


def test_of_images_that_are_all_but_empty_that_is_said():
    layout = measure_layout([sparse(1, 4096)])
    with pytest.raises(NothingToShow, match="all of 40 label images of 64 px stayed empty"):
        _masks("s", layout, plan_of({"masks_a_style": 2, "mask_px": 64}))


def test_an_image_with_a_crumb_does_not_outweigh_its_style(new, old, level, painter, tmp_path):
    pixels = np.full((120, 130), 20, np.uint8)
    pixels[60:65, 60:65] = 250
    many = [*images(new), Image(pixels, "YX", "crumb")]
    (style,) = adapt(many, level.start(POOR), tmp_path / "a", annotated=old, single_style=True, **FEW).styles
    pieces = pd.Series([i.name.split("/")[0] for i in style.real]).value_counts()
    assert pieces["crumb"] == pieces[images(new)[0].name]
    assert len(style.tried) == FEW["masks_a_style"]


def test_objects_that_vanish_at_the_size_of_the_style_teach_nothing(tmp_path):
    three = toy.discs((200, 200), (50, 50, 40), (50, 150, 40), (150, 50, 40))
    large = [toy.pair(f"large_{n}", three, seed=n) for n in (1, 2)]
    ids = np.zeros((200, 200), np.int32)
    ids[101, 101] = 1
    speck = toy.pair("speck", ids)
    style = learn_style([*large, speck], tmp_path / "s", name="s", object_px=12, steps=2, device="cpu", progress=False)
    assert [len(style.card.looks["s"].levels)] == [2]
    for seed in range(4):
        style.paint(Labels(toy.discs((64, 64), (32, 32, 6)), "YX", "m"), seed=seed)


@pytest.mark.parametrize(
    "fault", [MissingPackage("Learning a style", "torch", "torch"), MissingWeights("painter is damaged")]
)
def test_what_is_no_fault_of_a_style_ends_the_adaptation(fault, new, old, level, painter, tmp_path, monkeypatch):
    def fails(*args, **options):
        raise fault

    monkeypatch.setattr(painting, "learn_style", fails)
    with pytest.raises(type(fault), match=re.escape(str(fault))):
        adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, **FEW)


def test_a_style_without_truth_is_told_as_that(new, old, level, painter, tmp_path):
    dark = [Image(255 - i.pixels, "YX", f"dark_{i.name}") for i in images(new)]
    truth = [t for _, t in new]
    options = {"annotated": old, "truth": truth, "variant": "GTstyle", "styles": 2, **FEW}
    level.learns(RIGHT)
    made = adapt([*images(new), *dark], level.start(POOR), tmp_path / "a", **options)
    (told,) = [p.said for p in made.styles if not p.sources]
    assert ": no image of it that can be used has a truth; it is left out." in told
    card = (tmp_path / "a" / "model" / "model.yml").read_text()
    assert "adapted to 8 images with their truth (GTstyle)" in card
