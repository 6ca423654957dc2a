import numpy as np
import pytest
from arrays import after, noise
from scipy import ndimage
from skimage.morphology import disk


def test_radius_1_is_a_cross_of_five_pixels():
    spot = np.zeros((5, 5))
    spot[2, 2] = 10
    assert after("mean", spot, radius_px=1)[1:4, 1:4].tolist() == [[0, 2, 0], [2, 2, 2], [0, 2, 0]]


def test_radius_7_is_15_pixels_wide_and_has_149_pixels():
    spot = np.zeros((31, 31))
    spot[15, 15] = 149
    spread = after("mean", spot, radius_px=7)
    assert np.count_nonzero(spread > 0.5) == 149
    assert np.flatnonzero(spread[15] > 0.5).tolist() == list(range(8, 23))
    assert np.allclose(spread[spread > 0.5], 1)


@pytest.mark.parametrize("radius_px", [0, 1, 2, 5, 12])
def test_it_is_the_convolution_with_a_disc_mirrored_at_the_border(radius_px):
    x = noise((23, 31), "float64")
    kernel = disk(radius_px) / disk(radius_px).sum()
    assert np.allclose(after("mean", x, radius_px=radius_px), ndimage.convolve(x, kernel, mode="reflect"), rtol=1e-6)


def test_it_stays_within_the_range():
    x = np.zeros((4, 300))
    x[0, 0] = 1e15
    assert after("mean", x, radius_px=3).min() == 0
