import numpy as np
from arrays import after


def test_turns_about_its_own_range():
    assert after("invert", [[10, 30, 250]], dtype=np.uint8).tolist() == [[250, 230, 10]]
    assert after("invert", [[1000, 60000]], dtype=np.uint16).tolist() == [[60000, 1000]]
    assert after("invert", [[0.25, 1.0]]).tolist() == [[1.0, 0.25]]


def test_turns_about_a_given_white():
    assert after("invert", [[0, 30, 255, 300]], white=255).tolist() == [[255, 225, 0, 0]]


def test_a_white_ground_becomes_dark():
    x = np.full((9, 9), 240, np.uint8)
    x[3:6, 3:6] = 60
    got = after("invert", x)
    assert got[0, 0] == 60
    assert got[4, 4] == 240


def test_each_channel_or_all_together():
    two = np.array([[[0, 10]], [[20, 40]]])
    assert after("invert", two).tolist() == [[[10, 0]], [[40, 20]]]
    assert after("invert", two, channels="together").tolist() == [[[40, 30]], [[20, 0]]]


def test_twice_is_the_image_again():
    x = np.arange(12).reshape(3, 4)
    assert np.array_equal(after("invert", after("invert", x)), x)
