"""Cost against quality: which grid points nobody beats in both."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto_front(merit: ArrayLike, cost: ArrayLike) -> NDArray[np.bool_]:
    """Which points lie on the Pareto front: no other is as good and as cheap, and better in one of the two.

    Args:
        merit: (n,) numbers, larger is better.
        cost: (n,) numbers, smaller is better, say seconds.

    Returns:
        (n,) bool; a point of which either number is NaN is not on the front.
    """
    good, paid = np.asarray(merit, float), np.asarray(cost, float)
    as_good = good[None, :] >= good[:, None]  # of row i: is column j as good?
    as_cheap = paid[None, :] <= paid[:, None]
    really = (good[None, :] > good[:, None]) | (paid[None, :] < paid[:, None])
    beaten = (as_good & as_cheap & really).any(axis=1)
    return np.asarray(~beaten & ~np.isnan(good) & ~np.isnan(paid))
