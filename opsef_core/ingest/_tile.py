"""Tiles: overlapping pieces that cover an image to its border and know where they came from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from ..data import Act, Image, Labels
from ..errors import BadLabels, BadParameter

Size = int | tuple[int, ...]


def tile(image: Image, tile_px: Size, overlap_px: Size = 0) -> list[Image]:
    """Cut an image into tiles that overlap and cover it to the border.

    All tiles have the same size, because networks like that: the last ones of a row are shifted inwards, so they
    overlap more. Where the image is smaller than a tile, the tile is as small as the image. T and C are never cut. A
    tile's name is the image's and where it begins ("plate.tif/y0448-x0000"); `parent`, `origin` and `parent_shape` say
    the same to programs. Lazy pixels stay lazy: a tile is read when it is used.

    Args:
        image: any axes.
        tile_px: size of a tile: one number for Y and X (all planes stay together), (y, x), or (z, y, x).
        overlap_px: pixels that neighbours share at least, one number for all cut axes or one for each; take the
            diameter of the largest object, so that each is whole in some tile.

    Returns:
        The tiles, row by row.

    Raises:
        BadParameter: a tile below 1 pixel, an overlap that is negative or as large as the tile, or z without a Z axis.
    """
    sizes = _sizes(image, tile_px)
    overlaps = _overlaps(sizes, overlap_px)
    space = {a: n for a, n in image.shape.items() if a in "ZYX"}
    starts = {a: _starts(space[a], sizes[a], overlaps[a]) if a in sizes else [0] for a in space}
    origins = [dict(zip(space, at, strict=True)) for at in itertools.product(*starts.values())]
    shape = {a: min(sizes.get(a, n), n) for a, n in space.items()}
    return [_cut_out(image, origin, shape, sizes) for origin in origins]


def cut(labels: Labels, piece: Image) -> Labels:
    """The part of an image's labels that lies in one of its tiles, sub-stacks or planes; ids stay.

    This is how truth for a whole image scores its tiles. An object is cut where the tile ends, as it is in the image.

    Args:
        labels: of the whole image, of the same name as the image.
        piece: what `tile`, `substack` or `substacks` made of that image.

    Returns:
        Labels with the piece's name and place, and the rows of the objects that are in it.

    Raises:
        BadLabels: the piece is of another image, or of one that was binned or projected after the labels were made.
    """
    if piece.parent is None:
        raise BadLabels(f"{piece.name} is not a tile, so no labels can be cut for it.")
    if piece.parent != labels.name:
        raise BadLabels(f"{piece.name} is a tile of {piece.parent}; the labels are of {labels.name}.")
    if dict(piece.parent_shape) != labels.shape:
        raise BadLabels(
            f"The labels of {labels.name} have the shape {labels.shape}, but {piece.name} was cut from an image of "
            f"shape {dict(piece.parent_shape)}. Labels cannot be cut for an image that was binned or projected."
        )
    here = tuple(_part(piece, axis) for axis in labels.axes)
    pixels = labels.pixels[here]
    present = pd.Index(pd.unique(pixels.ravel()))
    extent = {a: [piece.origin[a], piece.origin[a] + piece.shape.get(a, 1)] for a in labels.axes}
    return replace(
        labels,
        pixels=pixels,
        axes="".join(a for a in labels.axes if a in piece.axes),
        name=piece.name,
        spacing_um={a: v for a, v in labels.spacing_um.items() if a in piece.axes},
        history=(*labels.history, Act("cut", "cut", extent)),
        parent=piece.parent,
        origin=piece.origin,
        parent_shape=piece.parent_shape,
        objects=labels.objects[labels.objects.index.isin(present)],
    )


def _part(piece: Image, axis: str) -> slice | int:
    start = piece.origin[axis]
    return slice(start, start + piece.shape[axis]) if axis in piece.axes else start


def _cut_out(image: Image, origin: Mapping[str, int], shape: Mapping[str, int], cut_axes: Mapping[str, int]) -> Image:
    """One tile of an image."""
    here = tuple(slice(origin[a], origin[a] + shape[a]) if a in origin else slice(None) for a in image.axes)
    digits = {a: max(3, len(str(image.shape[a] - 1))) for a in cut_axes}
    name = "-".join(f"{a.lower()}{origin[a]:0{digits[a]}d}" for a in cut_axes)
    whole = {a: n for a, n in image.shape.items() if a in "ZYX"}
    placed = replace(image, name=f"{image.name}/{name}", parent=image.name, origin=dict(origin), parent_shape=whole)
    return placed.then(Act("tile", "tile", {"origin": dict(origin), "shape": dict(shape)}), image.pixels[here])


def _starts(length: int, size: int, overlap: int) -> list[int]:
    """Where tiles begin along one axis; the last is shifted inwards to end at the border."""
    if length <= size:
        return [0]
    return [*range(0, length - size, size - overlap), length - size]


def _sizes(image: Image, tile_px: Any) -> dict[str, int]:
    """Tile size by axis that is cut, in the order ZYX."""
    values = tuple(tile_px) if isinstance(tile_px, tuple | list) else (tile_px, tile_px)
    if len(values) not in (2, 3) or not all(_whole(v) and v >= 1 for v in values):
        raise BadParameter(
            f"tile_px={tile_px!r} is not possible: whole pixels from 1, one number, (y, x) or (z, y, x)."
        )
    if len(values) == 3 and "Z" not in image.axes:
        raise BadParameter(f"tile_px={tile_px!r} has a z, but {image.name} has no Z axis ({image.axes}); give (y, x).")
    return dict(zip("ZYX"[-len(values) :], values, strict=True))


def _overlaps(sizes: Mapping[str, int], overlap_px: Any) -> dict[str, int]:
    """Overlap by axis that is cut."""
    values = tuple(overlap_px) if isinstance(overlap_px, tuple | list) else (overlap_px,) * len(sizes)
    if len(values) != len(sizes) or not all(_whole(v) and v >= 0 for v in values):
        wanted = f"({', '.join(a.lower() for a in sizes)})"
        raise BadParameter(f"overlap_px={overlap_px!r} is not possible: whole pixels from 0, one number or {wanted}.")
    for (axis, size), overlap in zip(sizes.items(), values, strict=True):
        if overlap >= size:
            raise BadParameter(
                f"Tiles of {size} pixels along {axis} cannot overlap by {overlap}; "
                "take a smaller overlap or larger tiles."
            )
    return dict(zip(sizes, values, strict=True))


def _whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)
