import dask.array as da
import numpy as np
import pytest

from opsef_core.data import Image
from opsef_core.errors import BadImage, BadParameter
from opsef_core.ingest._substack import substack, substacks

PIXELS = np.arange(10 * 3 * 4, dtype=np.uint16).reshape(10, 3, 4)


def stack(planes=10, lazy=False):
    pixels = PIXELS[:planes]
    return Image(da.from_array(pixels, chunks=(1, 3, 4)) if lazy else pixels, "ZYX", "embryo.tif", source="s")


@pytest.mark.parametrize(
    ("depth", "planes", "step", "lengths"),
    [
        (9, 3, None, [3, 3, 3]),
        (3, 3, None, [3]),
        (10, 3, None, [3, 3, 3, 1]),
        (10, 20, None, [10]),
        (10, 1, None, [1] * 10),
        (10, 4, 2, [4, 4, 4, 4]),
        (10, 4, 3, [4, 4, 4]),
        (10, 5, 4, [5, 5, 2]),
    ],
)
@pytest.mark.parametrize("lazy", [False, True])
def test_no_plane_is_lost(depth, planes, step, lengths, lazy):
    blocks = substacks(stack(depth, lazy), planes, step)
    assert [b.shape["Z"] for b in blocks] == lengths
    seen = {z for b in blocks for z in range(b.origin["Z"], b.origin["Z"] + b.shape["Z"])}
    assert seen == set(range(depth))
    for b in blocks:
        assert b.lazy is lazy
        assert np.array_equal(b.array(), PIXELS[b.origin["Z"] : b.origin["Z"] + b.shape["Z"]])
        assert b.parent == "embryo.tif"
        assert b.parent_shape == {"Z": depth, "Y": 3, "X": 4}
    assert len({b.name for b in blocks}) == len({b.key for b in blocks}) == len(blocks)


def test_names_say_first_and_last_plane():
    assert [b.name for b in substacks(stack(), 4)] == [f"embryo.tif/{z}" for z in ("z000-003", "z004-007", "z008-009")]


def test_an_image_without_planes_is_given_back_alone():
    plane = Image(PIXELS[0], "YX", "plane")
    assert substacks(plane, 3) == [plane]


def test_one_plane_drops_the_axis():
    image = Image(PIXELS, "ZYX", "embryo.tif", spacing_um={"Z": 2.0, "Y": 0.5, "X": 0.5})
    plane = substack(image, z=3)
    assert plane.axes == "YX"
    assert plane.name == "embryo.tif/z003"
    assert plane.spacing_um == {"Y": 0.5, "X": 0.5}
    assert np.array_equal(plane.array(), PIXELS[3])
    assert plane.origin == {"Z": 3, "Y": 0, "X": 0}


def test_a_time_point_drops_the_axis_and_is_no_place():
    series = Image(np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5), "TZYX", "series")
    first = substack(series, t=1)
    assert first.axes == "ZYX"
    assert first.name == "series/t001"
    assert first.parent is None
    assert np.array_equal(first.array(), series.pixels[1])
    both = substack(series, t=1, z=(1, 3))
    assert both.axes == "ZYX"
    assert both.name == "series/t001-z001-002"
    assert np.array_equal(both.array(), series.pixels[1, 1:3])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: substack(stack(), z=10), BadParameter, "embryo.tif has no plane 10; it has 10, counted from 0."),
        (lambda: substack(stack(), z=-1), BadParameter, "embryo.tif has no plane -1; it has 10, counted from 0."),
        (
            lambda: substack(stack(), z=(4, 11)),
            BadParameter,
            "embryo.tif has no plane (4, 11); it has 10, counted from 0.",
        ),
        (
            lambda: substack(stack(), z=(4, 4)),
            BadParameter,
            "embryo.tif has no plane (4, 4); it has 10, counted from 0.",
        ),
        (
            lambda: substack(stack(), z=(1, 2, 3)),
            BadParameter,
            "embryo.tif has no plane (1, 2, 3); it has 10, counted from 0.",
        ),
        (lambda: substack(stack(), z="a"), BadParameter, "embryo.tif has no plane 'a'; it has 10, counted from 0."),
        (
            lambda: substack(stack(), t=0),
            BadImage,
            "embryo.tif has no T axis to choose a time point from; its axes are ZYX.",
        ),
        (
            lambda: substack(stack()),
            BadParameter,
            "Say what to take of embryo.tif: a plane (z=3), planes (z=(3, 7)) or a time point (t=0).",
        ),
        (lambda: substacks(stack(), 0), BadParameter, "A sub-stack has at least 1 plane; planes=0 is not possible."),
        (
            lambda: substacks(stack(), 3, step=4),
            BadParameter,
            "step=4 is not possible: 1 to 3 (planes), so that no plane is left out.",
        ),
    ],
)
def test_mistakes_are_told(call, kind, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message
