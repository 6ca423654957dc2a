"""SEG: how well the true objects are covered, as the Cell Tracking Challenge scores it."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class SEG(Metric):
    """Mean over all true objects of the IoU with the predicted object that covers it; 0 to 1, higher is better.

    No IoU rule: a prediction covers a true object if it holds strictly more than half of its pixels; so none or one
    does, and where none does the object counts 0. One prediction may cover several true objects. Both images empty: 1;
    one empty: 0. Objects that are none do not count, so it never stands alone.
    Source: Maška et al. 2014, Bioinformatics 30:1609, doi:10.1093/bioinformatics/btu080.
    """

    long_name: ClassVar[str] = "SEG"

    def of(self, overlaps: Overlaps) -> float:
        """The SEG of one image."""
        if not len(overlaps.truth_ids):
            return float(not len(overlaps.pred_ids))
        covers = 2 * overlaps.shared > overlaps.truth_areas[overlaps.rows]
        return float(overlaps.iou[covers].sum() / len(overlaps.truth_ids))
