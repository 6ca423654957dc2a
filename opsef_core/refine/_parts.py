"""The loops of an object as polygons: an outer loop each, with the holes that lie in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ._outlines import area, filled

Ring = NDArray[np.int32]


def polygons(loops: Sequence[Ring]) -> list[list[Ring]]:
    """Loops from `outlines` as polygons, each a list of its outer loop and its holes."""
    outer = [loop for loop in loops if area(loop) > 0]
    found = {n: [loop] for n, loop in enumerate(outer)}
    for hole in loops:
        if area(hole) < 0:
            found[_owner(hole, outer)].append(hole)
    return list(found.values())


def chained(loops: Sequence[Ring]) -> Ring:
    """All loops as one, joined by bridges that are run through both ways and so enclose nothing."""
    start = loops[0][:1]
    return np.concatenate([loops[0], *(part for loop in loops[1:] for part in (start, loop, loop[:1]))])


def _owner(hole: Ring, outer: Sequence[Ring]) -> int:
    """Number of the outer loop a hole lies in: the smallest one around a pixel of it."""
    if len(outer) == 1:
        return 0
    reach = np.concatenate(outer).max(axis=0)
    pixels = filled([hole], int(reach[1]), int(reach[0]))
    row, column = (int(v[0]) for v in np.nonzero(pixels.inside))
    point = row + pixels.top, column + pixels.left
    around = [n for n, loop in enumerate(outer) if _encloses(loop, point)]
    return min(around, key=lambda n: area(outer[n]))


def _encloses(loop: Ring, point: tuple[int, int]) -> bool:
    """Whether the pixel at this row and column lies in a loop."""
    start, end = loop, np.roll(loop, -1, axis=0)
    upright = (np.minimum(start[:, 1], end[:, 1]) <= point[0]) & (np.maximum(start[:, 1], end[:, 1]) > point[0])
    return bool((upright & (start[:, 0] <= point[1])).sum() % 2)
