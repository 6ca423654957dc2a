"""Filter by distance to the border."""

import numpy as np

from opsef_core.data import Image, Labels
from opsef_core.postprocess import clean


def dots(*places, shape=(11, 13), **where):
    ids = np.zeros(shape, np.int32)
    for number, place in enumerate(places, start=1):
        ids[place] = number
    axes = "ZYX"[-len(shape) :]
    return Labels(ids, axes, "dots", **where), Image(ids, axes, "dots", **where)


def after(*places, shape=(11, 13), where=None, **parameters):
    return clean("border", **parameters).run(*dots(*places, shape=shape, **(where or {}))).ids.tolist()


def test_all_four_sides_count():
    assert after((0, 5), (10, 5), (5, 0), (5, 12), (5, 5)) == [5]


def test_the_margin_is_counted_in_pixels_from_the_outermost():
    places = [(0, 5), (1, 6), (2, 7), (3, 8)]
    assert after(*places) == [2, 3, 4]
    assert after(*places, margin_px=2) == [4]


def test_a_margin_wider_than_the_image_removes_all():
    assert after((5, 5), margin_px=99) == []


def test_only_the_border_of_the_whole_image_counts_for_a_tile():
    places = [(0, 5), (10, 5), (5, 0), (5, 12)]  # top, bottom, left, right
    corner = {"parent": "big", "origin": {"Y": 0, "X": 0}, "parent_shape": {"Y": 100, "X": 100}}
    inner = {"parent": "big", "origin": {"Y": 50, "X": 50}, "parent_shape": {"Y": 100, "X": 100}}
    last = {"parent": "big", "origin": {"Y": 89, "X": 87}, "parent_shape": {"Y": 100, "X": 100}}
    assert after(*places, where=corner) == [2, 4]
    assert after(*places, where=inner) == [1, 2, 3, 4]
    assert after(*places, where=last) == [1, 3]


def test_a_margin_reaches_into_the_neighbouring_tile():
    second = {"parent": "big", "origin": {"Y": 2, "X": 50}, "parent_shape": {"Y": 100, "X": 100}}
    assert after((0, 5), (4, 5), where=second, margin_px=3) == [2]


def test_first_and_last_plane_are_border_unless_told_otherwise():
    places = [(0, 5, 5), (2, 6, 6), (4, 7, 7), (2, 0, 3)]
    assert after(*places, shape=(5, 11, 13)) == [2]
    assert after(*places, shape=(5, 11, 13), z=False) == [1, 2, 3]
