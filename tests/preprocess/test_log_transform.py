import numpy as np
from arrays import after


def test_dim_values_are_lifted_by_a_logarithm():
    got = after("log_transform", [[0, 1, 3, 15]], strength=15)  # log2 of 1, 2, 4, 16
    assert np.allclose(got, [[0, 15 / 4, 15 / 2, 15]])


def test_the_ends_stay():
    got = after("log_transform", [[-5, 0, 1000]])
    assert got[0, 0] == -5
    assert np.isclose(got[0, 2], 1000)


def test_a_tenth_of_the_range_comes_to_about_half():
    assert 0.5 < after("log_transform", [[0, 0.1, 1]])[0, 1] < 0.53
