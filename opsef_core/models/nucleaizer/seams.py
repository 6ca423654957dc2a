"""Objects at the seams of tiles: taken from the tile that saw them whole, or put together from their parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .detections import Array, Detections, spread_weights, suppress

SAME_IOU = 0.5  # what two tiles saw is one object if it overlaps by more
SLACK_PX = 2  # tiles see the centre of an object a little differently: on a seam both may keep it, and one stays
SAMPLES = 64  # a side: where the masks of two parts are compared
EDGE_PX = 8  # a box that ends so near to the edge of its window is cut off there
Place = tuple[slice, slice]  # Y, X
Pairs = NDArray[np.intp]


class Tile(NamedTuple):
    """What was found in a window of the image, and the core of the window, for which it answers.

    Boxes are in pixels of the image. Cores cover the image without overlap, windows are cores with a margin.
    """

    found: Detections
    core: Place
    window: Place


def joined(tiles: list[Tile], shape: tuple[int, ...]) -> Detections:
    """Objects of all tiles, each once, highest score first.

    An object belongs to the tile that holds its centre. One that reaches from a core beyond the window, as only objects
    wider than the margin do, is joined with what other tiles saw of it: two parts are the same object if their masks
    have an IoU above 0.5 in what both windows show.

    Args:
        tiles: of one image.
        shape: (Y, X) of the image.
    """
    if len(tiles) == 1:
        return tiles[0].found
    kept: list[tuple[Detections, NDArray[np.bool_], NDArray[np.bool_], Array]] = []
    for tile in tiles:
        here, part = _here(tile), _parts(tile, shape)
        chosen = here | part
        windows = np.tile(_box(tile.window), (int(chosen.sum()), 1))
        kept.append((tile.found[chosen], here[chosen], part[chosen], windows))
    found = Detections.together([k[0] for k in kept])
    here, part, windows = (np.concatenate([k[i] for k in kept]) for i in (1, 2, 3))
    if not part.any():
        return suppress(found, SAME_IOU)
    alone, groups = _groups(found, windows, part)
    whole = [_united(found[group]) for group in groups]
    return suppress(Detections.together([found[alone & here], *whole]), SAME_IOU)


def _here(tile: Tile) -> NDArray[np.bool_]:
    """Which objects have their centre in the core, or a hair beside it."""
    boxes, core = tile.found.boxes, _box(tile.core)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.asarray(((centres >= core[:2] - SLACK_PX) & (centres < core[2:] + SLACK_PX)).all(axis=1))


def _parts(tile: Tile, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which objects reach from the core to an edge of the window that is not the image's: they go on behind it."""
    boxes, core, window = tile.found.boxes, _box(tile.core), _box(tile.window)
    inner = np.concatenate([window[:2] > 0, window[2:] < np.array(shape[::-1])])
    gap = np.concatenate([boxes[:, :2] - window[:2], window[2:] - boxes[:, 2:]], axis=1)
    cut = ((gap < EDGE_PX) & inner).any(axis=1)
    return np.asarray(cut & (boxes[:, :2] < core[2:]).all(axis=1) & (boxes[:, 2:] > core[:2]).all(axis=1))


def _groups(found: Detections, windows: Array, part: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], list[Pairs]]:
    """Which objects are by themselves, and those that belong together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = [(i, j) for i in np.flatnonzero(part) for j in _near(found.boxes, windows, i)]
    same = [(i, j) for i, j in pairs if _iou_in_common(found[np.array([i, j])], windows[[i, j]]) > SAME_IOU]
    ends = np.array(same, np.intp).reshape(-1, 2).T
    graph = coo_array((np.ones(len(same), bool), (ends[0], ends[1])), shape=(len(found), len(found)))
    group = connected_components(graph, directed=False)[1]
    alone = np.bincount(group)[group] == 1
    return alone, [np.flatnonzero(group == g) for g in np.unique(group[~alone])]


def _near(boxes: Array, windows: Array, i: int) -> Pairs:
    """Which objects of other windows have a box that meets box i."""
    meets = (boxes[:, :2] < boxes[i, 2:]).all(axis=1) & (boxes[:, 2:] > boxes[i, :2]).all(axis=1)
    return np.flatnonzero(meets & (windows != windows[i]).any(axis=1))


def _iou_in_common(two: Detections, windows: Array) -> float:
    """IoU of the masks of two objects in what their windows have in common."""
    low = np.maximum(windows[:, :2].max(axis=0), two.boxes[:, :2].min(axis=0))
    high = np.minimum(windows[:, 2:].min(axis=0), two.boxes[:, 2:].max(axis=0))
    if (high <= low).any():
        return 0.0
    one, other = _at(two, *_points(low, high, SAMPLES)) >= 128
    return float((one & other).sum() / max(int((one | other).sum()), 1))


def _united(parts: Detections) -> Detections:
    """One object of several parts: the box around all, the mask where any of them has it, the best score."""
    low, high = parts.boxes[:, :2].min(axis=0), parts.boxes[:, 2:].max(axis=0)
    mask = _at(parts, *_points(low, high, parts.masks.shape[-1])).max(axis=0).round().astype(np.uint8)
    box = np.concatenate([low, high])
    return Detections(box[None], parts.scores.max(keepdims=True), mask[None])


def _points(low: Array, high: Array, n: int) -> tuple[Array, Array]:
    """As many rows and columns, evenly from (x, y) to (x, y), as places of pixels."""
    x, y = (np.linspace(a, b, 2 * n + 1)[1::2] - 0.5 for a, b in zip(low, high, strict=True))
    return y, x


def _at(found: Detections, rows: Array, columns: Array) -> Array:
    """(n, Y, X): the mask of each object at these rows and columns of the image, 0 to 255."""
    points = found.masks.shape[-1]
    return np.stack(
        [
            spread_weights(rows, y1, y2, points) @ mask.astype(np.float32) @ spread_weights(columns, x1, x2, points).T
            for (x1, y1, x2, y2), mask in zip(found.boxes.tolist(), found.masks, strict=True)
        ]
    )


def _box(place: Place) -> Array:
    """x1, y1, x2, y2 of a place."""
    y, x = place
    return np.array([x.start, y.start, x.stop, y.stop], np.float32)
