"""Each metric on cases worked out by hand."""

import numpy as np
import pytest

from opsef_core.compare import METRICS, metric, overlaps
from opsef_core.errors import BadParameter, UnknownName

NOTHING = np.zeros((1, 10), np.int32)
TRUTH = np.array([[1, 1, 1, 1, 0, 2, 2, 2, 2, 2]])
SHIFTED = np.array([[0, 1, 1, 1, 1, 2, 2, 2, 2, 2]])  # object 1: IoU 3/5, object 2: IoU 1
MERGED = np.array([[3, 3, 3, 3, 0, 3, 3, 3, 3, 3]])  # IoU 4/9 and 5/9
HALF = np.array([[1, 1, 0, 0, 0, 2, 2, 2, 2, 2]])  # object 1: IoU exactly 1/2


def of(name, truth, prediction, **parameters):
    return metric(name, **parameters).of(overlaps(truth, prediction))


@pytest.mark.parametrize(
    ("name", "prediction", "expected"),
    [
        ("dsb_score", TRUTH, 1.0),
        ("dsb_score", SHIFTED, (2 * 1 + 8 * 1 / 3) / 10),  # both at 0.50 and 0.55, then one of two: 1 / (1 + 1 + 1)
        ("dsb_score", MERGED, (1 / 2 + 1 / 2 + 0) / 10),  # TP 1, FN 1 at 0.50 and 0.55
        ("dsb_score", HALF, 1 / 3),
        ("ap50", SHIFTED, 1.0),
        ("ap50", MERGED, 1 / 2),
        ("ap50", HALF, 1 / 3),
        ("f1", SHIFTED, 1.0),
        ("f1", MERGED, 2 / 3),
        ("f1", HALF, 1 / 2),
        ("pq", SHIFTED, (3 / 5 + 1) / 2),
        ("pq", MERGED, (5 / 9) / (1 + 1 / 2)),
        ("pq", HALF, 1 / (1 + 1 / 2 + 1 / 2)),
        ("ap", SHIFTED, 1.0),
        ("ap", HALF, 1 / 3),
        ("sq", SHIFTED, (3 / 5 + 1) / 2),
        ("sq", MERGED, 5 / 9),
        ("sq", HALF, 1.0),
        ("rq", SHIFTED, 1.0),
        ("rq", MERGED, 2 / 3),
        ("rq", HALF, 1 / 2),
        ("mean_precision", SHIFTED, (2 + 8 * 1 / 2) / 10),
        ("mean_precision", MERGED, 2 / 10),  # the one found object is right at 0.50 and 0.55
        ("mean_recall", MERGED, 2 * (1 / 2) / 10),
        ("mean_f1", MERGED, 2 * (2 / 3) / 10),
        ("aji", SHIFTED, (3 + 5) / (5 + 5)),
        ("aji", MERGED, (4 + 5) / (9 + 9)),  # the merged object stands for both
        ("aji_plus", MERGED, 5 / (9 + 4)),
        ("aji_plus", HALF, (2 + 5) / (4 + 5)),
        ("seg", SHIFTED, (3 / 5 + 1) / 2),
        ("seg", MERGED, (4 / 9 + 5 / 9) / 2),  # it covers both
        ("seg", HALF, 1 / 2),  # exactly one half is not covered
        ("dice", SHIFTED, 2 * 8 / (9 + 9)),
        ("dice", MERGED, 1.0),
        ("count_error", SHIFTED, 0.0),
        ("count_error", MERGED, 1 / 2),
    ],
)
def test_by_hand(name, prediction, expected):
    assert of(name, TRUTH, prediction) == pytest.approx(expected)


def test_f1_at_another_threshold():
    assert of("f1", TRUTH, SHIFTED, iou_threshold=0.6) == 0.5
    assert of("f1", TRUTH, MERGED, iou_threshold=0.1) == pytest.approx(2 / 3)
    assert metric("f1", iou_threshold=0.7).title == "f1(iou_threshold=0.7)"


def test_ap_at_other_thresholds():
    assert of("ap", TRUTH, SHIFTED, iou_threshold=0.6) == 1 / 3
    assert of("ap", TRUTH, MERGED, iou_threshold=0.4) == 1 / 2  # both true objects fit, one can have it
    assert of("ap", TRUTH, SHIFTED) == of("ap50", TRUTH, SHIFTED)


def test_an_unmatched_prediction_costs_aji_and_a_missed_object_too():
    more = np.where(np.arange(10) == 4, 9, TRUTH)
    assert of("aji", TRUTH, more) == of("aji_plus", TRUTH, more) == 9 / 10
    assert of("aji", more, TRUTH) == of("aji_plus", more, TRUTH) == 9 / 10


def test_aji_plus_gives_up_the_best_pair_for_a_larger_sum():
    truth = np.array([[1] * 10 + [2] * 2])
    prediction = np.array([[5] * 6 + [6] * 4 + [5] * 2])  # 1 and 5: 6/12; 1 and 6: 4/10; 2 and 5: 2/8
    assert of("aji_plus", truth, prediction) == (4 + 2) / (10 + 8)


def test_count_error_is_the_same_for_too_many_and_too_few():
    four, three = np.array([[1, 2, 3, 4]]), np.array([[1, 2, 3, 0]])
    assert of("count_error", four, three) == of("count_error", three, four) == 0.25


def test_an_impossible_threshold_is_refused_in_words():
    with pytest.raises(BadParameter) as caught:
        metric("f1", iou_threshold=1.5)
    assert str(caught.value) == "metric 'f1': iou_threshold = 1.5 is not possible: Input should be less than 1."


def test_an_unknown_metric_offers_the_nearest():
    with pytest.raises(UnknownName) as caught:
        metric("dsb")
    assert str(caught.value).startswith("There is no metric called 'dsb'. Did you mean 'dsb_score'? Known: aji, ")


def test_the_first_metrics_are_found_by_scanning():
    assert {"ap50", "count_error", "dsb_score", "f1"} <= set(METRICS.names())
