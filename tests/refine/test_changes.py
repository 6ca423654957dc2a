"""What became of every object, and that its id stays its id."""

import numpy as np
import pandas as pd
import pytest
import toy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from opsef_core.data import Act, Image, Labels
from opsef_core.errors import BadLabels
from opsef_core.refine import KINDS, match, summary

EXPORTED = np.zeros((20, 40), np.int32)
EXPORTED[2:8, 2:8] = 1
EXPORTED[2:8, 8:14] = 3  # touches 1
EXPORTED[12:18, 2:8] = 7
EXPORTED[12:18, 20:30] = 9


def labels(ids, classes=None, name="a"):
    table = None if classes is None else pd.DataFrame({"class": pd.Series(classes, dtype=object)})
    image = Image(toy.picture(ids), "YX", name)
    return Labels.of(image, ids, Act("truth", "toy"), table)


def kinds(table):
    """{(exported, now): kind}."""
    both = zip(table["exported_id"], table["id"], table["kind"], strict=True)
    return {(None if pd.isna(a) else int(a), None if pd.isna(b) else int(b)): kind for a, b, kind in both}


def changed(ids, **more):
    return match(labels(EXPORTED), labels(ids, **more))


def test_nothing_was_changed():
    found = changed(EXPORTED)
    assert set(found.table["kind"]) == {"unchanged"}
    assert found.problems == ()
    assert found.labels.pixels is not None
    assert np.array_equal(found.labels.pixels, EXPORTED)


def test_a_contour_was_moved():
    ids = EXPORTED.copy()
    ids[2:8, 7] = 0
    table = changed(ids).table.set_index("id")
    assert table.loc[1, "kind"] == "reshaped"
    assert table.loc[1, "iou"] == pytest.approx(30 / 36)
    assert (table.loc[1, "exported_px"], table.loc[1, "returned_px"]) == (36, 30)
    assert set(table.loc[[3, 7, 9], "kind"]) == {"unchanged"}


def test_added_and_deleted():
    ids = np.where(EXPORTED == 7, 0, EXPORTED)
    ids[2:5, 30:35] = 4
    found = changed(ids)
    assert kinds(found.table) == {(1, 1): "unchanged", (3, 3): "unchanged", (9, 9): "unchanged"} | {
        (7, None): "deleted",
        (None, 10): "added",
    }
    assert set(found.labels.ids.tolist()) == {1, 3, 9, 10}


def test_of_a_split_object_the_largest_part_keeps_the_id():
    ids = EXPORTED.copy()
    ids[12:18, 20:23] = 11
    found = changed(ids)
    assert kinds(found.table)[9, 9] == "split"
    assert kinds(found.table)[None, 10] == "split"
    assert found.table.set_index("id").loc[9, "partners"] == "10"
    assert found.table.set_index("id").loc[10, "partners"] == "9"
    assert (found.labels.pixels == 9).sum() == 42


def test_the_part_that_kept_the_number_need_not_be_the_largest():
    ids = EXPORTED.copy()
    ids[12:18, 23:30] = 11  # the larger part came back as 11
    found = changed(ids)
    assert (found.labels.pixels == 9).sum() == 42
    assert found.problems == (
        "a: objects came back under other numbers and have their ids again: 9 as 11.",
        "a: new objects came back under numbers of exported ones and have new ids: 9 is 10.",
    )


def test_of_merged_objects_the_larger_ones_id_stays():
    ids = EXPORTED.copy()
    ids[2:8, 2:15] = 1  # 3 and a column more
    ids[2:8, 2:4] = 0
    found = changed(ids)
    assert kinds(found.table)[3, 3] == "merged"
    assert kinds(found.table)[1, None] == "merged"
    assert found.table.set_index("exported_id").loc[3, "partners"] == "1"
    assert (found.labels.pixels == 3).sum() == 66


def test_reclassified_and_reshaped_with_a_new_class():
    before = labels(EXPORTED, {1: "x", 3: "x", 7: "x"})
    ids = EXPORTED.copy()
    ids[12, 2:8] = 0
    found = match(before, labels(ids, {1: "y", 3: "x", 7: "y", 9: "x"}))
    assert kinds(found.table) == {
        (1, 1): "reclassified",
        (3, 3): "unchanged",
        (7, 7): "reshaped",
        (9, 9): "reclassified",
    }
    assert summary(found.table).iloc[0]["new_class"] == 3


def test_the_last_one_renamed_has_its_id_again():
    """Ids 1, 3, 7 come back as 1, 3, 4: AnnotatorJ's fault."""
    before = labels(np.where(EXPORTED == 9, 0, EXPORTED), {7: "x"})
    found = match(before, labels(np.where(EXPORTED == 7, 4, np.where(EXPORTED == 9, 0, EXPORTED)), {4: "x"}))
    assert found.labels.ids.tolist() == [1, 3, 7]
    assert found.labels.objects["class"].to_dict()[7] == "x"
    assert found.problems == ("a: objects came back under other numbers and have their ids again: 7 as 4.",)


def test_what_the_export_knew_of_an_object_stays_with_it_whatever_its_number_was():
    table = pd.DataFrame({"class": ["x", "y", None, "z"], "score": [0.1, 0.3, 0.7, 0.9]}, index=[1, 3, 7, 9])
    before = Labels.of(Image(toy.picture(EXPORTED), "YX", "a"), EXPORTED, Act("truth", "toy"), table)
    turned = np.select([EXPORTED == 1, EXPORTED == 3, EXPORTED == 9], [9, 1, 3], 0)  # 7 is deleted
    turned[12:18, 25:30] = 5  # a part of 9
    turned[0, 30:34] = 8  # new
    found = match(before, labels(turned), classes=False)
    assert found.labels.objects["class"].dropna().to_dict() == {1: "x", 3: "y", 9: "z", 10: "z"}
    assert found.labels.objects["score"].dropna().to_dict() == {1: 0.1, 3: 0.3, 9: 0.9}
    assert set(found.table["kind"]) == {"unchanged", "split", "deleted", "added"}
    assert found.table.set_index("exported_id")["returned_id"].to_dict()[1] == 9
    said = match(before, labels(turned, {9: "w"}))  # a file that holds classes: all others were taken away
    assert said.labels.objects["class"].dropna().to_dict() == {1: "w"}
    assert said.labels.objects["score"].dropna().to_dict() == {1: 0.1, 3: 0.3, 9: 0.9}


def test_ids_that_are_right_are_kept():
    ids = np.where(EXPORTED == 3, 1, EXPORTED)
    ids[12:18, 22:30] = 5  # the larger part of 9 has the new id
    ids = np.where(ids == 7, 6, ids)  # drawn anew
    found = match(labels(EXPORTED), labels(ids), keep_ids=True)
    assert np.array_equal(found.labels.pixels, ids)
    assert found.problems == ()
    assert kinds(found.table) == {(1, 1): "merged", (3, None): "merged", (7, 6): "unchanged"} | {
        (9, 9): "split",
        (None, 5): "split",
    }


def test_two_objects_under_one_number_are_two_again():
    found = changed(np.where(EXPORTED == 9, 7, EXPORTED))
    assert np.array_equal(found.labels.pixels, EXPORTED)
    assert set(found.table["kind"]) == {"unchanged"}
    assert found.problems == (
        "a: the objects 7, 9 came back apart from each other under one number, 7; they are 2 objects again.",
    )


def test_an_object_in_two_pieces_is_reported():
    ids = EXPORTED.copy()
    ids[14:16, 20:30] = 0
    (problem,) = changed(ids).problems
    assert problem == "a: 9 lies in 2 pieces; perhaps two objects were given one number."


def test_an_object_that_was_moved_far_is_still_itself():
    ids = np.where(EXPORTED == 9, 0, EXPORTED)
    ids[12:18, 26:36] = 9  # by six of its ten columns
    assert kinds(changed(ids).table)[9, 9] == "reshaped"


def test_a_border_between_two_was_moved():
    ids = EXPORTED.copy()
    ids[2:8, 8:12] = 1  # 1 takes two thirds of 3
    table = kinds(changed(ids).table)
    assert table[1, 1] == "reshaped"
    assert table[3, 3] == "reshaped"


@pytest.mark.parametrize("both", [False, True])
def test_empty(both):
    nothing = np.zeros_like(EXPORTED)
    assert set(match(labels(EXPORTED), labels(nothing)).table["kind"]) == {"deleted"}
    found = match(labels(nothing), labels(nothing if both else EXPORTED))
    assert set(found.table["kind"]) == (set() if both else {"added"})
    assert summary(found.table, ["a"])["image"].tolist() == ["a", "total"]


def test_the_largest_id_there_is():
    top = 2**31 - 1
    ids = np.where(EXPORTED == 9, top, EXPORTED)
    more = ids.copy()
    more[2:5, 30:35] = 4
    found = match(labels(ids), labels(more))
    assert kinds(found.table)[None, 2] == "added"  # the smallest number nobody has
    assert found.labels.ids.tolist() == [1, 2, 3, 7, top]


def test_another_size():
    with pytest.raises(BadLabels) as error:
        match(labels(EXPORTED), labels(EXPORTED[:10]))
    assert str(error.value) == "a came back with the size {'Y': 10, 'X': 40}, exported were {'Y': 20, 'X': 40}."


def test_the_summary_counts():
    ids = np.where(EXPORTED == 7, 0, EXPORTED)
    ids[12:18, 20:23] = 11
    ids[2:8, 2] = 0
    table = pd.concat([changed(ids).table, match(labels(EXPORTED, name="b"), labels(EXPORTED, name="b")).table])
    counts = summary(table).set_index("image")
    assert counts.loc["a", ["exported", "returned", "reshaped", "deleted", "split"]].tolist() == [4, 4, 1, 1, 1]
    assert counts.loc["b", "unchanged"] == 4
    assert counts.loc["total", ["exported", "unchanged"]].tolist() == [8, 5]
    assert counts.loc["a", "mean_iou"] == pytest.approx(30 / 36)


small = arrays(np.int32, (8, 9), elements=st.integers(0, 6))


@settings(max_examples=60, deadline=None)
@given(small, small)
def test_no_object_is_lost_and_no_id_is_given_twice(before, after):
    exported, returned = labels(before), labels(after)
    found = match(exported, returned)
    assert np.array_equal(found.labels.pixels > 0, after > 0)
    assert sorted(found.table["exported_id"].dropna()) == exported.ids.tolist()
    assert sorted(found.table["id"].dropna()) == found.labels.ids.tolist()
    assert set(found.table["kind"]) <= set(KINDS)
    pairs = np.unique(np.stack([after.ravel(), found.labels.pixels.ravel()]), axis=1)
    assert len(np.unique(pairs[1])) == pairs.shape[1]  # no two returned objects became one
    again = match(exported, found.labels)
    lived = found.table["exported_id"].notna() & found.table["id"].notna()
    assert set(found.table.loc[lived, "id"]) == set(found.table.loc[lived, "exported_id"])
    assert again.labels.ids.tolist() == found.labels.ids.tolist()
