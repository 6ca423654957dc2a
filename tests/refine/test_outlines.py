"""Outlines and the pixels inside of them."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from opsef_core.errors import BadLabels
from opsef_core.refine._outlines import area, filled, outlines
from opsef_core.refine._parts import chained, polygons


def whole(loops, shape):
    found = filled(loops, *shape)
    mask = np.zeros(shape, bool)
    mask[found.top : found.top + found.inside.shape[0], found.left : found.left + found.inside.shape[1]] = found.inside
    return mask


@settings(max_examples=150, deadline=None)
@given(arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 3)))
def test_filling_gives_every_object_back(ids):
    found = outlines(ids)
    assert set(found) == set(np.unique(ids[ids > 0]).tolist())
    for number, loops in found.items():
        assert np.array_equal(whole(loops, ids.shape), ids == number)
        assert np.array_equal(whole([chained(loops)], ids.shape), ids == number)
        assert np.isclose(sum(map(area, loops)), (ids == number).sum())
        for outer, *holes in polygons(loops):
            inside = whole([outer], ids.shape)
            assert all((whole([hole], ids.shape) <= inside).all() for hole in holes)
            assert area(outer) > 0
            assert all(area(hole) < 0 for hole in holes)


def test_the_edges_of_a_loop_are_its_pixels():
    (loop,) = outlines(np.pad(np.ones((2, 3), np.int32), 1))[1]
    assert loop.tolist() == [[1, 1], [4, 1], [4, 3], [1, 3]]


def test_a_pixel_is_inside_when_its_centre_is():
    triangle = np.array([[0, 0], [4, 0], [0, 4]])
    assert whole([triangle], (4, 4)).astype(int).tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_a_bow_tie_is_both_halves_and_a_double_loop_is_noticed():
    bow = filled([np.array([[0, 0], [10, 10], [10, 0], [0, 10]])], 10, 10)
    assert not bow.twice
    assert bow.inside[5, 1]
    assert bow.inside[5, 8]
    star = np.array([[5 + 5 * np.sin(a), 5 - 5 * np.cos(a)] for a in np.arange(5) * 4 * np.pi / 5])
    found = filled([star], 10, 10)
    assert found.twice
    assert not whole([star], (10, 10))[5, 5]


@pytest.mark.parametrize("loop", [[[np.nan, 0], [1, 1], [2, 0]], [[0, np.inf], [1, 1], [2, 0]]])
def test_no_numbers_are_refused(loop):
    with pytest.raises(BadLabels):
        filled([np.array(loop)], 5, 5)


def test_a_zigzag_made_to_be_slow_is_refused():
    zigzag = np.tile([[0, -1e9], [1, 1e9]], (30_000, 1))
    begin = time.perf_counter()
    with pytest.raises(BadLabels, match="crosses the rows"):
        filled([zigzag], 4000, 4000)
    assert time.perf_counter() - begin < 2


def test_far_away_and_huge_outlines_cost_nothing():
    assert filled([np.array([[1e30, 1e30], [2e30, 1e30], [1e30, 2e30]])], 9, 9).inside.size == 0
    assert filled([np.array([[-1e30, -1e30], [1e30, -1e30], [1e30, 1e30], [-1e30, 1e30]])], 9, 9).inside.sum() == 81
    assert filled([], 9, 9).inside.size == filled([np.zeros((1, 2))], 9, 9).inside.size == 0
