"""Mean F1: the balance of found objects and right ones, averaged over ever stricter demands on their outline."""

from __future__ import annotations

from typing import ClassVar

from ..data import THRESHOLDS, Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class MeanF1(Metric):
    """Mean over the IoU thresholds 0.50, 0.55, ..., 0.95 of 2 TP / (2 TP + FP + FN); 0 to 1, higher is better.

    A match needs an IoU strictly above the threshold. Both images empty: 1; one empty: 0. nucleAIzer's paper calls it
    mF1. At each threshold it is 2 AP / (1 + AP): milder than the DSB score, and nearly the same order of methods.
    Source: Hollandi et al. 2020, Cell Systems 10:453, doi:10.1016/j.cels.2020.04.003.
    """

    long_name: ClassVar[str] = "mean F1"

    def of(self, overlaps: Overlaps) -> float:
        """Mean F1 of one image."""
        objects = len(overlaps.truth_ids) + len(overlaps.pred_ids)
        return 2 * sum(map(overlaps.true_positives, THRESHOLDS)) / (len(THRESHOLDS) * objects) if objects else 1.0
