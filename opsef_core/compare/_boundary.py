"""Distances between outlines as a share of the object's size, and the table of them in pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Overlaps


def relative_error(overlaps: Overlaps, distance_px: NDArray[np.float64]) -> float:
    """Mean over the matches of distance / diameter of the true object, at most 1 each; the contract's error.

    Args:
        overlaps: of truth and prediction.
        distance_px: one number a match, in the order of `overlaps.matches`.

    Returns:
        0 if both images are empty, 1 if there is no match.
    """
    if not len(overlaps.matches):
        return float(len(overlaps.truth_ids) > 0 or len(overlaps.pred_ids) > 0)
    return float(np.minimum(distance_px / _diameters_px(overlaps), 1).mean())


def boundary_table(overlaps: Overlaps) -> pd.DataFrame:
    """How far the outlines of matched objects (IoU > 0.5) lie apart, in pixels.

    Times `spacing_um` it is in micrometres, if pixels are squares (voxels cubes).

    Returns:
        One row a match: `truth_id`, `pred_id`, `iou`, `diameter_px` (of the circle, in a stack of the ball, as large as
        the true object), `mean_px` and `p95_px` (mean and 95th percentile of the symmetric distance; see
        `boundary_error`).
    """
    found = overlaps.outline_distances
    columns: dict[str, Any] = {
        "truth_id": found.truth_ids,
        "pred_id": found.pred_ids,
        "iou": overlaps.iou[overlaps.matches],
        "diameter_px": _diameters_px(overlaps),
        "mean_px": found.mean_px,
        "p95_px": found.p95_px,
    }
    return pd.DataFrame(columns)


def _diameters_px(overlaps: Overlaps) -> NDArray[np.float64]:
    """Diameter of a circle (ball) as large as the true object of each match."""
    area: NDArray[np.float64] = overlaps.truth_areas[overlaps.rows[overlaps.matches]].astype(float)
    axes = sum(n > 1 for n in overlaps.truth.shape)  # a stack of one plane is flat
    if axes <= 1:
        return area
    return np.asarray(2 * np.sqrt(area / np.pi) if axes == 2 else np.cbrt(6 * area / np.pi), np.float64)
