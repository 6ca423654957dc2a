"""Filter by brightness."""

import numpy as np
import pytest

from opsef_core.data import Image, Labels
from opsef_core.errors import BadLabels, UnknownName
from opsef_core.postprocess import clean

IDS = np.array([[2, 2, 0, 5, 5]])
GREY = np.array([[10, 20, 999, 30, 31]], np.uint16)  # means 15 and 30.5
TWO = np.stack([GREY, np.array([[100, 100, 0, 0, 0]], np.uint16)])


def after(image, **parameters):
    return clean("intensity", **parameters).run(Labels(IDS, "YX", "row"), image).ids.tolist()


def grey():
    return Image(GREY, "YX", "row")


def two():
    return Image(TWO, "CYX", "row", channels=("DAPI", "GFP"))


def test_limits_are_inclusive_and_in_the_image_s_own_range():
    assert after(grey(), min_mean_intensity=15) == [2, 5]
    assert after(grey(), min_mean_intensity=15.01) == [5]
    assert after(grey(), max_mean_intensity=30.5) == [2, 5]
    assert after(grey(), max_mean_intensity=30) == [2]


def test_a_channel_is_chosen_by_name_or_number():
    assert after(two(), max_mean_intensity=20, channel="DAPI") == [2]
    assert after(two(), max_mean_intensity=20, channel="GFP") == [5]
    assert after(two(), max_mean_intensity=20, channel=1) == [5]
    assert after(grey(), max_mean_intensity=20, channel=0) == [2]


def test_without_a_channel_the_mean_of_all_counts():
    assert after(two(), min_mean_intensity=57.5) == [2]  # (15 + 100) / 2
    assert after(two(), min_mean_intensity=57.6) == []


def test_an_unknown_channel_is_refused_in_words():
    with pytest.raises(UnknownName) as caught:
        after(two(), channel="DAPl")
    assert str(caught.value) == "There is no channel of row called 'DAPl'. Did you mean 'DAPI'? Known: DAPI, GFP."
    with pytest.raises(UnknownName):
        after(two(), channel=2)


def test_an_image_of_another_size_is_refused_in_words():
    with pytest.raises(BadLabels) as caught:
        after(Image(np.zeros((3, 3)), "YX", "other"))
    assert str(caught.value) == (
        "The labels row have the size {'Y': 1, 'X': 5}, the image other has {'Y': 3, 'X': 3}. "
        "Measure on the image that was segmented, projected and binned in the same way."
    )
