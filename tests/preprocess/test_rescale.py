import numpy as np
import pytest
from arrays import after

from opsef_core.errors import BadParameter
from opsef_core.preprocess import step


def test_the_range_becomes_0_to_255():
    assert after("rescale", [[-10, 0, 10]]).tolist() == [[0, 127.5, 255]]


def test_any_range():
    assert after("rescale", [[0, 1, 2]], out_low=-1, out_high=1).tolist() == [[-1, 0, 1]]


def test_percentiles_clip_single_bright_pixels():
    x = np.append(np.arange(100), 60000)[None]
    got = after("rescale", x, high_percentile=99)[0]
    assert got[99] == got[100] == 255
    assert got[0] == 0


def test_each_channel_or_all_together():
    two = np.array([[[0, 10]], [[0, 40]]])
    assert after("rescale", two, out_high=1).tolist() == [[[0, 1]], [[0, 1]]]
    assert after("rescale", two, out_high=1, channels="together").tolist() == [[[0, 0.25]], [[0, 1]]]


def test_a_constant_image_becomes_the_lower_end():
    assert after("rescale", np.full((3, 3), 77), out_low=5).tolist() == [[5] * 3] * 3


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"out_low": 300}, "out_low (300) must be smaller than out_high (255)."),
        ({"low_percentile": 100}, "low_percentile (100) must be smaller than high_percentile (100)."),
    ],
)
def test_ends_in_the_wrong_order_are_refused(wrong, sentence):
    with pytest.raises(BadParameter) as error:
        step("rescale", **wrong)
    assert str(error.value) == f"step 'rescale': {sentence}"
