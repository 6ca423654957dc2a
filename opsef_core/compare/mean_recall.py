"""Mean recall: how many of the true objects are found, averaged over ever stricter demands on their outline."""

from __future__ import annotations

from typing import ClassVar

from ..data import THRESHOLDS, Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class MeanRecall(Metric):
    """Mean over the IoU thresholds 0.50, 0.55, ..., 0.95 of TP / (TP + FN); 0 to 1, higher is better.

    A match needs an IoU strictly above the threshold. Both images empty: 1; one empty: 0. Objects that are none do not
    count, so read it beside the mean precision. nucleAIzer's paper calls it mAR.
    Source: Hollandi et al. 2020, Cell Systems 10:453, doi:10.1016/j.cels.2020.04.003.
    """

    long_name: ClassVar[str] = "mean recall"

    def of(self, overlaps: Overlaps) -> float:
        """Mean recall of one image."""
        if not len(overlaps.truth_ids):
            return float(not len(overlaps.pred_ids))
        return sum(map(overlaps.true_positives, THRESHOLDS)) / (len(THRESHOLDS) * len(overlaps.truth_ids))
