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
    assert str(caught.value).startswith("There is no metric called 'dsb'. Did you mean 'dsb_score'? Known: ap50, ")


def test_the_first_metrics_are_found_by_scanning():
    assert {"ap50", "count_error", "dsb_score", "f1"} <= set(METRICS.names())
