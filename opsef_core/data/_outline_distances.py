"""How far apart the outlines of matched objects lie: all pairs of an image at once.

An outline is the pixels of an object that touch something else over a side (in a stack over a face). Beyond the border
of the image is something else; only an axis of a single pixel has no sides. The distance of an outline pixel is that to
the nearest outline pixel of the partner, centre to centre, in pixels; the voxels of a stack count as cubes.

Outlines of objects that match lie within a few pixels of each other nearly everywhere. So each outline pixel looks for
its partner's outline in shells of growing distance, all pixels of the image together; only the few that find nothing
within `REACH_PX` are left to a search tree. The result is exact, and costs what the outlines are long.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

REACH_PX = 4
Ids = NDArray[np.int64]
Numbers = NDArray[np.float64]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class OutlineDistances:
    """Distances between the outlines of matched objects, both ways pooled; one entry a match.

    Attributes:
        truth_ids, pred_ids: the objects of each match.
        mean_px: mean over the pixels of both outlines of the distance to the other outline.
        p95_px: 95th percentile of the same distances, interpolated between neighbours in rank.
    """

    truth_ids: Ids
    pred_ids: Ids
    mean_px: Numbers
    p95_px: Numbers


@dataclass(frozen=True)
class _Outlines:
    """Outline pixels of the matched objects of one image, on a canvas with an empty margin of `REACH_PX`.

    Attributes:
        places: of the pixels, in the flat canvas.
        matches: number of the match each pixel belongs to, from 1.
        canvas: flat; the number of the match at its outline pixels, 0 elsewhere.
    """

    places: Ids
    matches: NDArray[np.int32]
    canvas: NDArray[np.int32]


def outline_distances(truth: NDArray[Any], prediction: NDArray[Any], truth_ids: Ids, pred_ids: Ids) -> OutlineDistances:
    """Measure matched objects of two label images of one shape.

    Args:
        truth: (Y, X) or (Z, Y, X) label image of any integer type.
        prediction: the same.
        truth_ids: of the true object of each match; no id twice.
        pred_ids: of the predicted one.
    """
    count = len(truth_ids)
    if not count:
        return OutlineDistances(truth_ids, pred_ids, np.zeros(0), np.zeros(0))
    shape = tuple(n + 2 * REACH_PX for n in truth.shape)
    a, b = _outlines(truth, truth_ids, shape), _outlines(prediction, pred_ids, shape)
    matches = np.concatenate([a.matches, b.matches]) - 1
    squared = np.concatenate([_nearest(a, b, shape), _nearest(b, a, shape)])
    return OutlineDistances(truth_ids, pred_ids, *_mean_and_percentile(matches, squared, 0.95, count))


def is_outline(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels of objects that touch another value, or the border of the image, over a side."""
    edge = np.zeros(labels.shape, bool)
    for axis in [axis for axis, n in enumerate(labels.shape) if n > 1] or [0]:
        line, along = np.moveaxis(labels, axis, 0), np.moveaxis(edge, axis, 0)
        differs = line[1:] != line[:-1]
        along[1:] |= differs
        along[:-1] |= differs
        along[:1] = along[-1:] = True
    edge &= labels != 0
    return edge


def _outlines(labels: NDArray[Any], ids: Ids, shape: Shape) -> _Outlines:
    inside = np.flatnonzero(is_outline(labels))
    matches = _numbers(labels.ravel()[inside], ids)
    inside, matches = inside[matches > 0], matches[matches > 0]
    places = _moved(inside, labels.shape, shape)
    canvas = np.zeros(int(np.prod(shape)), np.int32)
    canvas[places] = matches
    return _Outlines(places, matches, canvas)


def _moved(inside: Ids, small: Shape, large: Shape) -> Ids:
    """Places in a flat image as places in the flat canvas (ten times faster than numpy's ravel_multi_index)."""
    places = np.zeros(len(inside), np.int64)
    for axis in range(len(small)):
        stride = int(np.prod(small[axis + 1 :]))
        along = inside // stride
        inside = inside - along * stride
        places += (along + REACH_PX) * int(np.prod(large[axis + 1 :]))
    return places


def _numbers(values: NDArray[Any], ids: Ids) -> NDArray[np.int32]:
    """1 + the place of each value among the ids, 0 if it is not there."""
    order = np.argsort(ids)
    top = int(ids[order[-1]])
    if top <= 16 * values.size + 65536:  # looking up needs no search
        table = np.zeros(top + 1, np.int32)
        table[ids] = np.arange(1, len(ids) + 1)
        return np.where(values <= top, table[np.minimum(values, top).astype(np.intp, copy=False)], 0)
    place = np.minimum(np.searchsorted(ids, values, sorter=order), len(ids) - 1)
    return np.where(ids[order[place]] == values, order[place] + 1, 0).astype(np.int32)


def _shells(shape: Shape) -> list[tuple[int, Ids]]:
    """(squared distance, steps of that length in the flat canvas), from 0 to `REACH_PX`, nearest first."""
    steps = np.array(list(product(range(-REACH_PX, REACH_PX + 1), repeat=len(shape))))
    strides = np.cumprod([1, *shape[:0:-1]])[::-1]
    squared, flat = (steps**2).sum(1), (steps * strides).sum(1)
    return [(int(s), flat[squared == s]) for s in np.unique(squared) if s <= REACH_PX**2]


def _nearest(of: _Outlines, to: _Outlines, shape: Shape) -> Ids:
    """Squared distance of each outline pixel of one image to the partner's outline in the other."""
    found = np.zeros(len(of.places), np.int64)
    left, places, matches = np.arange(len(of.places)), of.places, of.matches
    for squared, steps in _shells(shape):
        hit = to.canvas[places + steps[0]] == matches
        for step in steps[1:]:
            hit |= to.canvas[places + step] == matches
        found[left[hit]] = squared
        miss = np.flatnonzero(~hit)
        left, places, matches = left[miss], places[miss], matches[miss]
        if not len(left):
            return found
    found[left] = _far(places, matches, to, shape)
    return found


def _far(places: Ids, matches: NDArray[np.int32], to: _Outlines, shape: Shape) -> Ids:
    """The same by a search tree, in which one more axis keeps the matches apart."""
    from scipy.spatial import cKDTree

    apart = 2 * sum(shape)  # more than any distance within the image
    asked = np.zeros(int(max(matches.max(), to.matches.max())) + 1, bool)
    asked[matches] = True
    there = asked[to.matches]
    tree = cKDTree(np.transpose([apart * to.matches[there].astype(float), *np.unravel_index(to.places[there], shape)]))
    distance, _ = tree.query(np.transpose([apart * matches.astype(float), *np.unravel_index(places, shape)]))
    return np.asarray(np.rint(distance**2), np.int64)


def _mean_and_percentile(groups: NDArray[np.int32], squared: Ids, share: float, count: int) -> tuple[Numbers, Numbers]:
    """Mean and percentile (interpolated as numpy does it) of the distances of each group; no group is empty.

    Distances within `REACH_PX` have few values, so they are counted; only what lies farther has to be sorted.
    """
    width = REACH_PX**2 + 1
    near = squared < width
    counts = np.bincount((groups * width + squared)[near], minlength=count * width).reshape(count, width)
    far = np.flatnonzero(~near)
    far = far[np.lexsort((squared[far], groups[far]))]
    length = np.sqrt(np.arange(width))
    sizes = np.bincount(groups, minlength=count)
    mean = (counts @ length + np.bincount(groups[far], np.sqrt(squared[far]), count)) / sizes
    upto = counts.cumsum(1)
    first_far = np.searchsorted(groups[far], np.arange(count)) - upto[:, -1]

    def ranked(rank: Ids) -> Numbers:
        """The distance of that rank, from 0, in each group."""
        found = np.minimum((upto <= rank[:, None]).sum(1), width - 1)
        beyond = rank >= upto[:, -1]
        value: Numbers = length[found]
        value[beyond] = np.sqrt(squared[far[(first_far + rank)[beyond]]])
        return value

    rank = share * (sizes - 1)
    below = np.floor(rank).astype(np.int64)
    low, high = ranked(below), ranked(np.minimum(below + 1, sizes - 1))
    return mean, low + (rank - below) * (high - low)
