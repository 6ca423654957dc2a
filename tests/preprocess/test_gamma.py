import numpy as np
from arrays import after


def test_values_on_the_scale_of_the_range_are_raised_to_the_exponent():
    assert after("gamma", [[0, 25, 100]], exponent=0.5).tolist() == [[0, 50, 100]]
    assert after("gamma", [[0, 50, 100]], exponent=2).tolist() == [[0, 25, 100]]


def test_the_ends_stay_negative_ones_too():
    assert after("gamma", [[-100, -75, 0]], exponent=0.5).tolist() == [[-100, -50, 0]]


def test_exponent_1_changes_nothing():
    x = np.arange(12).reshape(3, 4)
    assert np.array_equal(after("gamma", x, exponent=1), x)


def test_each_channel_or_all_together():
    two = np.array([[[0, 25]], [[0, 100]]])
    assert after("gamma", two).tolist() == two.tolist()
    assert after("gamma", two, channels="together").tolist() == [[[0, 50]], [[0, 100]]]
