"""Who overlaps whom: the sparse overlap table of two label images, computed once and shared by every metric."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

THRESHOLDS = tuple(np.round(np.arange(0.5, 1.0, 0.05), 2).tolist())


@dataclass(frozen=True)
class Overlaps:
    """Overlaps of truth and prediction, one entry a touching pair.

    Attributes:
        truth_ids, pred_ids: ids present in each image, ascending.
        truth_areas, pred_areas: their pixel counts.
        rows, columns: indices into `truth_ids` and `pred_ids` of each pair that shares pixels.
        shared: pixels each pair shares.
    """

    truth_ids: NDArray[np.int64]
    pred_ids: NDArray[np.int64]
    truth_areas: NDArray[np.int64]
    pred_areas: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    shared: NDArray[np.int64]

    @cached_property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair."""
        union = self.truth_areas[self.rows] + self.pred_areas[self.columns] - self.shared
        return self.shared / union

    def true_positives(self, threshold: float) -> int:
        """Number of one-to-one matches with IoU strictly above `threshold`.

        Above 0.5 an object can have only one such partner, so pairs need only be counted; below, the largest
        number of matches is found by assignment.
        """
        good = self.iou > threshold
        if threshold >= 0.5 or not good.any():
            return int(good.sum())
        cost = np.zeros((len(self.truth_ids), len(self.pred_ids)))
        cost[self.rows[good], self.columns[good]] = -1.0 - self.iou[good] / (2 * len(self.iou))
        rows, columns = linear_sum_assignment(cost)
        return int((cost[rows, columns] < 0).sum())

    def counts(self, threshold: float) -> tuple[int, int, int]:
        """(true positives, false positives, false negatives) at one IoU threshold."""
        tp = self.true_positives(threshold)
        return tp, len(self.pred_ids) - tp, len(self.truth_ids) - tp


def overlaps(truth: NDArray[Any], prediction: NDArray[Any]) -> Overlaps:
    """Count shared pixels of two label images of the same shape, any integer type, 0 = background."""
    truth_ids, t = np.unique(truth, return_inverse=True)
    pred_ids, p = np.unique(prediction, return_inverse=True)
    width = len(pred_ids)
    pairs, shared = np.unique(t.ravel().astype(np.int64) * width + p.ravel(), return_counts=True)
    rows, columns = pairs // width, pairs % width
    truth_areas = np.bincount(rows, shared, len(truth_ids)).astype(np.int64)
    pred_areas = np.bincount(columns, shared, width).astype(np.int64)
    # Leave the background out; it comes first where it exists.
    t0, p0 = int(truth_ids[0] == 0) if truth_ids.size else 0, int(pred_ids[0] == 0) if width else 0
    real = (rows >= t0) & (columns >= p0)
    return Overlaps(
        truth_ids[t0:].astype(np.int64),
        pred_ids[p0:].astype(np.int64),
        truth_areas[t0:],
        pred_areas[p0:],
        rows[real] - t0,
        columns[real] - p0,
        shared[real],
    )
