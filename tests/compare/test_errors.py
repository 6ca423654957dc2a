"""What became of each object: tiny drawn cases, and what must hold for all."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from toy import discs, many_discs, one_disc

from opsef_core.compare import error_types, extents, object_errors
from opsef_core.data import Labels, overlaps
from opsef_core.errors import BadLabels


def drawn(text):
    """A label image from rows of digits; a dot is background."""
    rows = [[0 if c == "." else int(c) for c in row] for row in text.split()]
    return Labels(np.array(rows), "YX", "drawn")


def types(truth, prediction):
    """(truth id -> type, predicted id -> type)."""
    found = overlaps(drawn(truth).array(), drawn(prediction).array())
    of = error_types(found)
    sides = (found.truth_ids, of.truth), (found.pred_ids, of.pred)
    return tuple(dict(zip(ids.tolist(), kinds.tolist(), strict=True)) for ids, kinds in sides)


CASES = {
    "the same": ("111.22", "555.77", {1: "found", 2: "found"}, {5: "found", 7: "found"}),
    "missed": ("111.22", "111...", {1: "found", 2: "missed"}, {1: "found"}),
    "invented": ("111...", "111.22", {1: "found"}, {1: "found", 2: "invented"}),
    "one in two": ("1111111111", "2222233333", {1: "split"}, {2: "split", 3: "split"}),
    "one in two, a third each": ("1111111111", ".333..222.", {1: "split"}, {2: "split", 3: "split"}),
    "two parts below 30 %": ("1111111111", "33....22..", {1: "missed"}, {2: "invented", 3: "invented"}),
    "one part of two too small": ("1111111111", "33333.22..", {1: "missed"}, {2: "invented", 3: "invented"}),
    "one in three, a fifth each": ("1111111111", "22.33.44..", {1: "split"}, {2: "split", 3: "split", 4: "split"}),
    "a third part below 15 %": ("1111111111", "22222.3334", {1: "split"}, {2: "split", 3: "split", 4: "invented"}),
    "a large part is a match": ("1111111111", "2222222333", {1: "found"}, {2: "found", 3: "invented"}),
    "two in one": ("1111122222", "3333333333", {1: "merged", 2: "merged"}, {3: "merged"}),
    "three in one": ("111222333", "777777777", {1: "merged", 2: "merged", 3: "merged"}, {7: "merged"}),
    "a clump of eight": ("1122334455667788", "9" * 16, dict.fromkeys(range(1, 9), "merged"), {9: "merged"}),
    "a large part and crumbs": ("1111111111", "33333..4.5", {1: "split"}, {3: "split", 4: "split", 5: "split"}),
    "a few crumbs": ("1111111111", "333....4.5", {1: "missed"}, {3: "invented", 4: "invented", 5: "invented"}),
    "a crumb swallowed by a match": ("1111111122", "3333333333", {1: "found", 2: "missed"}, {3: "found"}),
    "touching and both found": ("1111122222", "1111222222", {1: "found", 2: "found"}, {1: "found", 2: "found"}),
    "chain": ("11112222", "33444455", {1: "split", 2: "split"}, {3: "split", 4: "merged", 5: "split"}),
    "seen but badly drawn": ("1111......", "..22222...", {1: "missed"}, {2: "invented"}),
    "both empty": ("....", "....", {}, {}),
    "nothing found": ("1.22", "....", {1: "missed", 2: "missed"}, {}),
    "nothing there": ("....", "1.22", {}, {1: "invented", 2: "invented"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_drawn_cases(case):
    truth, prediction, of_truth, of_pred = CASES[case]
    assert types(truth, prediction) == (of_truth, of_pred)


MIRROR = {"missed": "invented", "invented": "missed", "split": "merged", "merged": "split", "found": "found"}


def mirrored(kinds):
    return [MIRROR[kind] for kind in kinds]


@settings(max_examples=150, deadline=None)
@given(arrays(np.int64, (3, 9), elements=st.integers(0, 4)), arrays(np.int64, (3, 9), elements=st.integers(0, 4)))
def test_what_must_hold_for_all(truth, prediction):
    pair, back = overlaps(truth, prediction), overlaps(prediction, truth)
    of, other = error_types(pair), error_types(back)
    assert set(of.truth) <= {"found", "missed", "split", "merged"}
    assert set(of.pred) <= {"found", "invented", "split", "merged"}
    assert (of.truth == "found").sum() == (of.pred == "found").sum() == pair.counts(0.5)[0]
    assert sum(of.counts()[k] for k in ("found", "missed", "split", "merged")) == len(pair.truth_ids)
    assert mirrored(of.truth) == other.pred.tolist()
    assert mirrored(of.pred) == other.truth.tolist()
    for kind, at, whole in (("split", of.rows, of.truth), ("merged", of.columns, of.pred)):
        partners = np.bincount(at, minlength=len(whole))
        assert (partners[whole == kind] >= 2).all()
    assert (np.bincount(of.rows, minlength=len(of.truth))[of.truth == "missed"] == 0).all()


def test_the_table_has_one_row_an_object_with_partners_and_ids_kept():
    truth, prediction = drawn("1111..7777.33"), drawn("5599..7777...")
    table = object_errors(prediction, truth)
    assert list(zip(table["side"], table["id"], table["type"], table["partners"], strict=True)) == [
        ("truth", 1, "split", "5 9"),
        ("truth", 3, "missed", ""),
        ("truth", 7, "found", "7"),
        ("found", 5, "split", "1"),
        ("found", 7, "found", "7"),
        ("found", 9, "split", "1"),
    ]
    assert table["iou"].tolist() == [0.5, 0.0, 1.0, 0.5, 1.0, 0.5]
    assert table["covered"].tolist() == [0.5, 0.0, 1.0, 1.0, 1.0, 1.0]
    assert table["size_bias"].notna().tolist() == [False, False, True, False, True, False]
    first = table.iloc[0]
    assert (first["top_px"], first["left_px"], first["height_px"], first["width_px"]) == (0, 0, 1, 4)
    assert (first["centroid_y_px"], first["centroid_x_px"]) == (0, 1.5)


def test_a_swollen_disc_has_its_bias_and_its_boundary_error():
    truth = Labels(discs((200, 200), (100, 100, 50)), "YX", "disc")
    large = Labels(discs((200, 200), (100, 100, 55)), "YX", "disc")
    table = object_errors(large, truth)
    assert table["size_bias"].tolist() == pytest.approx([0.21, 0.21], abs=0.01)
    assert table["boundary_error"].tolist() == pytest.approx([0.05, 0.05], abs=0.005)


def test_empty_images_give_empty_tables_with_all_columns():
    nothing, something = drawn("...."), drawn("11.2")
    empty = object_errors(nothing, nothing)
    assert len(empty) == 0
    assert list(empty.columns) == list(object_errors(something, something).columns)
    assert object_errors(nothing, something)["type"].tolist() == ["missed", "missed"]
    assert object_errors(something, nothing)["type"].tolist() == ["invented", "invented"]


def test_what_stands_beside_an_object():
    table = extents(drawn("112...5 112.... ......."))
    assert table.index.tolist() == [1, 2, 5]
    assert table["touching"].tolist() == [True, True, False]
    assert table["on_border"].tolist() == [True, True, True]
    assert table["neighbour_distance"].iloc[0] == pytest.approx(1.5 / np.sqrt(16 / np.pi))
    assert np.isnan(extents(one_disc()[1])["neighbour_distance"]).all()
    assert not extents(one_disc()[1])["on_border"].any()


def test_stacks_are_judged_as_well():
    ids = np.zeros((4, 12, 12), int)
    ids[1:3, 2:8, 2:8] = 3
    table = object_errors(Labels(np.roll(ids, 1, 2), "ZYX", "stack"), Labels(ids, "ZYX", "stack"))
    assert table["type"].tolist() == ["found", "found"]
    assert table["centroid_z_px"].tolist() == [1.5, 1.5]
    assert table["diameter_px"].iloc[0] == pytest.approx(np.cbrt(6 * 72 / np.pi))


def test_other_sizes_are_refused():
    with pytest.raises(BadLabels, match="same pixel grid"):
        object_errors(drawn("11"), drawn("111"))


def test_many_objects_are_judged_at_once():
    _, truth = many_discs(shape=(900, 1000))
    pair = overlaps(truth.array(), np.roll(truth.array(), 3, 1))
    assert len(pair.truth_ids) > 1500
    best = min(_seconds(lambda: error_types(pair)) for _ in range(3))
    assert best < 0.05


def _seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
