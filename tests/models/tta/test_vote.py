"""What most views saw, drawn as most drew it."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsef_core.models.tta.vote import seen, vote


def row(*ids):
    return np.array([ids], np.int32)


def of(*arrays, scores=None):
    tables = scores or [None] * len(arrays)
    return [seen(a, None if t is None else pd.DataFrame({"score": t})) for a, t in zip(arrays, tables, strict=True)]


def test_an_object_all_views_see_stays_as_it_is():
    labels, table = vote(of(*[row(0, 5, 5, 0, 9, 9)] * 6), 0.5, 0.51)
    assert labels.tolist() == [[0, 1, 1, 0, 2, 2]]
    assert table["votes"].tolist() == [6, 6]
    assert table["score"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("times", "kept"), [(2, False), (3, False), (4, True)])
def test_a_majority_of_six_is_four(times, kept):
    views = of(*[row(0, 1, 1, 0)] * times, *[row(0, 0, 0, 0)] * (6 - times))
    labels, table = vote(views, 0.5, 0.51)
    assert bool(labels.any()) == kept
    assert table["votes"].tolist() == ([times] if kept else [])


def test_an_object_the_first_view_missed_is_found_by_the_others():
    labels, _ = vote(of(row(0, 0, 0), row(0, 1, 1), row(0, 3, 3)), 0.5, 0.51)
    assert labels.tolist() == [[0, 1, 1]]


def test_pixels_go_with_more_than_half_of_those_who_saw_the_object():
    wide, narrow = row(1, 1, 1, 1, 1), row(0, 1, 1, 1, 0)
    assert vote(of(wide, wide, narrow), 0.5, 0.51)[0].tolist() == [[1, 1, 1, 1, 1]]
    assert vote(of(wide, narrow, narrow), 0.5, 0.51)[0].tolist() == [[0, 1, 1, 1, 0]]
    assert vote(of(wide, narrow), 0.5, 0.51)[0].tolist() == [[0, 1, 1, 1, 0]]  # exactly half is not more


def test_where_objects_meet_more_votes_win():
    left, right = row(1, 1, 1, 0, 0), row(0, 0, 1, 1, 1)
    both = row(1, 1, 2, 2, 2)
    labels, table = vote(of(both, right, right, row(1, 1, 1, 2, 2), left), 0.5, 0.4)
    assert labels[0, 0] != labels[0, 4]
    assert len(table) == 2
    winner = table["votes"].idxmax()
    assert labels[0, 2] == winner


def test_the_score_is_the_mean_times_the_part_of_the_views():
    views = of(row(1, 1, 0), row(1, 1, 0), row(0, 0, 0), scores=[[], [], []])
    assert vote(views, 0.5, 0.5)[1]["score"].tolist() == [pytest.approx(2 / 3)]
    table = pd.DataFrame({"score": [0.6]}, index=[1])
    views = [seen(row(1, 1, 0), table), seen(row(1, 1, 0), table * 0.5), seen(row(0, 0, 0), None)]
    assert vote(views, 0.5, 0.5)[1]["score"].tolist() == [pytest.approx(0.45 * 2 / 3)]


def test_nothing_seen_is_nothing():
    labels, table = vote(of(*[row(0, 0)] * 6), 0.5, 0.51)
    assert not labels.any()
    assert list(table.columns) == ["score", "votes"]
    assert len(table) == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=12, max_size=12), min_size=3, max_size=3))
def test_the_order_of_the_views_does_not_matter(rows):
    arrays = [np.array(r, np.int32).reshape(3, 4) for r in rows]
    first, table = vote(of(*arrays), 0.5, 0.51)
    for order in permutations(arrays):
        again, other = vote(of(*order), 0.5, 0.51)
        assert np.array_equal(first, again)
        assert table.equals(other)
