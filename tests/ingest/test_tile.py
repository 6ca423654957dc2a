import itertools
from dataclasses import replace

import dask.array as da
import numpy as np
import pandas as pd
import pytest

from opsef_core.data import Image, Labels
from opsef_core.errors import BadLabels, BadParameter
from opsef_core.ingest._bin import bin_pixels
from opsef_core.ingest._project import project
from opsef_core.ingest._substack import substack, substacks
from opsef_core.ingest._tile import cut, tile


def image(shape, axes="YX", lazy=False, name="plate.tif"):
    pixels = np.arange(np.prod(shape), dtype=np.uint32).reshape(shape)
    return Image(da.from_array(pixels, chunks=25) if lazy else pixels, axes, name, source="s")


def put_together(tiles):
    """The image again: each tile written where it came from; overlapping tiles must agree."""
    first = tiles[0]
    size = [first.parent_shape.get(a, n) for a, n in first.shape.items()]
    out, seen = np.zeros(size, first.pixels.dtype), np.zeros(size, bool)
    for one in (replace(t, pixels=t.array()) for t in tiles):
        here = tuple(slice(one.origin.get(a, 0), one.origin.get(a, 0) + n) for a, n in one.shape.items())
        assert np.array_equal(out[here][seen[here]], one.array()[seen[here]])
        out[here], seen[here] = one.array(), True
    assert seen.all()
    return out


@pytest.mark.parametrize("shape", [(100, 200), (64, 64), (65, 64), (10, 300), (1, 1), (127, 129)])
@pytest.mark.parametrize(("size", "overlap"), [(64, 0), (64, 16), (64, 50), ((32, 50), (8, 0)), (1000, 10)])
def test_tiles_put_together_are_the_image(shape, size, overlap):
    whole = image(shape)
    tiles = tile(whole, size, overlap)
    assert np.array_equal(put_together(tiles), whole.array())
    assert len({t.name for t in tiles}) == len({t.key for t in tiles}) == len(tiles)


def test_tiles_of_lazy_images_are_lazy_and_read_only_their_part():
    read = []

    def block(block_info):
        read.append(block_info[None]["chunk-location"])
        return np.full((10, 10), len(read), np.uint8)

    pixels = da.map_blocks(block, chunks=((10,) * 8, (10,) * 9), dtype=np.uint8, meta=np.zeros((0, 0), np.uint8))
    tiles = tile(Image(pixels, "YX", "slide", source="s"), 40, 10)
    assert all(t.lazy for t in tiles)
    assert read == []
    assert tiles[0].array().shape == (40, 40)
    assert len(read) == 16


def test_all_tiles_have_one_size_and_overlap_at_least_as_asked():
    tiles = tile(image((300, 500)), (128, 100), (20, 30))
    assert {tuple(t.shape.values()) for t in tiles} == {(128, 100)}
    for axis, size, overlap in (("Y", 128, 20), ("X", 100, 30)):
        starts = sorted({t.origin[axis] for t in tiles})
        assert all(a + size - b >= overlap for a, b in itertools.pairwise(starts))


def test_a_tile_knows_where_it_came_from():
    whole = Image(
        np.zeros((3, 600, 700), np.uint8), "CYX", "plate.tif", {"Y": 0.5, "X": 0.5}, "s", channels=("a", "b", "c")
    )
    last = tile(whole, 512, 64)[-1]
    assert last.name == "plate.tif/y088-x188"
    assert last.parent == "plate.tif"
    assert last.parent_shape == {"Y": 600, "X": 700}
    assert last.origin == {"Y": 88, "X": 188}
    assert last.shape == {"C": 3, "Y": 512, "X": 512}
    assert last.source == "s"
    assert last.channels == ("a", "b", "c")
    assert last.spacing_um == {"Y": 0.5, "X": 0.5}
    assert last.history[-1].as_dict()["parameters"] == {"origin": {"Y": 88, "X": 188}, "shape": {"Y": 512, "X": 512}}


def test_the_same_pixels_have_the_same_key_whatever_the_overlap():
    whole = image((100, 100))
    assert tile(whole, 40, 0)[0].key == tile(whole, 40, 20)[0].key != tile(whole, 41, 0)[0].key


def test_names_sort_like_places():
    names = [t.name for t in tile(image((1200, 30)), 100)]
    assert names == sorted(names)
    assert names[1] == "plate.tif/y0100-x000"


@pytest.mark.parametrize("lazy", [False, True])
def test_volumes(lazy):
    whole = image((20, 33, 47), "ZYX", lazy)
    tiles = tile(whole, (8, 16, 20), (2, 4, 5))
    assert np.array_equal(put_together(tiles), whole.array())
    assert {tuple(t.shape.values()) for t in tiles} == {(8, 16, 20)}
    assert tiles[-1].name == "plate.tif/z012-y017-x027"
    flat = tile(whole, 20, 4)
    assert {t.shape["Z"] for t in flat} == {20}
    assert flat[0].name == "plate.tif/y000-x000"
    assert flat[0].origin == {"Z": 0, "Y": 0, "X": 0}


def test_series_with_channels():
    whole = image((2, 3, 5, 30, 40), "TCZYX")
    assert np.array_equal(put_together(tile(whole, (3, 16, 16), (1, 2, 2))), whole.array())


def test_an_image_smaller_than_a_tile_is_one_tile():
    (one,) = tile(image((30, 40)), 512, 64)
    assert one.shape == {"Y": 30, "X": 40}
    assert one.origin == {"Y": 0, "X": 0}
    assert one.parent == "plate.tif"


@pytest.mark.parametrize(
    ("size", "overlap", "message"),
    [
        (64, 64, "Tiles of 64 pixels along Y cannot overlap by 64; take a smaller overlap or larger tiles."),
        ((64, 32), 40, "Tiles of 32 pixels along X cannot overlap by 40; take a smaller overlap or larger tiles."),
        (0, 0, "tile_px=0 is not possible: whole pixels from 1, one number, (y, x) or (z, y, x)."),
        (1.5, 0, "tile_px=1.5 is not possible: whole pixels from 1, one number, (y, x) or (z, y, x)."),
        (
            (1, 2, 3, 4),
            0,
            "tile_px=(1, 2, 3, 4) is not possible: whole pixels from 1, one number, (y, x) or (z, y, x).",
        ),
        (64, -1, "overlap_px=-1 is not possible: whole pixels from 0, one number or (y, x)."),
        (64, (1, 2, 3), "overlap_px=(1, 2, 3) is not possible: whole pixels from 0, one number or (y, x)."),
        ((4, 64, 64), 0, "tile_px=(4, 64, 64) has a z, but plate.tif has no Z axis (YX); give (y, x)."),
    ],
)
def test_mistakes_are_told(size, overlap, message):
    with pytest.raises(BadParameter) as error:
        tile(image((100, 100)), size, overlap)
    assert str(error.value) == message


def truth_of(whole):
    ids = np.zeros([whole.shape[a] for a in whole.axes], np.int32)
    ids[..., 2:6, 3:9] = 5
    ids[..., 15:25, 15:25] = 900
    return Labels(ids, whole.axes, whole.name, objects=pd.DataFrame({"class": ["a", "b"]}, index=[5, 900]))


def test_truth_is_cut_like_its_image():
    whole = image((40, 50))
    truth = truth_of(whole)
    tiles = tile(whole, 20, 4)
    for one in tiles:
        piece = cut(truth, one)
        y, x = one.origin["Y"], one.origin["X"]
        assert np.array_equal(piece.pixels, truth.pixels[y : y + 20, x : x + 20])
        assert (piece.name, piece.parent, piece.origin) == (one.name, one.parent, one.origin)
        assert piece.objects.index.tolist() == piece.ids.tolist()
    assert cut(truth, tiles[0]).objects["class"].tolist() == ["a", "b"]
    assert cut(truth, tiles[-1]).count == 0
    assert len({cut(truth, one).key for one in tiles}) == len(tiles)


def test_truth_of_planes_and_blocks():
    whole = image((6, 40, 50), "ZYX")
    truth = truth_of(whole)
    plane = cut(truth, substack(whole, z=2))
    assert plane.axes == "YX"
    assert np.array_equal(plane.pixels, truth.pixels[2])
    block = substacks(whole, 4)[1]
    assert np.array_equal(cut(truth, block).pixels, truth.pixels[4:])
    inner = tile(block, (2, 20, 20), 1)[3]
    assert cut(cut(truth, block), inner).pixels.shape == (2, 20, 20)


def test_truth_that_does_not_fit():
    whole = image((40, 50))
    truth = truth_of(whole)
    with pytest.raises(BadLabels, match=r"^plate.tif is not a tile, so no labels can be cut for it.$"):
        cut(truth, whole)
    with pytest.raises(BadLabels, match=r"^other/y000-x000 is a tile of other; the labels are of plate.tif.$"):
        cut(truth, tile(image((40, 50), name="other"), 20)[0])
    with pytest.raises(BadLabels) as error:
        cut(truth, tile(bin_pixels(whole, 2), 10)[0])
    assert str(error.value) == (
        "The labels of plate.tif have the shape {'Y': 40, 'X': 50}, but plate.tif/y000-x000 was cut from an image of "
        "shape {'Y': 20, 'X': 25}. Labels cannot be cut for an image that was binned or projected."
    )
    stack = image((6, 40, 50), "ZYX")
    with pytest.raises(BadLabels, match="binned or projected"):
        cut(truth_of(stack), tile(project(stack, "max"), 20)[0])
