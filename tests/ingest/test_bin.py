import dask.array as da
import numpy as np
import pytest

from opsef_core.data import RGB, Image
from opsef_core.errors import BadParameter
from opsef_core.ingest._bin import bin_pixels
from opsef_core.ingest._tile import tile


def by_hand(pixels, factors):
    """The mean of each block, one by one."""
    out = np.zeros([-(-n // f) for n, f in zip(pixels.shape, factors, strict=True)])
    for at in np.ndindex(*out.shape):
        out[at] = pixels[tuple(slice(i * f, (i + 1) * f) for i, f in zip(at, factors, strict=True))].mean()
    return out


@pytest.mark.parametrize("shape", [(8, 12), (10, 20), (7, 11), (1, 1), (3, 25)])
@pytest.mark.parametrize("factor", [2, 4, (2, 3)])
@pytest.mark.parametrize("chunks", [None, (5, 9)])
def test_blocks_are_averaged_and_nothing_is_lost(shape, factor, chunks):
    pixels = np.random.default_rng(1).random(shape).astype(np.float32)
    image = Image(da.from_array(pixels, chunks=chunks) if chunks else pixels, "YX", "plate", source="s")
    binned = bin_pixels(image, factor)
    factors = factor if isinstance(factor, tuple) else (factor, factor)
    assert binned.lazy is (chunks is not None)
    assert binned.pixels.shape == binned.array().shape
    assert binned.array().dtype == np.float32
    np.testing.assert_allclose(binned.array(), by_hand(pixels, factors), rtol=1e-5)


def test_whole_numbers_are_rounded_half_up_and_keep_their_type():
    pixels = np.array([[0, 1, 255, 255], [0, 1, 255, 254]], np.uint8)
    binned = bin_pixels(Image(pixels, "YX", "p"), 2)
    assert binned.array().dtype == np.uint8
    assert binned.array().tolist() == [[1, 255]]
    negative = bin_pixels(Image(np.array([[-3, -2]], np.int16), "YX", "p"), 2)
    assert negative.array().tolist() == [[-2]]
    largest = np.full((2, 2), np.iinfo(np.uint64).max, np.uint64)
    assert bin_pixels(Image(largest, "YX", "p"), 2).array()[0, 0] > 2**63
    assert bin_pixels(Image(np.array([[True, False], [False, False]]), "YX", "p"), 2).array().tolist() == [[False]]


def test_planes_and_channels_are_left_alone_unless_asked():
    pixels = np.random.default_rng(2).random((3, 5, 6, 8)).astype(np.float32)
    image = Image(pixels, "CZYX", "stack", channels=RGB, spacing_um={"Z": 2.0, "Y": 0.5, "X": 0.25})
    flat = bin_pixels(image, 2)
    assert flat.shape == {"C": 3, "Z": 5, "Y": 3, "X": 4}
    assert flat.spacing_um == {"Z": 2.0, "Y": 1.0, "X": 0.5}
    assert flat.channels == RGB
    deep = bin_pixels(image, (2, 1, 4))
    assert deep.shape == {"C": 3, "Z": 3, "Y": 6, "X": 2}
    assert deep.spacing_um == {"Z": 4.0, "Y": 0.5, "X": 1.0}
    np.testing.assert_allclose(deep.array(), by_hand(pixels, (1, 2, 1, 4)), rtol=1e-5)
    assert bin_pixels(image, {"Z": 2, "X": 4}).key == deep.key


def test_no_binning_is_no_act():
    image = Image(np.zeros((4, 4)), "YX", "p")
    assert bin_pixels(image, 1) is image


def test_a_binned_tile_is_no_tile_any_more():
    one = bin_pixels(tile(Image(np.zeros((8, 8)), "YX", "p"), 4)[0], 2)
    assert one.parent is None
    assert not one.origin
    assert not one.parent_shape


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (0, "A binning factor is a whole number from 1; Y = 0 is not possible."),
        (2.5, "A binning factor is a whole number from 1; Y = 2.5 is not possible."),
        (True, "A binning factor is a whole number from 1; Y = True is not possible."),
        ((2,), "factor=(2,) is not possible: one number, (y, x), or (z, y, x)."),
        ((2, 2, 2), "plate cannot be binned along 'Z'; it has the axes Y, X."),
        ({"C": 2}, "plate cannot be binned along 'C'; it has the axes Y, X."),
    ],
)
def test_mistakes_are_told(factor, message):
    with pytest.raises(BadParameter) as error:
        bin_pixels(Image(np.zeros((3, 4, 4)), "CYX", "plate"), factor)
    assert str(error.value) == message
