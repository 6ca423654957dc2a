"""Mean precision: how many of the found objects are right, averaged over ever stricter demands on their outline."""

from __future__ import annotations

from typing import ClassVar

from ..data import THRESHOLDS, Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class MeanPrecision(Metric):
    """Mean over the IoU thresholds 0.50, 0.55, ..., 0.95 of TP / (TP + FP); 0 to 1, higher is better.

    A match needs an IoU strictly above the threshold. Both images empty: 1; one empty: 0. Objects that were missed do
    not count, so read it beside the mean recall. nucleAIzer's paper calls it mAP; the DSB score, which others call so,
    has FN in its divisor, too.
    Source: Hollandi et al. 2020, Cell Systems 10:453, doi:10.1016/j.cels.2020.04.003.
    """

    long_name: ClassVar[str] = "mean precision"

    def of(self, overlaps: Overlaps) -> float:
        """Mean precision of one image."""
        if not len(overlaps.pred_ids):
            return float(not len(overlaps.truth_ids))
        return sum(map(overlaps.true_positives, THRESHOLDS)) / (len(THRESHOLDS) * len(overlaps.pred_ids))
