"""F1: the balance of found objects and right ones, at one IoU threshold."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class F1(Metric):
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; 0 to 1, higher is better.

    A match needs an IoU strictly above `iou_threshold`; below 0.5 objects are matched one to one so that as many
    as possible have a partner. Both images empty: 1; one empty: 0.
    Source: Caicedo et al. 2019, Cytometry A 95:952, doi:10.1002/cyto.a.23863.
    """

    long_name: ClassVar[str] = "F1"
    iou_threshold: float = Field(0.5, ge=0, lt=1)

    def of(self, overlaps: Overlaps) -> float:
        """The F1 of one image."""
        tp, fp, fn = overlaps.counts(self.iou_threshold)
        return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0
