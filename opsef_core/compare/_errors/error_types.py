"""What went wrong with each object: found, missed, invented, split or merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import Overlaps

TYPES = ("found", "missed", "split", "merged", "invented")
OF_TWO, OF_MANY = 0.30, 0.15  # of the whole that a part holds at least

Ids = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class ErrorTypes:
    """The type of every object of a pair of label images, and who is whose partner.

    Attributes:
        truth: a type for each of `Overlaps.truth_ids`: found, missed, split, merged.
        pred: a type for each of `Overlaps.pred_ids`: found, invented, split, merged.
        rows, columns: indices into both of each pair of partners: a match, a whole and its part.
    """

    truth: NDArray[Any]
    pred: NDArray[Any]
    rows: Ids
    columns: Ids

    def counts(self) -> dict[str, int]:
        """Number of true objects that were found, missed, split, merged, and of predicted ones that were invented.

        The first four add up to all true objects.
        """
        of = {kind: int((self.truth == kind).sum()) for kind in TYPES[:-1]}
        return {**of, "invented": int((self.pred == "invented").sum())}


def error_types(overlaps: Overlaps) -> ErrorTypes:
    """Give every true and every predicted object exactly one type.

    In this order:

    1. found: a true and a predicted object match, IoU strictly above 0.5. They take no further part.
    2. A true object is torn if two of the predicted objects that are left hold 30 % of it each, or three or more
       15 % each; failing both, if three or more lie in it with more than half of their own pixels and together hold
       more than half of it. A predicted object joins true ones by the same rules, with the roles exchanged.
    3. A torn true object is split; one that is not torn but was joined with others is merged; all others are missed.
       A predicted object that joins is merged; one that does not but is part of a torn object is split; all others
       are invented.

    So what happened to an object itself comes before what it is a part of: in a chain, where a part of a torn object
    also joins, each object has the type of its own error. Exchanging truth and prediction exchanges missed and
    invented, split and merged. A missed object may well overlap something: too little to match, not torn, not joined.

    Source of the 30 % and 15 %: Hollandi et al. 2020, Cell Systems 10:453, doi:10.1016/j.cels.2020.04.003. Ours are
    the order, what is said of chains, which the paper leaves open, and the rule of the half: a clump of eight has parts
    of 12 % each, and without it would be eight missed objects and an invented one.
    """
    rows, columns, shared = overlaps.rows, overlaps.columns, overlaps.shared
    match = overlaps.iou > 0.5
    truth = np.full(len(overlaps.truth_ids), "missed", object)
    pred = np.full(len(overlaps.pred_ids), "invented", object)
    truth[rows[match]] = pred[columns[match]] = "found"
    left = (truth[rows] != "found") & (pred[columns] != "found")
    of_truth, of_pred = shared / overlaps.truth_areas[rows], shared / overlaps.pred_areas[columns]
    torn = _parts(rows, of_truth, of_pred, left)
    joined = _parts(columns, of_pred, of_truth, left)
    truth[rows[joined]], pred[columns[torn]] = "merged", "split"
    truth[rows[torn]], pred[columns[joined]] = "split", "merged"
    partners = match | torn | joined
    return ErrorTypes(truth, pred, rows[partners], columns[partners])


def _parts(wholes: Ids, of_whole: Numbers, of_part: Numbers, left: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each pair whether it is one of the parts into which its whole is torn.

    Args:
        wholes: index of the whole of each pair.
        of_whole: share of the whole that the pair has in common.
        of_part: the same of the part.
        left: pairs that nobody has matched.
    """
    if not len(wholes):
        return left
    large, small = left & (of_whole >= OF_TWO), left & (of_whole >= OF_MANY)
    inside = left & (of_part > 0.5)
    many = (np.bincount(wholes, small) > 2)[wholes]
    two = (np.bincount(wholes, large) == 2)[wholes] & ~many
    half = ((np.bincount(wholes, inside) > 2) & (np.bincount(wholes, of_whole * inside) > 0.5))[wholes]
    parts: NDArray[np.bool_] = (small & many) | (large & two) | (inside & half & ~many & ~two)
    return parts
