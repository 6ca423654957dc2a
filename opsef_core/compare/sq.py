"""Segmentation quality: how well the objects that were found are drawn."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class SQ(Metric):
    """Mean IoU of all matches; 0 to 1 (a match is above 0.5, so 0 means: no match), higher is better.

    A match needs an IoU strictly above 0.5. Both images empty: 1; one empty, or no match: 0. Objects without a partner
    do not count, so read it beside the recognition quality; the product of the two is the panoptic quality.
    Source: Kirillov et al. 2019, CVPR, doi:10.1109/CVPR.2019.00963.
    """

    long_name: ClassVar[str] = "segmentation quality"

    def of(self, overlaps: Overlaps) -> float:
        """The segmentation quality of one image."""
        if not len(overlaps.matches):
            return float(not len(overlaps.truth_ids) and not len(overlaps.pred_ids))
        return float(overlaps.iou[overlaps.matches].mean())
