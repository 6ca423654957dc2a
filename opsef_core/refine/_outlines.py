"""Pixels <-> outlines, exact: corners lie on pixel corners, and a pixel is inside when its centre is.

A loop is an (n, 2) array of x, y in pixels; (0, 0) is the outer corner of the first pixel. A pixel belongs to a set of
loops when its centre lies in an odd number of them, so holes need no mark. Centres on an outline: left and upper
edges are inside, right and lower ones are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BadLabels

Loop = NDArray[Any]
Mask = NDArray[np.bool_]
FARTHEST_PX = 1e9  # no image reaches there; what lies beyond is moved to it
MOST_CROSSINGS = 50_000_000  # of an outline with the rows of an image; no drawn one comes near


class Filled(NamedTuple):
    """The pixels inside of loops: an (h, w) mask, the row and column of its first pixel, of size 0 if there are none.

    `twice`: whether a single loop winds around pixels more than once, which then may be outside.
    """

    inside: Mask
    top: int
    left: int
    twice: bool


NOTHING = Filled(np.zeros((0, 0), bool), 0, 0, False)


def outlines(ids: NDArray[Any]) -> dict[int, list[NDArray[np.int32]]]:
    """Closed loops along the pixel edges of every object, by id, inside to the right.

    Pixels that touch at a corner only get loops of their own, so no loop crosses itself; holes run the other way.

    Args:
        ids: (Y, X) label image.
    """
    wide = ids.shape[1] + 2
    flat = np.pad(ids, 1).ravel()
    ahead = np.array([1, wide, -1, -wide])  # of headings east, south, west, north
    keys = np.sort(np.concatenate([*_edges(flat, wide, upper=0), *_edges(flat, 1, upper=3)]))
    if not len(keys):
        return {}
    pixel, heading = np.divmod(keys, 4)
    own = flat[pixel]
    straight = pixel + ahead[heading]
    left = straight - ahead[(heading + 1) % 4]
    right_turn, left_turn = flat[straight] != own, (flat[straight] == own) & (flat[left] == own)
    following = np.where(
        right_turn,
        pixel * 4 + (heading + 1) % 4,
        np.where(left_turn, left * 4 + (heading + 3) % 4, straight * 4 + heading),
    )
    successor = np.searchsorted(keys, following)
    order, ends = _walks(successor.tolist())
    corner = np.zeros(len(keys), bool)
    corner[successor] = right_turn | left_turn
    y, x = np.divmod(pixel, wide)
    starts_x, starts_y = np.array([-1, 0, 0, -1]), np.array([-1, -1, 0, 0])  # of an edge, seen from its padded pixel
    points = np.stack([x + starts_x[heading], y + starts_y[heading]], axis=1).astype(np.int32)
    kept = corner[order]
    points, until = points[order][kept], np.cumsum(kept)[ends - 1]
    loops: dict[int, list[NDArray[np.int32]]] = {}
    for number, begin, end in zip(
        own[order][ends - 1].tolist(), [0, *until[:-1].tolist()], until.tolist(), strict=True
    ):
        loops.setdefault(number, []).append(points[begin:end])
    return loops


def _edges(flat: NDArray[Any], step: int, upper: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys (4 x pixel + heading) of the edges between pixels this step apart: of the later pixel, of the earlier one.

    Args:
        flat: the padded label image.
        step: to the next pixel of a row, or of a column.
        upper: heading of the edge that lies before its pixel; the opposite one lies after.
    """
    before = np.flatnonzero(flat[:-step] != flat[step:])
    after = before + step
    return after[flat[after] != 0] * 4 + upper, before[flat[before] != 0] * 4 + (upper + 2) % 4


def _walks(successor: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All cycles one after the other, each from its smallest member, and where each ends."""
    order: list[int] = []
    ends: list[int] = []
    seen = bytearray(len(successor))
    for start in range(len(successor)):
        at = start
        if not seen[at]:
            while not seen[at]:
                seen[at] = 1
                order.append(at)
                at = successor[at]
            ends.append(len(order))
    return np.array(order, np.int64), np.array(ends, np.int64)


def filled(loops: Sequence[Loop], height: int, width: int) -> Filled:
    """The pixels inside of closed loops, cut to an image of this size.

    Raises:
        BadLabels: coordinates that are no numbers, or far too many of them.
    """
    loops = [np.asarray(loop, np.float64).reshape(-1, 2) for loop in loops if len(loop)]
    if not loops:
        return NOTHING
    start, end = np.concatenate(loops), np.concatenate([np.roll(loop, -1, axis=0) for loop in loops])
    if not np.isfinite(start).all():
        raise BadLabels("its outline has coordinates that are no numbers")
    start, end = np.clip(start, -FARTHEST_PX, FARTHEST_PX), np.clip(end, -FARTHEST_PX, FARTHEST_PX)
    low, high = (
        np.clip(np.ceil(f(start[:, 1], end[:, 1]) - 0.5), 0, height).astype(np.int64) for f in (np.minimum, np.maximum)
    )
    crossed = high - low
    if not (total := int(crossed.sum())):
        return NOTHING
    if total > MOST_CROSSINGS:
        raise BadLabels(f"its outline crosses the rows of the image {total} times; simplify it")
    edge = np.repeat(np.arange(len(crossed)), crossed)
    row = low[edge] + np.arange(total) - np.repeat(np.cumsum(crossed) - crossed, crossed)
    down = start[:, 1] < end[:, 1]
    (x0, y0), (x1, y1) = np.where(down[:, None], start, end)[edge].T, np.where(down[:, None], end, start)[edge].T
    x = x0 + (row + 0.5 - y0) / (y1 - y0) * (x1 - x0)  # the same number whichever way an edge is run through
    column = np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
    top, left = int(row.min()), int(column.min())
    rows, columns = int(row.max()) - top + 1, int(column.max()) - left
    where = (row - top) * (columns + 1) + column - left
    crossings = np.bincount(where, minlength=rows * (columns + 1)).astype(np.uint8) & 1
    inside = np.bitwise_xor.accumulate(crossings.reshape(rows, columns + 1), axis=1)[:, :columns].astype(bool)
    twice = False
    if len(loops) == 1:
        signs = np.bincount(where, weights=np.where(down[edge], 1.0, -1.0), minlength=rows * (columns + 1))
        winding = np.cumsum(signs.reshape(rows, columns + 1), axis=1)[:, :columns]
        twice = bool(np.abs(winding).max(initial=0) > 1)
    return Filled(inside, top, left, twice)


def area(loop: Loop) -> float:
    """Signed area of a loop in pixels: positive for an outer loop of `outlines`, negative for a hole."""
    x, y = np.asarray(loop, np.float64).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)
