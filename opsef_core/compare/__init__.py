"""Compare: labels (+ truth) -> numbers. One metric a file; the contract is in `_metric.py`."""

from ._match import THRESHOLDS, Overlaps, overlaps
from ._metric import METRICS, Metric, metric, metric_kind

__all__ = ["METRICS", "THRESHOLDS", "Metric", "Overlaps", "metric", "metric_kind", "overlaps"]
