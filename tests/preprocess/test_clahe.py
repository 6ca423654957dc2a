import numpy as np
import pytest
from arrays import after, noise

from opsef_core.errors import BadParameter
from opsef_core.preprocess import step


def uneven():
    """Left half dim, right half bright, the same texture on both."""
    x = noise((128, 256), "float32", high=20)
    x[:, 128:] = 10 * x[:, 128:] + 800
    return x


def test_the_dim_half_gains_contrast():
    x = uneven()
    y = after("clahe", x, tile_px=32, clip_limit=10)
    assert y[:, :96].std() > 5 * x[:, :96].std()


def test_the_range_stays():
    y = after("clahe", uneven())
    assert (y.min(), y.max()) == (0, 990)


def test_8_bit_and_16_bit_give_the_same():
    x = noise((64, 64), "uint16")
    assert np.allclose(after("clahe", x) * 257, after("clahe", x * 257), rtol=1e-3)


def test_a_higher_limit_gives_more_contrast():
    x = uneven()
    spread = [after("clahe", x, clip_limit=limit)[:, :96].std() for limit in (1, 3, 10)]
    assert spread == sorted(spread)
    assert spread[0] < spread[2]


def test_a_number_of_tiles_is_a_size_of_tiles():
    x = noise((128, 128), "uint8")
    assert np.array_equal(after("clahe", x, tiles=4), after("clahe", x, tile_px=32))
    assert not np.array_equal(after("clahe", x, tiles=4), after("clahe", x, tile_px=64))


def test_a_limit_below_1_is_refused():
    with pytest.raises(BadParameter) as error:
        step("clahe", clip_limit=0.01)
    assert str(error.value) == (
        "step 'clahe': clip_limit = 0.01 is not possible: Input should be greater than or equal to 1."
    )
