"""DSB score: how many objects are found, averaged over ever stricter demands on their outline."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class DsbScore(Metric):
    """Mean over the IoU thresholds 0.50, 0.55, ..., 0.95 of TP / (TP + FP + FN); 0 to 1, higher is better.

    A match needs an IoU strictly above the threshold. Both images empty: 1; one empty: 0. Score of the 2018 Data
    Science Bowl, here for one image; the score of a data set is the mean over its images.
    Source: Caicedo et al. 2019, Nature Methods 16:1247, doi:10.1038/s41592-019-0612-7.
    """

    long_name: ClassVar[str] = "DSB score"

    def of(self, overlaps: Overlaps) -> float:
        """Mean precision of one image."""
        return overlaps.dsb_score
