import numpy as np
import pytest
from arrays import after, noise
from scipy import ndimage
from toy import discs, picture


def exact(x, radius_px):
    """The image minus its opening by a ball, as written in a textbook; one grey level is 1."""
    reach = np.arange(-radius_px, radius_px + 1)
    left = radius_px**2 - np.add.outer(reach**2, reach**2)
    ball = {"footprint": left >= 0, "structure": np.sqrt(np.maximum(left, 0.0)), "mode": "constant"}
    return x - ndimage.grey_dilation(ndimage.grey_erosion(x, cval=1e9, **ball), cval=-1e9, **ball)


@pytest.mark.parametrize("radius_px", [9, 25, 50, 120])
def test_an_uneven_ground_goes_and_objects_stay(radius_px):
    shape = (150, 200)
    ids = discs(shape, (40, 50, 5), (100, 140, 5), (75, 100, 4))
    ramp = np.add.outer(np.linspace(0, 30, shape[0]), np.linspace(0, 40, shape[1]))
    flat = after("rolling_ball", ramp + 100 * (ids > 0), radius_px=radius_px)
    assert np.median(flat[ids == 0]) < 4
    assert flat[ids > 0].min() > 75
    assert flat.min() >= 0


def test_without_shrinking_it_is_the_opening_with_a_ball():
    x = noise((40, 50), "float64")
    x[0, 0], x[0, 1] = 0, 255
    assert np.allclose(after("rolling_ball", x, radius_px=6), exact(x, 6), atol=1e-3)


def test_the_shrunken_way_is_near_the_exact_way():
    ids = discs((120, 120), (40, 40, 8), (80, 85, 9))
    x = ndimage.gaussian_filter(picture(ids, noise=0).astype(np.float32), 2) + np.linspace(0, 40, 120, dtype=np.float32)
    x *= 255 / np.ptp(x)
    error = np.abs(after("rolling_ball", x, radius_px=20) - exact(x.astype(float), 20))
    assert error.max() < 5
    assert error.mean() < 1


def test_8_bit_and_16_bit_give_the_same():
    x = noise((60, 60), "uint16")
    small, large = after("rolling_ball", x, radius_px=15), after("rolling_ball", x * 257, radius_px=15)
    assert np.allclose(small * 257, large, rtol=1e-4, atol=0.05)
