"""Count error: how far the number of objects is off, wherever they lie."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class CountError(Metric):
    """|n_pred - n_truth| / max(n_pred, n_truth); 0 (same number) to 1 (one of them empty), lower is better.

    No IoU rule: misses and inventions can cancel, so read it beside F1. The larger count is the divisor so that an
    image without truth does not outweigh all others in a mean; the sign stands in `n_pred` and `n_truth`.
    """

    long_name: ClassVar[str] = "count error"
    higher_is_better: ClassVar[bool] = False

    def of(self, overlaps: Overlaps) -> float:
        """The error of one image."""
        found, true = len(overlaps.pred_ids), len(overlaps.truth_ids)
        return abs(found - true) / max(found, true, 1)
