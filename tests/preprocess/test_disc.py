import numpy as np
import pytest
from arrays import noise
from skimage.morphology import dilation, disk, erosion

from opsef_core.preprocess._disc import chords, dilate, erode, overlap


@pytest.mark.parametrize("radius_px", [0, 1, 2, 3, 7, 20])
def test_chords_are_the_rows_of_a_disc(radius_px):
    widths = [2 * half + 1 for _, half in chords(radius_px)]
    assert widths == disk(radius_px).sum(axis=1).tolist()


def test_overlap_pairs_every_pixel_with_its_shifted_neighbour():
    out, source = np.arange(5), np.arange(5)
    for shift in range(-4, 5):
        here, there = overlap(5, shift)
        assert (source[there] - out[here] == shift).all()
        assert len(out[here]) == 5 - abs(shift)


@pytest.mark.parametrize("radius_px", [0, 1, 4, 40])
def test_smallest_and_largest_value_under_a_disc(radius_px):
    x = noise((20, 27))
    assert np.array_equal(erode(x, radius_px), erosion(x, disk(radius_px), mode="ignore"))
    assert np.array_equal(dilate(x, radius_px), dilation(x, disk(radius_px), mode="ignore"))
