"""AP50: the share of objects found and right, with outlines that overlap by more than half."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class Ap50(Metric):
    """Average precision at IoU 0.5: TP / (TP + FP + FN); 0 to 1, higher is better.

    A match needs an IoU strictly above 0.5. Both images empty: 1; one empty: 0. This is the precision of the Data
    Science Bowl and of the Cellpose and StarDist papers at one threshold, not the area under a curve as in COCO.
    Source: Caicedo et al. 2019, Nature Methods 16:1247, doi:10.1038/s41592-019-0612-7.
    """

    long_name: ClassVar[str] = "AP50"

    def of(self, overlaps: Overlaps) -> float:
        """The precision of one image."""
        return overlaps.precision(0.5)
