"""Recall: the share of the true objects that are found."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class Recall(Metric):
    """TP / (TP + FN), the share of the true objects that are found; 0 to 1, higher is better.

    A match needs an IoU strictly above `iou_threshold`; below 0.5 objects are matched one to one so that as many
    as possible have a partner. Both images empty: 1; one empty: 0. False positives do not count, so it can be told
    where only some objects were annotated; elsewhere read it beside a metric in which they do.
    Source: Caicedo et al. 2019, Cytometry A 95:952, doi:10.1002/cyto.a.23863.
    """

    long_name: ClassVar[str] = "recall"
    iou_threshold: float = Field(0.5, ge=0, lt=1)

    def of(self, overlaps: Overlaps) -> float:
        """The recall of one image."""
        if not len(overlaps.truth_ids):
            return float(not len(overlaps.pred_ids))
        return overlaps.true_positives(self.iou_threshold) / len(overlaps.truth_ids)
