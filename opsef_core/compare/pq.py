"""Panoptic quality: how many objects are found, times how well the found ones are drawn."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class PQ(Metric):
    """Sum of the IoU of all matches / (TP + FP / 2 + FN / 2); 0 to 1, higher is better.

    It is the product of the recognition quality (F1 at IoU 0.5) and the segmentation quality (mean IoU of the matches).
    A match needs an IoU strictly above 0.5. Both images empty: 1; one empty: 0.
    Source: Kirillov et al. 2019, CVPR, doi:10.1109/CVPR.2019.00963.
    """

    long_name: ClassVar[str] = "panoptic quality"

    def of(self, overlaps: Overlaps) -> float:
        """The panoptic quality of one image."""
        tp, fp, fn = overlaps.counts(0.5)
        matched = overlaps.iou[overlaps.iou > 0.5].sum()
        return float(matched / (tp + 0.5 * fp + 0.5 * fn)) if tp + fp + fn else 1.0
