"""Tiles: cut at random, apart, all stretched alike."""

import numpy as np
import pytest
import toy

from opsef_core.data import Image
from opsef_core.errors import BadImage, BadParameter
from opsef_core.widgets._quiz.tiles import Tiles, coloured, pieces, stretched


def drawn(images, n, seed=0, tile_px=32):
    return Tiles("real", images, tile_px, n).draw(n, np.random.default_rng(seed))


def numbered(shape=(70, 100), axes="YX", name="numbered", **more):
    """An image of which every pixel has a value of its own."""
    return Image(np.arange(np.prod(shape), dtype=np.uint16).reshape(shape), axes, name, **more)


def test_tiles_do_not_overlap_and_lie_where_the_seed_says():
    cut = pieces(numbered(), 32, np.random.default_rng(0))
    values = np.concatenate([tile.ravel() for tile in cut])
    assert len(cut) >= 4
    assert len(set(values.tolist())) == values.size
    starts = {tuple(float(t.min()) for t in pieces(numbered(), 32, np.random.default_rng(s))) for s in (0, 0, 1, 2)}
    assert len(starts) == 3


def test_there_are_always_as_many_as_promised():
    for seed in range(20):
        assert len(drawn([numbered((64, 96))], 6, seed)) == 6


def test_all_images_take_turns():
    across, down = np.mgrid[:128, :128].astype(np.uint8)
    cut = drawn([Image(across, "YX", "across"), Image(down, "YX", "down")], 8)
    assert [bool((tile[0] == tile[0, 0]).all()) for tile in cut] in ([True, False] * 4, [False, True] * 4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_brightness_and_bit_depth_are_gone(dtype):
    image = toy.mixed_sizes()[0]
    scale = {np.uint8: 1, np.uint16: 200, np.float32: 1e-4}[dtype]
    other = Image((image.array() * np.float64(scale)).astype(dtype), "YX", "other")
    for one, two in zip(drawn([image], 12), drawn([other], 12), strict=True):
        assert np.abs(one.astype(int) - two).max() <= 1
        assert (one.min(), one.max()) == (0, 255)


def test_hues_stay_and_stains_are_stretched_one_by_one():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 50, (3, 40, 40)) * np.array([4, 2, 1]).reshape(3, 1, 1)
    rgb = Image(pixels.astype(np.uint8), "CYX", "rgb", channels=("red", "green", "blue"))
    stains = Image(pixels[:2].astype(np.uint8), "CYX", "stains")
    assert np.ptp(drawn([rgb], 1)[0][..., 2]) < 70
    (two,) = drawn([stains], 1)
    assert [np.ptp(two[..., c]) for c in range(3)] == [255, 255, 0]


def test_of_a_stack_the_middle_plane_of_the_first_time_is_cut():
    stack = numbered((2, 5, 32, 32), "TZYX")
    assert pieces(stack, 32, np.random.default_rng(0))[0].min() == 2 * 32 * 32


def test_grey_stored_in_colour_is_grey_and_one_value_is_black():
    grey = np.repeat(toy.one_disc()[0].array()[None], 3, axis=0)
    assert not coloured(drawn([Image(grey, "CYX", "grey", channels=("red", "green", "blue"))], 4))
    assert stretched(np.full((4, 4, 1), 7, np.float32), False).max() == 0


def test_nearly_empty_tiles_come_last():
    pixels = np.zeros((64, 64), np.uint8)
    pixels[8:24, 8:24] = 200
    for seed in range(5):
        assert drawn([Image(pixels, "YX", "one_corner")], 1, seed)[0].max() == 255


def test_what_is_too_little_is_told():
    small, _ = toy.one_disc()
    with pytest.raises(BadImage, match="one_disc has 64 x 64 pixels, less than a tile of 65"):
        Tiles("real", [small], 65, 1)
    with pytest.raises(BadParameter, match=r"real images have room for 4 tiles of 32 pixels.*up to 9.*side=2"):
        Tiles("real", [small], 32, 9)
    with pytest.raises(BadParameter, match="no made images"):
        Tiles("made", [], 32, 1)
    with pytest.raises(BadImage, match="NaN"):
        drawn([Image(np.full((40, 40), np.nan, np.float32), "YX", "nan")], 1)
