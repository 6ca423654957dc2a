import numpy as np
import pytest
from arrays import after, noise

from opsef_core.errors import BadParameter
from opsef_core.preprocess import step


def test_a_single_bright_pixel_goes_an_edge_stays():
    spot = [[1, 1, 1, 1], [1, 9, 1, 1], [1, 1, 1, 1]]
    assert after("median", spot).tolist() == [[1, 1, 1, 1]] * 3
    edge = [[0, 0, 8, 8]] * 4
    assert after("median", edge).tolist() == edge


def test_the_window_is_a_square_with_this_side():
    x = np.zeros((7, 7))
    x[2:5, 2:5] = 1  # 9 of the 9 pixels of 3 x 3, 9 of the 25 of 5 x 5
    assert after("median", x, size_px=3)[3, 3] == 1
    assert after("median", x, size_px=5)[3, 3] == 0


def test_the_border_is_mirrored():
    assert after("median", [[5, 0, 0, 0]], size_px=3).tolist() == [[5, 0, 0, 0]]


@pytest.mark.parametrize("size_px", [5, 9])
def test_few_values_and_many_values_take_different_roads_to_the_same_median(size_px):
    few = noise((40, 50), "float32", high=200)
    many = few + np.linspace(0, 1e-3, few.size).reshape(few.shape).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(few, size_px // 2, mode="symmetric"), (size_px, size_px))
    assert len(np.unique(many)) > 256 >= len(np.unique(few))
    assert np.array_equal(after("median", few, size_px=size_px), np.median(windows, axis=(2, 3)))
    assert np.abs(after("median", many, size_px=size_px) - after("median", few, size_px=size_px)).max() < 2e-3


def test_an_even_window_is_refused():
    with pytest.raises(BadParameter) as error:
        step("median", size_px=4)
    assert str(error.value) == (
        "step 'median': size_px = 4 is not possible: "
        "the window must be odd (3, 5, 7, ...), or the image would shift by half a pixel."
    )
