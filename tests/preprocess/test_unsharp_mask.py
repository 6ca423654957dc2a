import numpy as np
from arrays import after, noise
from scipy import ndimage


def test_adds_what_the_gaussian_takes_away_within_the_range():
    x = noise((30, 30), "float32")
    want = np.clip(x + 2 * (x - ndimage.gaussian_filter(x, 1.5)), x.min(), x.max())
    assert np.allclose(after("unsharp_mask", x, sigma_px=1.5, amount=2), want, atol=1e-3)


def test_a_soft_edge_becomes_steeper():
    x = ndimage.gaussian_filter1d(np.repeat([0.0, 100.0], 20), 3)[None]
    gain = np.diff(after("unsharp_mask", x, sigma_px=3)).max() / np.diff(x).max()
    assert abs(gain - (2 - 1 / np.sqrt(2))) < 0.01  # the blurred edge is less steep by the square root of 2


def test_amount_0_changes_nothing():
    assert after("unsharp_mask", [[1, 5], [2, 9]], amount=0).tolist() == [[1, 5], [2, 9]]
