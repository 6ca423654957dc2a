"""Boundary error, 95th percentile: how far outlines of found objects lie from the true ones where they are worst."""

from __future__ import annotations

from typing import ClassVar

from ..data import Overlaps
from ._boundary import relative_error
from ._metric import Metric, metric_kind


@metric_kind
class BoundaryP95Error(Metric):
    """Mean over all matches of the 95th percentile of outline distances / diameter; 0 to 1, lower is better.

    Distances and diameter are those of `boundary_error`, in place of their mean stands the 95th percentile (of both
    outlines' pixels together, known as HD95): the Hausdorff distance without the last twentieth, in which a single
    stray pixel decides. A match needs an IoU strictly above 0.5. Both images empty: 0; one empty, or no match: 1;
    a single match counts 1 at most. Objects without a partner do not count. `boundary_table` has the pixels.
    Source: Huttenlocher et al. 1993, IEEE Transactions on Pattern Analysis and Machine Intelligence 15:850,
    doi:10.1109/34.232073; the percentile as in Maier-Hein et al. 2024, Nature Methods 21:195,
    doi:10.1038/s41592-023-02151-z.
    """

    long_name: ClassVar[str] = "boundary error (95 %)"
    higher_is_better: ClassVar[bool] = False

    def of(self, overlaps: Overlaps) -> float:
        """The boundary error of one image."""
        return relative_error(overlaps, overlaps.outline_distances.p95_px)
