import numpy as np
import pytest

from opsef_core.data import RGB, Image, untile
from opsef_core.errors import BadImage
from opsef_core.ingest import tile


@pytest.mark.parametrize(
    ("axes", "shape", "size"), [("YX", (50, 71), 20), ("CYX", (3, 33, 40), (16, 24)), ("ZYX", (9, 20, 30), (4, 16, 16))]
)
def test_tiles_give_the_image_back_exactly(axes, shape, size):
    pixels = np.random.default_rng(0).integers(0, 60000, shape).astype(np.uint16)
    image = Image(pixels, axes, "whole", channels=RGB if "C" in axes else ())
    again = untile(tile(image, size, 5)[::-1] if axes != "ZYX" else tile(image, size, 2))
    assert np.array_equal(again.pixels, pixels)
    assert (again.name, again.key, again.parent) == (image.name, image.key, None)


def test_a_missing_tile_is_no_black_patch():
    tiles = tile(Image(np.ones((20, 20)), "YX", "whole"), 10)
    with pytest.raises(BadImage, match=r"^The 3 tiles leave 100 pixels of whole open.$"):
        untile(tiles[1:])


def test_tiles_of_two_images_do_not_mix():
    tiles = [tile(Image(np.ones((20, 20)), "YX", name), 10)[0] for name in ("a", "b")]
    with pytest.raises(BadImage, match=r"Only the tiles of one image can be put together, not those of \['a', 'b'\]"):
        untile(tiles)
