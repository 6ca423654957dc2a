"""Instances of several views of one image become one label image: what most views saw, drawn as most drew it."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data import overlaps

Ids = NDArray[np.int32]


class Seen(NamedTuple):
    """The instances of one view, turned back: ids 1 to n without gaps, and the score of each."""

    labels: Ids
    scores: NDArray[np.float64]


def seen(labels: NDArray[Any], table: pd.DataFrame | None) -> Seen:
    """Number instances without gaps; an instance without a score counts 1."""
    ids, places = np.unique(labels, return_inverse=True)
    first = int(ids.size > 0 and ids[0] == 0)
    scores = np.ones(len(ids) - first)
    if table is not None and "score" in table:
        scores = table["score"].reindex(ids[first:]).fillna(1.0).to_numpy(float)
    return Seen((places.reshape(labels.shape) + 1 - first).astype(np.int32), scores)


def vote(views: list[Seen], match_iou: float, presence: float) -> tuple[Ids, pd.DataFrame]:
    """Merge the instances of all views.

    Two instances of different views are the same object if their IoU is above `match_iou` (at 0.5 and more each has at
    most one partner in every other view). Groups are formed around the instances with most partners; a group of at
    least `presence` of all views is kept. A pixel belongs to an object if more than half of the group has it; where
    objects meet, the one with more votes, then the higher score, wins. The result does not depend on the views' order.

    Returns:
        (Y, X) int32 instances, and a table: `score` (mean score times the part of the views that saw it), `votes`.
    """
    from scipy.ndimage import find_objects

    first = np.cumsum([0, *(len(v.scores) for v in views)])
    scores = np.concatenate([v.scores for v in views])
    boxes = [box for v in views for box in find_objects(v.labels, len(v.scores))]
    partners, closeness = _partners(views, first, match_iou)
    of_view = np.repeat(np.arange(len(views)), np.diff(first))
    groups, used = [], np.zeros(len(scores), bool)
    for seed in _by_support(views, partners, closeness, boxes, of_view, first):
        group = [seed, *(int(p) for p in partners[seed] if p >= 0 and not used[p])]
        if not used[seed] and len(group) >= presence * len(views):
            used[group] = True
            groups.append(group)
    drawn = [_majority(views, group, boxes, of_view, first) for group in groups]
    rank = sorted(range(len(groups)), key=lambda g: (len(groups[g]), round(float(scores[groups[g]].mean()), 9)))
    labels = np.zeros(views[0].labels.shape, np.int32)
    for g in rank:  # the strongest last
        box, mask = drawn[g]
        labels[box][mask] = g + 1
    table = pd.DataFrame(
        {
            "score": [float(scores[g].mean()) * len(g) / len(views) for g in groups],
            "votes": [len(g) for g in groups],
        },
        index=pd.RangeIndex(1, len(groups) + 1, name="id"),
    )
    return labels, table[table.index.isin(np.unique(labels))]


def support(merged: Seen, views: list[Seen], match_iou: float) -> pd.DataFrame:
    """How many views saw each object of a result that was made otherwise: `score` (times their part) and `votes`."""
    votes = np.zeros(len(merged.scores), np.int64)
    for view in views:
        o = overlaps(merged.labels, view.labels)
        votes[o.truth_ids[o.rows[o.iou > match_iou]] - 1] += 1
    columns = {"score": merged.scores * votes / len(views), "votes": votes}
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(votes) + 1, name="id"))


def _partners(
    views: list[Seen], first: NDArray[np.int64], match_iou: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For every instance its partner in every view (-1: none), and the sum of its IoU with all partners."""
    partners = np.full((int(first[-1]), len(views)), -1, np.int64)
    closeness = np.zeros(len(partners))
    for a, b in combinations(range(len(views)), 2):
        o = overlaps(views[a].labels, views[b].labels)
        good = o.iou > match_iou
        one, other = first[a] + o.truth_ids[o.rows[good]] - 1, first[b] + o.pred_ids[o.columns[good]] - 1
        partners[one, b], partners[other, a] = other, one
        np.add.at(closeness, one, o.iou[good])
        np.add.at(closeness, other, o.iou[good])
    return partners, closeness


def _by_support(
    views: list[Seen],
    partners: NDArray[np.int64],
    closeness: NDArray[np.float64],
    boxes: list[Any],
    of_view: NDArray[np.int64],
    first: NDArray[np.int64],
) -> list[int]:
    """Instances, those with most partners first; ties are broken by the instance itself, never by its view."""

    def key(i: int) -> tuple[Any, ...]:
        rows, columns = boxes[i]
        own = views[of_view[i]].labels[boxes[i]] == i - first[of_view[i]] + 1
        place = (rows.start, columns.start, rows.stop, columns.stop)
        return (-int((partners[i] >= 0).sum()), -round(float(closeness[i]), 9), *place, own.tobytes())

    return sorted(range(len(partners)), key=key)


def _majority(
    views: list[Seen], group: list[int], boxes: list[Any], of_view: NDArray[np.int64], first: NDArray[np.int64]
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """The pixels more than half of a group has: the box around all members, and the mask in it."""
    box = tuple(slice(min(boxes[i][a].start for i in group), max(boxes[i][a].stop for i in group)) for a in (0, 1))
    count = sum((views[of_view[i]].labels[box] == i - first[of_view[i]] + 1).astype(np.int16) for i in group)
    return (box[0], box[1]), np.asarray(2 * count > len(group))
