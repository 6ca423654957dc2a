"""AJI: pixels of true objects that their best prediction got right, over all pixels that count."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..data import Overlaps
from ._aggregated import aggregated
from ._metric import Metric, metric_kind


@metric_kind
class AJI(Metric):
    """Aggregated Jaccard index: sum of |T and P| / (sum of |T or P| + U); 0 to 1, higher is better.

    The sums go over all true objects T; P is the predicted object with the largest IoU (of equals the one with the
    lowest id), none if nothing overlaps T. U is the area of the predicted objects that are nobody's P. No IoU
    threshold, and one prediction may be the P of several true objects: a merged object enters the divisor once for
    each, which punishes it hard; AJI+ takes every prediction once. Large objects weigh more than small ones.
    Both images empty: 1; one empty: 0.
    Source: Kumar et al. 2017, IEEE Transactions on Medical Imaging 36:1550, doi:10.1109/TMI.2017.2677499.
    """

    long_name: ClassVar[str] = "AJI"

    def of(self, overlaps: Overlaps) -> float:
        """The AJI of one image."""
        return aggregated(overlaps, _best_pairs(overlaps))


def _best_pairs(overlaps: Overlaps) -> NDArray[np.int64]:
    """For each true object that overlaps any prediction the pair with the largest IoU."""
    order = np.lexsort((overlaps.columns, -overlaps.iou, overlaps.rows))
    _, first = np.unique(overlaps.rows[order], return_index=True)
    return np.asarray(order[first], np.int64)
