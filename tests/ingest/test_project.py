import dask.array as da
import numpy as np
import pytest

from opsef_core.data import Image
from opsef_core.errors import UnknownName
from opsef_core.ingest._project import project
from opsef_core.ingest._substack import substack

RNG = np.random.default_rng(0)


def stack(pixels, axes="ZYX", **more):
    return Image(pixels, axes, "embryo", **more)


@pytest.mark.parametrize(
    ("dtype", "sums", "averages"),
    [
        ("bool", "uint32", "float32"),
        ("uint8", "uint32", "float32"),
        ("uint16", "uint32", "float32"),
        ("uint32", "uint64", "float64"),
        ("int16", "int64", "float32"),
        ("float16", "float32", "float32"),
        ("float32", "float32", "float32"),
        ("float64", "float64", "float64"),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_every_projection_of_every_type(dtype, sums, averages, lazy):
    pixels = (RNG.random((6, 5, 7)) * 200).astype(dtype)
    image = stack(da.from_array(pixels, chunks=(2, 3, 4)) if lazy else pixels, source="s")
    expected = {"sum": sums, "max": dtype, "median": averages, "mean": averages}
    for how, kind in expected.items():
        flat = project(image, how)
        assert flat.lazy is lazy
        assert flat.axes == "YX"
        assert flat.array().dtype == flat.pixels.dtype == np.dtype(kind)
        wanted = getattr(np, how)(pixels.astype(np.float64), axis=0)
        np.testing.assert_allclose(flat.array(), wanted, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float16"])
def test_the_brightest_pixels_do_not_overflow(dtype):
    top = np.finfo(dtype).max if dtype == "float16" else np.iinfo(dtype).max
    image = stack(np.full((300, 1, 1), top, dtype))
    assert project(image, "sum").array()[0, 0] == 300 * int(top)
    assert project(image, "mean").array()[0, 0] == pytest.approx(float(top))
    assert project(image, "median").array()[0, 0] == float(top)
    assert project(image, "max").array()[0, 0] == top


def test_channels_times_and_pixel_size_stay():
    pixels = RNG.integers(0, 255, (2, 3, 4, 5, 6)).astype(np.uint8)
    image = stack(pixels, "TCZYX", channels=("a", "b", "c"), spacing_um={"Z": 2.0, "Y": 0.5, "X": 0.5})
    flat = project(image, "max")
    assert flat.axes == "TCYX"
    assert flat.channels == ("a", "b", "c")
    assert flat.spacing_um == {"Y": 0.5, "X": 0.5}
    assert np.array_equal(flat.array(), pixels.max(axis=2))
    assert [(act.kind, act.name) for act in flat.history] == [("project", "max")]
    assert flat.key != image.key
    assert flat.source == image.source


def test_a_plane_is_given_back_as_it_is():
    image = stack(np.zeros((4, 4), np.uint8), "YX")
    assert project(image, "sum") is image


def test_the_projection_of_a_block_is_an_image_of_its_own():
    block = substack(stack(np.zeros((9, 4, 4), np.uint8)), z=(0, 3))
    flat = project(block, "max")
    assert flat.parent is None
    assert not flat.origin
    assert not flat.parent_shape
    assert flat.name == "embryo/z000-002"


def test_an_unknown_projection():
    with pytest.raises(UnknownName) as error:
        project(stack(np.zeros((2, 4, 4), np.uint8)), "maximum")
    assert (
        str(error.value)
        == "There is no projection called 'maximum'. Did you mean 'max'? Known: max, mean, median, sum."
    )
