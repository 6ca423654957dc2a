import numpy as np
import pytest
from arrays import after

from opsef_core.errors import BadParameter
from opsef_core.preprocess import step


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_subtracts_and_stops_at_0(dtype):
    assert after("subtract_background", [[0, 49, 50, 51, 100]], dtype=dtype, value=50).tolist() == [[0, 0, 0, 1, 50]]


def test_a_negative_background_is_refused():
    with pytest.raises(BadParameter) as error:
        step("subtract_background", value=-1)
    assert str(error.value) == (
        "step 'subtract_background': value = -1 is not possible: Input should be greater than or equal to 0."
    )
