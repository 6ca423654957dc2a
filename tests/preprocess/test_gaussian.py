import numpy as np
from arrays import after


def test_a_point_becomes_a_bell_of_this_sigma():
    point = np.zeros((1, 41))
    point[0, 20] = 1
    bell = after("gaussian", np.repeat(point, 41, axis=0), sigma_px=3)[20]
    place = np.arange(41)
    assert abs(np.sqrt((bell * (place - 20) ** 2).sum()) - 3) < 0.02
    assert abs(bell.sum() - 1) < 1e-5


def test_8_bit_values_stay_in_their_range():
    x = np.full((9, 9), 200, np.uint8)
    x[4, 4] = 240
    smooth = after("gaussian", x, sigma_px=1)
    assert 200 <= smooth.min() <= 201
    assert 205 < smooth.max() < 210


def test_sigma_0_changes_nothing():
    assert after("gaussian", [[1, 5], [2, 9]], sigma_px=0).tolist() == [[1, 5], [2, 9]]
