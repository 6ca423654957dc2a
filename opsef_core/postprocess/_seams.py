"""Where tiles overlap: which parts are one object, which version is best, and what is painted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SAME = 0.5  # share of the smaller one from which two parts are one object
Box = tuple[tuple[int, int], ...]  # first pixel and the one after the last, by axis
Ints = NDArray[np.int64]
Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Mosaic:
    """The label images of the tiles of one image, and every object in them, called part, one entry each.

    Parts are in the order of the tiles and, within a tile, of their ids.

    Attributes:
        size: of the whole image.
        boxes: where each tile lies in it.
        pixels: the label image of each tile, ids 1 to the number of its objects.
        area: pixels of each part.
        tile: the tile of each part.
    """

    size: tuple[int, ...]
    boxes: list[Box]
    pixels: list[Ids]
    area: Ints
    tile: Ints

    @cached_property
    def first(self) -> Ints:
        """Entry of the first part of each tile, and the total."""
        return np.searchsorted(self.tile, np.arange(len(self.boxes) + 1))

    @cached_property
    def places(self) -> list[tuple[slice, ...]]:
        """The smallest box around each part, in its tile."""
        from scipy import ndimage

        return [place for x in self.pixels for place in ndimage.find_objects(x)]

    @cached_property
    def depth(self) -> Ints:
        """Pixels from each part to the nearest border of its tile inside the image; 0: it is cut off there."""
        depths = []
        for place, tile in zip(self.places, self.tile.tolist(), strict=True):
            sides = [np.iinfo(np.int32).max]  # a tile that is the whole image has no such border
            for (start, end), n, s in zip(self.boxes[tile], self.size, place, strict=True):
                sides += [s.start] * (start > 0) + [end - start - s.stop] * (end < n)
            depths.append(min(sides))
        return np.array(depths, np.int64)

    @cached_property
    def sure(self) -> NDArray[np.bool_]:
        """Parts that are not cut off and touch none that is: where one that is cut off ends cannot be known."""
        cut_off = self.depth == 0
        sure: NDArray[np.bool_] = ~cut_off
        for i, x in enumerate(self.pixels):
            own = slice(self.first[i], self.first[i + 1])
            torn = np.append(False, cut_off[own])
            if not torn.any():
                continue
            for axis in range(x.ndim):
                before, after = (x.swapaxes(0, axis)[s] for s in (slice(None, -1), slice(1, None)))
                for a, b in ((before, after), (after, before)):
                    touching = np.unique(a[torn[b] & (a > 0)])
                    sure[touching - 1 + self.first[i]] = False
        return sure

    def window(self, tile: int, box: Box) -> tuple[slice, ...]:
        """A box of the image as slices of a tile."""
        return tuple(slice(a - start, b - start) for (a, b), (start, _) in zip(box, self.boxes[tile], strict=True))

    def outer(self, part: int) -> Box:
        """The smallest box around a part, in the image."""
        tile = self.boxes[int(self.tile[part])]
        return tuple((s.start + start, s.stop + start) for s, (start, _) in zip(self.places[part], tile, strict=True))

    def positions(self, part: int) -> Ints:
        """Flat positions of a part's pixels in the image."""
        tile = int(self.tile[part])
        found = np.nonzero(self.pixels[tile][self.places[part]] == part - self.first[tile] + 1)
        whole = [f + start for f, (start, _) in zip(found, self.outer(part), strict=True)]
        return np.asarray(np.ravel_multi_index(whole, self.size), np.int64)


@dataclass(frozen=True)
class Objects:
    """Parts gathered to objects, in the order of trust (0 is the best).

    Attributes:
        of_part: the object of each part.
        best: the part each object is known by.
        contested: whether an object shares pixels with another one.
    """

    of_part: Ints
    best: Ints
    contested: NDArray[np.bool_]


def gather(mosaic: Mosaic) -> Objects:
    """Find which parts are one object, and rank the objects.

    First come whole objects that touch none that is cut off, those far from their tile's border before others; then all
    others, large before small, as the larger is the fuller version. What is equal in all that goes by tile and id.
    """
    n = len(mosaic.tile)
    if n == 0:
        return Objects(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
    same, clash = [np.zeros((2, 0), np.int64)], [np.zeros((2, 0), np.int64)]
    for i, j, box_i, box_j in _neighbours(mosaic.boxes):
        pairs, alike = _meet(mosaic, i, j, box_i, box_j)
        same.append(pairs[:, alike])
        if box_i == box_j:
            clash.append(pairs)
    links = np.concatenate(same, axis=1)
    from scipy import sparse

    graph = sparse.coo_array((np.ones(links.shape[1], bool), tuple(links)), shape=(n, n))
    _, group = sparse.csgraph.connected_components(graph, directed=False)
    depth = np.where(mosaic.sure, mosaic.depth, 0)
    order = np.lexsort((np.arange(n), -mosaic.area, -depth))
    _, at = np.unique(group[order], return_index=True)
    best = order[np.sort(at)]
    rank = np.empty(len(best), np.int64)
    rank[group[best]] = np.arange(len(best))
    of_part = rank[group]
    a, b = of_part[np.concatenate(clash, axis=1)]
    contested = np.zeros(len(best), bool)
    contested[a[a != b]] = contested[b[a != b]] = True
    return Objects(of_part, best, contested)


def _neighbours(boxes: list[Box]) -> Iterator[tuple[int, int, Box, Box]]:
    """Pairs of tiles that overlap, with the box they share; or that touch, each with its face, one pixel thin."""
    starts, ends = (np.array([[side[k] for side in box] for box in boxes]) for k in (0, 1))
    for i in range(len(boxes) - 1):
        low, high = np.maximum(starts[i], starts[i + 1 :]), np.minimum(ends[i], ends[i + 1 :])
        touch = low == high
        for k in np.flatnonzero((low <= high).all(axis=1) & (touch.sum(axis=1) <= 1)).tolist():
            box = list(zip(low[k].tolist(), high[k].tolist(), strict=True))
            ours, theirs = list(box), list(box)
            for axis in np.flatnonzero(touch[k]).tolist():
                at = box[axis][0]
                faces = [(at - 1, at), (at, at + 1)]
                ours[axis], theirs[axis] = faces if ends[i][axis] == at else faces[::-1]
            yield i, i + 1 + k, tuple(ours), tuple(theirs)


def _meet(mosaic: Mosaic, i: int, j: int, box_i: Box, box_j: Box) -> tuple[Ints, NDArray[np.bool_]]:
    """Pairs of parts of two tiles that share pixels (2, n), and whether both are cut off and one object."""
    a = mosaic.pixels[i][mosaic.window(i, box_i)].ravel()
    b = mosaic.pixels[j][mosaic.window(j, box_j)].ravel()
    both = (a > 0) & (b > 0)
    width = int(b.max()) + 1
    codes, shared = np.unique(a[both].astype(np.int64) * width + b[both], return_counts=True)
    in_a, in_b = codes // width, codes % width
    smaller = np.minimum(np.bincount(a)[in_a], np.bincount(b)[in_b])  # as far as both tiles see them
    pairs = np.stack([in_a - 1 + mosaic.first[i], in_b - 1 + mosaic.first[j]])
    cut_off = (mosaic.depth[pairs] == 0).all(axis=0)
    return pairs, cut_off & (shared >= SAME * smaller)


def paint(mosaic: Mosaic, objects: Objects) -> Ids:
    """The whole image, object + 1 at each pixel: what is undisputed first, then the others in order of trust."""
    canvas = np.zeros(mosaic.size, np.int32)
    colours = np.where(objects.contested[objects.of_part], 0, objects.of_part + 1).astype(np.int32)
    for i, (pixels, box) in enumerate(zip(mosaic.pixels, mosaic.boxes, strict=True)):
        here = canvas[tuple(slice(*side) for side in box)]
        own = np.append(np.int32(0), colours[mosaic.first[i] : mosaic.first[i + 1]])
        np.maximum(here, own[pixels], out=here)
    disputed = np.flatnonzero(objects.contested[objects.of_part])
    disputed = disputed[np.argsort(objects.of_part[disputed], kind="stable")]
    flat = canvas.reshape(-1)
    for number, members in itertools.groupby(disputed.tolist(), key=lambda part: int(objects.of_part[part])):
        parts = list(members)
        pixels = np.unique(np.concatenate([mosaic.positions(part) for part in parts]))
        below = flat[pixels]
        if not _replaced(mosaic, objects, parts, below):
            flat[pixels[below == 0]] = number + 1
    return canvas


def _replaced(mosaic: Mosaic, objects: Objects, parts: list[int], below: Ids) -> bool:
    """Whether better objects lie on half of an object, or one does that saw all of it and is mostly in it."""
    taken = below[below > 0]
    if len(taken) >= SAME * len(below):
        return True
    for value, shared in zip(*np.unique(taken, return_counts=True), strict=True):
        better = int(objects.best[value - 1])
        view = mosaic.boxes[int(mosaic.tile[better])]
        seen = all(
            v[0] <= a and b <= v[1] for part in parts for (a, b), v in zip(mosaic.outer(part), view, strict=True)
        )
        if seen and shared >= SAME * mosaic.area[better]:
            return True
    return False
