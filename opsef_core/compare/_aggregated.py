"""Pixels shared by chosen pairs of objects, over the pixels of all objects: the quotient of the AJI and of AJI+."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data import Overlaps


def aggregated(overlaps: Overlaps, pairs: NDArray[np.int64]) -> float:
    """Sum of the intersections of the pairs / (sum of their unions + areas of the objects in no pair).

    Args:
        overlaps: of truth and prediction.
        pairs: indices of the pairs that count.

    Returns:
        0 to 1; 1 if there are no objects at all.
    """
    alone = np.delete(overlaps.truth_areas, overlaps.rows[pairs]).sum()
    alone += np.delete(overlaps.pred_areas, np.unique(overlaps.columns[pairs])).sum()
    whole = overlaps.union[pairs].sum() + alone
    return float(overlaps.shared[pairs].sum() / whole) if whole else 1.0
