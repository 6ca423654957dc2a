"""Who overlaps whom: the sparse overlap table of two label images, computed once and shared by every metric."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadLabels
from ._outline_distances import OutlineDistances, outline_distances

THRESHOLDS = tuple(np.round(np.arange(0.5, 1.0, 0.05), 2).tolist())
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Overlaps:
    """Overlaps of truth and prediction, one entry a touching pair.

    Attributes:
        truth_ids, pred_ids: ids present in each image, ascending.
        truth_areas, pred_areas: their pixel counts.
        rows, columns: indices into `truth_ids` and `pred_ids` of each pair that shares pixels.
        shared: pixels each pair shares.
        truth, prediction: the two label images themselves, not copied.
    """

    truth_ids: Ids
    pred_ids: Ids
    truth_areas: Ids
    pred_areas: Ids
    rows: Ids
    columns: Ids
    shared: Ids
    truth: NDArray[Any] = field(repr=False)
    prediction: NDArray[Any] = field(repr=False)

    @cached_property
    def union(self) -> Ids:
        """Pixels that lie in either object of each pair."""
        return self.truth_areas[self.rows] + self.pred_areas[self.columns] - self.shared

    @cached_property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair."""
        return self.shared / self.union

    @cached_property
    def matches(self) -> Ids:
        """Which pairs have an IoU strictly above 0.5: an object has one such partner at most."""
        return np.flatnonzero(self.iou > 0.5)

    @cached_property
    def outline_distances(self) -> OutlineDistances:
        """How far apart the outlines of the `matches` lie, in their order."""
        found = self.truth_ids[self.rows[self.matches]], self.pred_ids[self.columns[self.matches]]
        return outline_distances(self.truth, self.prediction, *found)

    def true_positives(self, threshold: float) -> int:
        """Number of one-to-one matches with IoU strictly above `threshold`.

        Above 0.5 an object can have only one such partner, so pairs need only be counted; below, the largest
        possible number of one-to-one matches is found (Hopcroft and Karp 1973).
        """
        good = self.iou > threshold
        if threshold >= 0.5 or not good.any():
            return int(good.sum())
        shape = (len(self.truth_ids), len(self.pred_ids))
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import maximum_bipartite_matching

        graph = coo_array((good[good], (self.rows[good], self.columns[good])), shape=shape).tocsr()
        return int((maximum_bipartite_matching(graph) >= 0).sum())

    def counts(self, threshold: float) -> tuple[int, int, int]:
        """(true positives, false positives, false negatives) at one IoU threshold."""
        tp = self.true_positives(threshold)
        return tp, len(self.pred_ids) - tp, len(self.truth_ids) - tp

    def precision(self, threshold: float) -> float:
        """TP / (TP + FP + FN) at one IoU threshold; 1 if there is nothing and nothing was found."""
        tp, fp, fn = self.counts(threshold)
        return tp / (tp + fp + fn) if tp + fp + fn else 1.0

    @property
    def dsb_score(self) -> float:
        """Mean of `precision` over the IoU thresholds 0.50, 0.55, ..., 0.95 (Caicedo et al. 2019)."""
        return sum(map(self.precision, THRESHOLDS)) / len(THRESHOLDS)


def overlaps(truth: NDArray[Any], prediction: NDArray[Any]) -> Overlaps:
    """Count shared pixels of two label images of the same shape, any integer type, 0 = background.

    Pixels are first joined into runs of equal pairs along the last axis, so the time grows with the length of the
    outlines rather than with the area, and ids may be as large as they like.

    Raises:
        BadLabels: the shapes differ, or the numbers are no ids.
    """
    if truth.shape != prediction.shape:
        raise BadLabels(
            f"Labels of shape {prediction.shape} cannot be compared with a truth of shape {truth.shape}; "
            "both must be on the same pixel grid."
        )
    t, p, lengths = _runs(truth.ravel(), prediction.ravel())
    truth_ids, t, truth_areas = _census(_ids("The truth", t), lengths)
    pred_ids, p, pred_areas = _census(_ids("The prediction", p), lengths)
    both = (t >= 0) & (p >= 0)
    shape = (len(truth_ids), len(pred_ids))
    from scipy.sparse import coo_array

    table = coo_array((lengths[both], (t[both], p[both])), shape=shape).tocsr().tocoo()  # sums what is there twice
    rows, columns = (table.coords[i].astype(np.int64) for i in (0, 1))
    return Overlaps(truth_ids, pred_ids, truth_areas, pred_areas, rows, columns, table.data, truth, prediction)


def _runs(t: NDArray[Any], p: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], Ids]:
    """Runs of equal pairs with some foreground: both values, and the length in pixels."""
    changes = np.flatnonzero((t[1:] != t[:-1]) | (p[1:] != p[:-1])) + 1
    starts = np.concatenate([[0], changes]) if t.size else changes
    lengths = np.diff(starts, append=t.size)
    t, p = t[starts], p[starts]
    real = (t != 0) | (p != 0)
    return t[real], p[real], lengths[real].astype(np.int64)


def _ids(whose: str, values: NDArray[Any]) -> Ids:
    """Check that numbers can be ids."""
    if values.dtype.kind not in "bui":
        raise BadLabels(f"{whose} has numbers of type {values.dtype}; ids are whole numbers, 0 is background.")
    ids = values.astype(np.int64, copy=False)
    if ids.size and int(ids.min()) < 0:
        raise BadLabels(f"{whose} has the negative id {int(ids.min())}; ids are positive, 0 is background.")
    return ids


def _census(values: Ids, lengths: Ids) -> tuple[Ids, Ids, Ids]:
    """The ids above 0, ascending; the place of each value among them (-1: background); their areas."""
    if values.size and int(values.max()) <= 16 * values.size + 65536:  # counting needs no sorting
        areas = np.bincount(values, lengths).astype(np.int64)
        areas[0] = 0
        ids = np.flatnonzero(areas)
        places = np.full(len(areas), -1, np.int64)
        places[ids] = np.arange(len(ids))
        return ids, places[values], areas[ids]
    ids, found = np.unique(values, return_inverse=True)
    areas = np.bincount(found, lengths, len(ids)).astype(np.int64)
    first = int(ids.size > 0 and ids[0] == 0)
    return ids[first:].astype(np.int64), found.astype(np.int64) - first, areas[first:]
