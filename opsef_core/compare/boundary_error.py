"""Boundary error: how far the outlines of found objects lie from the true ones, on average."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._boundary import relative_error
from ._metric import Metric, metric_kind


@metric_kind
class BoundaryError(Metric):
    """Mean over all matches of the mean outline distance / diameter of the true object; 0 to 1, lower is better.

    The outline distance of a match is the average symmetric surface distance in pixels: over all pixels of both
    outlines the mean distance to the nearest pixel of the other outline. The diameter is that of the circle (in a
    stack: the ball) as large as the true object. A match needs an IoU strictly above 0.5. Both images empty: 0;
    one empty, or no match: 1; a single match counts 1 at most. Objects without a partner do not count, so read it
    beside F1.

    Pixels would have no worst value for a failed image to count as, and would not compare between magnifications, so
    the distance is a share of the diameter: 0.05 is one pixel on a nucleus of 20. `boundary_table` has the pixels.
    Source: Heimann et al. 2009, IEEE Transactions on Medical Imaging 28:1251, doi:10.1109/TMI.2009.2013851.
    """

    long_name: ClassVar[str] = "boundary error"
    higher_is_better: ClassVar[bool] = False

    def of(self, overlaps: Overlaps) -> float:
        """The boundary error of one image."""
        return relative_error(overlaps, overlaps.outline_distances.mean_px)
