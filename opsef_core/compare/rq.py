"""Recognition quality: how many objects are found, however well they are drawn."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class RQ(Metric):
    """TP / (TP + FP / 2 + FN / 2), which is F1 at IoU 0.5; 0 to 1, higher is better.

    A match needs an IoU strictly above 0.5. Both images empty: 1; one empty: 0. It stands here under the name of the
    panoptic literature, beside the segmentation quality; the product of the two is the panoptic quality.
    Source: Kirillov et al. 2019, CVPR, doi:10.1109/CVPR.2019.00963.
    """

    long_name: ClassVar[str] = "recognition quality"

    def of(self, overlaps: Overlaps) -> float:
        """The recognition quality of one image."""
        tp, fp, fn = overlaps.counts(0.5)
        return tp / (tp + 0.5 * fp + 0.5 * fn) if tp + fp + fn else 1.0
