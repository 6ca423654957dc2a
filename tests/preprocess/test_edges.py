import numpy as np
import pytest
from arrays import after

from opsef_core.errors import BadParameter
from opsef_core.preprocess import step


@pytest.mark.parametrize("method", ["sobel", "roberts"])
@pytest.mark.parametrize("ramp", [5 * np.ones((8, 1)) * np.arange(8), 3 * np.arange(8)[:, None] + 4 * np.arange(8)])
def test_a_ramp_of_5_a_pixel_is_5_everywhere_inside(method, ramp):
    assert np.allclose(after("edges", ramp, method=method)[1:-1, 1:-1], 5)


def test_a_step_seen_by_both():
    x = [[0, 0, 80, 80]] * 4
    assert after("edges", x, method="sobel").tolist() == [[0, 40, 40, 0]] * 4
    assert np.allclose(after("edges", x, method="roberts")[:-1], [[0, 80, 0, 0]] * 3)


def test_up_and_down_are_the_same():
    x = np.array([[0, 0, 80, 80]] * 4)
    for turned in (x[:, ::-1], x.T, x.T[::-1]):
        assert after("edges", turned).max() == 40


def test_8_bit_does_not_wrap():
    assert after("edges", [[200, 200, 10, 10]] * 3, dtype=np.uint8).max() == 95


def test_another_method_is_refused():
    with pytest.raises(BadParameter) as error:
        step("edges", method="canny")
    assert str(error.value) == ("step 'edges': method = 'canny' is not possible: Input should be 'sobel' or 'roberts'.")
