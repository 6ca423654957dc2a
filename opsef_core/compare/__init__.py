"""Compare: labels (+ truth) -> numbers. One metric a file; the contract is in `_metric.py`."""

from ..data import THRESHOLDS, Overlaps, overlaps
from ._metric import METRICS, Metric, lower_is_better, metric, metric_kind
from ._ranking import counted, ranking, with_failures
from ._score import DEFAULT_METRICS, agreement, score_labels
from ._seen import SEEN, NotedTable, noted, training_unknown, training_warning, unseen

__all__ = [
    "DEFAULT_METRICS",
    "METRICS",
    "SEEN",
    "THRESHOLDS",
    "Metric",
    "NotedTable",
    "Overlaps",
    "agreement",
    "counted",
    "lower_is_better",
    "metric",
    "metric_kind",
    "noted",
    "overlaps",
    "ranking",
    "score_labels",
    "training_unknown",
    "training_warning",
    "unseen",
    "with_failures",
]
