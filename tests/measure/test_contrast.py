"""How far objects stand out."""

import numpy as np
import pytest
from toy import discs, empty, pair

from opsef_core.data import Image, Labels
from opsef_core.measure import contrast


def test_faint_and_clear_bright_and_dark():
    ids = discs((60, 160), (30, 30, 10), (30, 80, 10), (30, 130, 10))
    pixels = np.array([100.0, 200.0, 110.0, 0.0])[ids]
    image = Image(pixels, "YX", "three")
    assert contrast(Labels(ids, "YX", "three"), image) == pytest.approx([0.5, 0.05, 0.5], abs=1e-6)


def test_colours_are_judged_by_their_luminance_and_other_channels_by_the_first():
    ids = discs((40, 40), (20, 20, 8))
    grey = np.where(ids > 0, 50.0, 150.0)
    labels = Labels(ids, "YX", "one")
    for channels in (("red", "green", "blue"), ("DNA", "actin", "ER")):
        assert contrast(labels, Image(np.stack([grey] * 3), "CYX", "one", channels=channels)) == pytest.approx([1.0])


def test_ground_between_two_objects_belongs_to_both():
    ids = np.zeros((20, 31), int)
    ids[:, :14], ids[:, 17:] = 1, 2
    pixels = np.where(ids > 0, 90.0, 10.0)
    assert contrast(Labels(ids, "YX", "two"), Image(pixels, "YX", "two")) == pytest.approx([1.0, 1.0])


def test_without_ground_it_is_not_known_and_without_objects_there_is_none():
    full = Labels(np.ones((9, 9), int), "YX", "full")
    assert np.isnan(contrast(full, Image(np.arange(81.0).reshape(9, 9), "YX", "full"))).all()
    image, nothing = empty()
    assert contrast(nothing, image).shape == (0,)
    _, one = pair("flat", discs((40, 40), (20, 20, 8)))
    assert contrast(one, Image(np.ones((40, 40)), "YX", "flat")).tolist() == [0.0]


def test_stacks():
    ids = np.zeros((3, 20, 20), int)
    ids[1, 5:15, 5:15] = 7
    assert contrast(Labels(ids, "ZYX", "stack"), Image(ids * 3.0, "ZYX", "stack")) == pytest.approx([1.0])
