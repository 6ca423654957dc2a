"""Dice: how well foreground and background are told apart, whatever the objects."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._metric import Metric, metric_kind


@metric_kind
class Dice(Metric):
    """2 |T and P| / (|T| + |P|), T and P the pixels of all true and all predicted objects; 0 to 1, higher is better.

    No objects are matched, so merged and split ones cost nothing: a model with a good Dice and a poor DSB score
    finds the foreground and cannot part touching objects. Both images empty: 1; one empty: 0.
    Source: Dice 1945, Ecology 26:297, doi:10.2307/1932409.
    """

    long_name: ClassVar[str] = "Dice (foreground)"

    def of(self, overlaps: Overlaps) -> float:
        """The Dice coefficient of one image."""
        pixels = overlaps.truth_areas.sum() + overlaps.pred_areas.sum()
        return float(2 * overlaps.shared.sum() / pixels) if pixels else 1.0
