"""Compare: labels (+ truth) -> numbers. One metric a file; the contract is in `_metric.py`."""

from ..data import THRESHOLDS, Overlaps, overlaps
from ._annotated import (
    AREA,
    SPARSE,
    TOLD_BY_SPARSE,
    TRUTH,
    WHOLE,
    annotation_note,
    kind_of,
    known_prediction,
    known_truth,
)
from ._asked import metric_columns, metrics_asked, metrics_in_words, metrics_table
from ._blind.agreement import agreement
from ._blind.estimate import SHIPPED, Calibration, estimates
from ._blind.hindsight import Hindsight, hindsight
from ._blind.plausibility import plausibility
from ._blind.ratings import RATINGS, checked_words, share_good, wilson
from ._boundary import boundary_table
from ._errors.breakdown import PROPERTIES, breakdown, strongest
from ._errors.error_types import TYPES, ErrorTypes, error_types
from ._errors.extents import extents
from ._errors.objects import object_errors, type_counts
from ._label import metric_label
from ._metric import METRICS, Metric, lower_is_better, metric, metric_kind
from ._ranking import counted, ranking, with_failures
from ._score import DEFAULT_METRICS, score_labels
from ._seen import SEEN, NotedTable, noted, training_unknown, training_warning, unseen
from ._statistics.bootstrap import interval_of_mean
from ._statistics.intervals import intervals
from ._statistics.pairs import compare_pairs
from ._statistics.pareto import pareto_front
from ._statistics.sample_size import fewest, images_needed
from ._statistics.verdict import Verdict, verdict
from ._tidy import tidy

__all__ = [
    "AREA",
    "DEFAULT_METRICS",
    "METRICS",
    "PROPERTIES",
    "RATINGS",
    "SEEN",
    "SHIPPED",
    "SPARSE",
    "THRESHOLDS",
    "TOLD_BY_SPARSE",
    "TRUTH",
    "TYPES",
    "WHOLE",
    "Calibration",
    "ErrorTypes",
    "Hindsight",
    "Metric",
    "NotedTable",
    "Overlaps",
    "Verdict",
    "agreement",
    "annotation_note",
    "boundary_table",
    "breakdown",
    "checked_words",
    "compare_pairs",
    "counted",
    "error_types",
    "estimates",
    "extents",
    "fewest",
    "hindsight",
    "images_needed",
    "interval_of_mean",
    "intervals",
    "kind_of",
    "known_prediction",
    "known_truth",
    "lower_is_better",
    "metric",
    "metric_columns",
    "metric_kind",
    "metric_label",
    "metrics_asked",
    "metrics_in_words",
    "metrics_table",
    "noted",
    "object_errors",
    "overlaps",
    "pareto_front",
    "plausibility",
    "ranking",
    "score_labels",
    "share_good",
    "strongest",
    "tidy",
    "training_unknown",
    "training_warning",
    "type_counts",
    "unseen",
    "verdict",
    "wilson",
    "with_failures",
]
