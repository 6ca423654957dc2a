"""Sparse truth: what counts where not everything was annotated."""

import numpy as np
import pytest

from opsef_core.compare import known_prediction, known_truth, metric, object_errors
from opsef_core.data import Labels, overlaps
from opsef_core.errors import BadLabels


def drawn(text):
    rows = [[0 if c == "." else int(c) for c in row] for row in text.split()]
    return Labels(np.array(rows), "YX", "drawn")


def text(labels):
    return " ".join("".join(str(i) if i else "." for i in row) for row in labels.array())


def test_whole_truth_leaves_all_as_it_is():
    labels = drawn("11.22")
    assert known_truth(labels) is labels
    assert known_prediction(labels, labels) is labels


def test_where_only_some_objects_were_annotated_what_lies_beside_them_does_not_count():
    truth = drawn("111......")
    assert text(known_prediction(drawn("222.33.44"), truth, "sparse")) == "222......"


@pytest.mark.parametrize(
    ("prediction", "kept"),
    [
        ("222222....", "222222...."),  # half of it on the object
        (".222......", ".222......"),  # a part of it
        ("..22222...", ".........."),  # most of it elsewhere
        ("2222222222", "2222222222"),  # most of it elsewhere, but it holds the object
        ("22333.....", "22........"),  # what holds a third and reaches far out may be another object
    ],
)
def test_the_rule_for_a_prediction_beside_a_known_object(prediction, kept):
    assert text(known_prediction(drawn(prediction), drawn("111......."), "sparse")) == kept


def test_an_area_cuts_both_and_drops_what_lies_mostly_outside():
    area = drawn("11111.....")
    assert text(known_truth(drawn("11.2222233"), area)) == "11........"
    assert text(known_truth(drawn("11.2222.33"), area)) == "11.22....."
    assert text(known_prediction(drawn("44.55.6677"), drawn("11.2222.33"), area)) == "44.55....."


def test_ids_and_object_columns_are_kept():
    labels = drawn("7.9")
    kept = known_prediction(labels, drawn("..1"), "sparse")
    assert kept.ids.tolist() == [9]
    assert kept.name == labels.name


def test_recall_of_sparse_truth():
    truth, prediction = drawn("111.22.33."), drawn("444....33.")
    known = known_prediction(prediction, truth, "sparse")
    assert metric("recall").of(overlaps(truth.array(), known.array())) == 2 / 3


def test_errors_of_sparse_truth_invent_nothing_far_away():
    truth, prediction = drawn("111......."), drawn("444.55.66.")
    table = object_errors(known_prediction(prediction, truth, "sparse"), truth)
    assert table["type"].tolist() == ["found", "found"]


def test_an_area_of_another_size_is_refused():
    with pytest.raises(BadLabels, match="same pixel grid"):
        known_truth(drawn("11"), drawn("111"))
