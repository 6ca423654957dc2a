"""AP: the share of objects found and right, at one IoU threshold."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class Ap(Metric):
    """Average precision at one IoU threshold: TP / (TP + FP + FN); 0 to 1, higher is better.

    A match needs an IoU strictly above `iou_threshold`; below 0.5 objects are matched one to one so that as many
    as possible have a partner. Both images empty: 1; one empty: 0. `ap50` is this at 0.5, and the DSB score its mean
    over ten thresholds. It is not the area under a curve as in COCO.
    Source: Caicedo et al. 2019, Nature Methods 16:1247, doi:10.1038/s41592-019-0612-7.
    """

    long_name: ClassVar[str] = "AP"
    iou_threshold: float = Field(0.5, ge=0, lt=1)

    def of(self, overlaps: Overlaps) -> float:
        """The precision of one image."""
        return overlaps.precision(self.iou_threshold)
