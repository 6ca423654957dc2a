"""Fill holes."""

import numpy as np
import pytest

from opsef_core.data import Image, Labels
from opsef_core.postprocess import clean


def after(ids, **parameters):
    ids = np.array(ids)
    axes = "ZYX"[-ids.ndim :]
    return clean("fill", **parameters).run(Labels(ids, axes, "x"), Image(ids, axes, "x")).pixels


def ring(n, number=1):
    ids = np.zeros((n, n), int)
    ids[1:-1, 1:-1] = number
    ids[2:-2, 2:-2] = 0
    return ids


def test_a_hole_gets_the_id_of_its_object():
    full = np.zeros((6, 6), int)
    full[1:-1, 1:-1] = 7
    assert np.array_equal(after(ring(6, 7)), full)


def test_a_hole_open_to_the_side_is_none():
    ids = ring(6)
    ids[1, 3] = 0
    assert np.array_equal(after(ids), ids)


def test_a_bay_at_the_image_border_is_no_hole():
    ids = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 1]])
    assert np.array_equal(after(ids), ids)


def test_another_object_in_the_hole_stays():
    ids = ring(9, 2)
    ids[4, 4] = 5
    filled = after(ids)
    assert filled[4, 4] == 5
    assert (filled[1:-1, 1:-1] > 0).all()
    assert (filled == 2).sum() == 48


@pytest.mark.parametrize(("outer", "inner"), [(1, 2), (2, 1)])
def test_the_hole_of_an_inner_object_is_the_inner_one_s(outer, inner):
    ids = ring(11, outer)
    ids[3:8, 3:8] = ring(5, inner)
    filled = after(ids)
    assert filled[5, 5] == inner
    assert filled[2, 2] == outer
    assert (filled == inner).sum() == 9


def test_background_between_two_objects_is_nobody_s_hole():
    ids = np.array([[0, 1, 1, 0], [1, 0, 0, 2], [0, 2, 2, 0]])
    assert np.array_equal(after(ids), ids)


def test_large_holes_can_be_left_open():
    ids = np.zeros((6, 14), int)
    ids[:, :6], ids[:, 7:10] = ring(6), 0
    ids[1:4, 8:11], ids[2, 9] = 1, 0  # a second part of object 1 with a hole of one pixel
    assert (after(ids, max_hole_px=1) > 0).sum() == (ids > 0).sum() + 1
    assert (after(ids, max_hole_px=4) > 0).sum() == (ids > 0).sum() + 5


def test_a_hollow_ball_is_filled_and_a_tunnel_is_not():
    ball = np.zeros((5, 5, 5), int)
    ball[1:4, 1:4, 1:4], ball[2, 2, 2] = 1, 0
    assert (after(ball) == 1).sum() == 27
    tunnel = ball.copy()
    tunnel[1, 2, 2] = 0
    assert np.array_equal(after(tunnel), tunnel)
