"""Stitching: the labels of tiles become one label image, each object once and whole."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from ..data import Act, Labels, digest
from ..errors import BadLabels, BadParameter
from ._seams import SAME, Box, Ids, Ints, Mosaic, gather, paint

_log = logging.getLogger(__name__)
_PLACING = ("tile", "substack", "cut")  # acts that say where a piece lies


def stitch(tiles: Sequence[Labels], missing: Literal["error", "background"] = "error") -> list[Labels]:
    """Join the labels of tiles into one label image for each image the tiles were cut from.

    Away from the seams nothing changes. Where tiles overlap, an object was seen more than once, and

    - parts cut off by the borders of their tiles are one object if they share half of the smaller, as far as both
      tiles see them;
    - a version that is whole, and touches none that is cut off, replaces others; of two such the farther from its
      tile's border, of all others the larger. A version is replaced when better ones cover half of it, or when a better
      one's tile saw all of it and called it a smaller object; otherwise its free pixels stay. So nothing is lost unless
      another tile saw it better;
    - parts in tiles that only touch (no overlap) are one object if they face each other.

    The result does not depend on the order of the tiles. An id stays as it is (the first tile from the top left that
    has it keeps it), others get the largest id + 1 and on; so truth that was cut comes back with its ids. An object's
    table row is that of its best version: the whole one, or the largest part. Filter objects after stitching.

    Args:
        tiles: labels of tiles (or sub-stacks) of one or several images, recipes and models; axes YX or ZYX.
        missing: "error" refuses images that the tiles do not cover (one failed, say); "background" leaves what is
            missing empty, warns, and notes it in the history.

    Returns:
        One `Labels` for each image and history, in the order of their first tiles, named as the image.

    Raises:
        BadLabels: labels of no tile, a tile given twice or outside its image, or a part of an image is missing.
        BadParameter: another word for `missing`.
    """
    if missing not in ("error", "background"):
        raise BadParameter(f'missing={missing!r} is not possible; it is "error" or "background".')
    groups: dict[tuple[Any, ...], list[Labels]] = {}
    for one in tiles:
        groups.setdefault(_belongs(one), []).append(one)
    return [_join(sorted(group, key=_box), missing) for group in groups.values()]


def _belongs(one: Labels) -> tuple[Any, ...]:
    """Equal for tiles of one image with the same history but for their place.

    Raises:
        BadLabels: labels of no tile, or of one that lies outside its image.
    """
    if one.parent is None:
        raise BadLabels(f"{one.name} is not a tile of an image, so it cannot be stitched.")
    if set(one.parent_shape) != set(one.axes):
        raise BadLabels(f"{one.name} is a plane of {one.parent}, not a tile; planes cannot be stitched to a stack.")
    for axis, (start, end) in zip(one.axes, _box(one), strict=True):
        if start < 0 or end > one.parent_shape[axis]:
            raise BadLabels(
                f"{one.name} reaches from {start} to {end} along {axis}, "
                f"outside {one.parent}, which has {one.parent_shape[axis]}."
            )
    size = tuple(one.parent_shape[a] for a in one.axes)
    return one.parent, one.source, size, digest([act.as_dict() for act in _unplaced(one)])


def _unplaced(one: Labels) -> list[Act]:
    """The history without the act that made it a tile."""
    places = [i for i, act in enumerate(one.history) if act.kind in _PLACING]
    return [act for i, act in enumerate(one.history) if i not in places[-1:]]


def _box(one: Labels) -> Box:
    return tuple((one.origin[a], one.origin[a] + n) for a, n in zip(one.axes, one.pixels.shape, strict=True))


def _join(tiles: list[Labels], missing: str) -> Labels:
    """Stitch the tiles of one image, sorted by place."""
    boxes = [_box(one) for one in tiles]
    size = tuple(tiles[0].parent_shape[a] for a in tiles[0].axes)
    layout = {
        "tiles": len(tiles),
        "layout": digest(boxes),
        "same": SAME,
        "uncovered_px": _uncovered(str(tiles[0].parent), boxes, size, missing),
    }
    mosaic = Mosaic(
        size=size,
        boxes=boxes,
        pixels=[_dense(one) for one in tiles],
        area=np.concatenate([one.areas_px for one in tiles]).astype(np.int64),
        tile=np.repeat(np.arange(len(tiles)), [one.count for one in tiles]),
    )
    objects = gather(mosaic)
    canvas = paint(mosaic, objects)
    painted = np.flatnonzero(np.bincount(canvas.ravel(), minlength=len(objects.best) + 1)[1:])
    best = objects.best[painted]
    new = _ids(np.concatenate([one.ids for one in tiles])[best], best)
    table = np.zeros(len(objects.best) + 1, np.int32)
    table[painted + 1] = new
    return replace(
        tiles[0],
        pixels=table[canvas],
        name=str(tiles[0].parent),
        history=(*_unplaced(tiles[0]), Act("stitch", "stitch", layout)),
        parent=None,
        origin={},
        parent_shape={},
        objects=_rows(tiles, best, new),
    )


def _uncovered(name: str, boxes: list[Box], size: tuple[int, ...], missing: str) -> int:
    """Pixels that no tile covers, counted on the grid of all tile borders.

    Raises:
        BadLabels: there are some, unless `missing` allows it; or two tiles have the same place.
    """
    twice = [box for box, following in itertools.pairwise(boxes) if box == following]
    if twice:
        raise BadLabels(f"Two tiles of {name} have the same place ({_words(twice[0])}); give each tile once.")
    edges = [sorted({0, n, *(e for box in boxes for e in box[i])}) for i, n in enumerate(size)]
    at = [{e: k for k, e in enumerate(along)} for along in edges]
    covered = np.zeros([len(along) - 1 for along in edges], bool)
    for box in boxes:
        covered[tuple(slice(k[a], k[b]) for k, (a, b) in zip(at, box, strict=True))] = True
    holes = [tuple((e[i], e[i + 1]) for e, i in zip(edges, hole, strict=True)) for hole in np.argwhere(~covered)]
    count = sum(int(np.prod([b - a for a, b in hole])) for hole in holes)
    if count:
        said = f"The {len(boxes)} tiles of {name} leave {count} of its pixels uncovered (first {_words(holes[0])})"
        if missing == "error":
            raise BadLabels(f'{said}. Give all tiles, or stitch(..., missing="background") to leave that part empty.')
        _log.warning("%s; that part stays empty.", said)
    return count


def _words(box: Box) -> str:
    return ", ".join(f"{axis} {a} to {b - 1}" for axis, (a, b) in zip("ZYX"[-len(box) :], box, strict=True))


def _dense(one: Labels) -> Ids:
    """The label image with each id replaced by its position: 1, 2, ..."""
    pixels: Ids = one.pixels
    if one.count == 0 or one.ids[-1] == one.count:
        return pixels
    if one.ids[-1] < 4 * pixels.size + 1_000_000:
        table = np.zeros(int(one.ids[-1]) + 1, np.int32)
        table[one.ids] = np.arange(1, one.count + 1)
        return table[pixels]
    return np.searchsorted(np.append(0, one.ids), pixels).astype(np.int32)


def _ids(claimed: Ints, part: Ints) -> Ints:
    """Ids of objects: each its own, if no earlier part (by tile and id) has it, else the largest + 1 and on."""
    order = np.argsort(part)
    ids = claimed[order]
    _, first = np.unique(ids, return_index=True)
    again = np.setdiff1d(np.arange(len(ids)), first)
    ids[again] = ids.max(initial=0) + np.arange(1, len(again) + 1)
    out = np.empty_like(ids)
    out[order] = ids
    return out


def _rows(tiles: list[Labels], best: Ints, ids: Ints) -> pd.DataFrame:
    """The table row of each object's best part, under its new id."""
    columns = list(dict.fromkeys(c for one in tiles for c in one.objects.columns))
    index = pd.Index(np.sort(ids), name="id")
    filled = [one.objects.reindex(columns=columns) for one in tiles if one.count]
    if not columns or not filled:
        return pd.DataFrame(index=index, columns=columns)
    return pd.concat(filled, ignore_index=True).iloc[best[np.argsort(ids)]].set_index(index)
