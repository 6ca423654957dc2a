"""Square pieces of images, all stretched alike, so that only what is in them tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from ...data import Image
from ...errors import BadImage, BadParameter

LOW, HIGH = 0.5, 99.8  # percentiles of a tile that become black and white
EMPTY = 0.3  # a tile with less of its image's contrast is taken only where nothing else is left

Tile = NDArray[np.uint8]


class Tiles:
    """The tiles that a set of images has.

    Args:
        kind: "real" or "made"; for messages.
        images: at least one; of a stack the middle plane counts, of a series the first.
        tile_px: side of a tile in pixels.
        fewest: as many tiles must be there, without overlap.

    Raises:
        BadParameter: no images, or too few tiles in them.
        BadImage: an image is smaller than a tile.
    """

    def __init__(self, kind: str, images: Sequence[Image], tile_px: int, fewest: int) -> None:
        self.images, self._tile_px = tuple(images), tile_px
        if not self.images:
            raise BadParameter(f"There are no {kind} images; the quiz needs real and made ones.")
        for image in self.images:
            if min(image.shape["Y"], image.shape["X"]) < tile_px:
                size = f"{image.shape['Y']} x {image.shape['X']}"
                raise BadImage(
                    f"{image.name} has {size} pixels, less than a tile of {tile_px}; ask for a smaller tile_px."
                )
        there = sum((image.shape["Y"] // tile_px) * (image.shape["X"] // tile_px) for image in self.images)
        if there < fewest:
            raise BadParameter(
                f"The {kind} images have room for {there} tiles of {tile_px} pixels; the board needs up to {fewest}. "
                f"Give more images, a smaller tile_px, or side={int(there**0.5)}."
            )

    def draw(self, n: int, rng: np.random.Generator) -> list[Tile]:
        """Tiles at random places, none over another, taken in turn from all images; each (tile_px, tile_px, 3).

        Raises:
            BadImage: pixels that are NaN, infinite or no numbers.
        """
        order = rng.permutation(len(self.images))
        waiting: dict[int, list[NDArray[np.float32]]] = {}
        tiles: list[Tile] = []
        for place in cycle(order):
            if len(tiles) == n:
                break
            if place not in waiting:
                waiting[place] = pieces(self.images[place], self._tile_px, rng)
            if waiting[place]:
                tiles.append(stretched(waiting[place].pop(0), self.images[place].is_rgb))
        return tiles


def coloured(tiles: Sequence[Tile]) -> bool:
    """Whether any tile has colour."""
    return any(bool((tile != tile[..., :1]).any()) for tile in tiles)


def stretched(piece: NDArray[np.float32], as_one: bool) -> Tile:
    """(Y, X, 3) uint8 of (Y, X, C): percentiles 0.5 and 99.8 become black and white.

    Args:
        piece: one to three channels.
        as_one: the channels are red, green and blue and share black and white, so that hues stay.
    """
    axes = None if as_one else (0, 1)
    low, high = np.percentile(piece, (LOW, HIGH), axis=axes)
    shown = np.clip((piece - low) / np.maximum(high - low, 1e-9), 0, 1)
    if piece.shape[-1] == 1:
        shown = np.repeat(shown, 3, axis=-1)
    shown = np.pad(shown, ((0, 0), (0, 0), (0, 3 - shown.shape[-1])))
    return np.asarray(np.rint(255 * shown), np.uint8)


def pieces(image: Image, side_px: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """All tiles of a grid that is shifted at random, (Y, X, C), in random order; nearly empty ones last."""
    pixels = _flat(image)
    rows, columns = (range(int(rng.integers(n % side_px + 1)), n - side_px + 1, side_px) for n in pixels.shape[:2])
    tiles = [pixels[r : r + side_px, c : c + side_px] for r in rows for c in columns]
    mixed = [tiles[i] for i in rng.permutation(len(tiles))]
    contrast = EMPTY * float(pixels.std())
    return sorted(mixed, key=lambda tile: bool(tile.std() < contrast))


def _flat(image: Image) -> NDArray[np.float32]:
    """(Y, X, C) with one to three channels; equal ones are one."""
    whole = image.checked()
    x = whole.array()
    for axis in "TZ":
        if axis in whole.axes:
            at = whole.axes.index(axis)
            x = np.take(x, 0 if axis == "T" else x.shape[at] // 2, axis=at)
            whole = replace(whole, pixels=x, axes=whole.axes.replace(axis, ""))
    x = np.moveaxis(x, 0, -1)[..., :3] if "C" in whole.axes else x[..., None]
    return np.asarray(x[..., :1] if bool((x == x[..., :1]).all()) else x, np.float32)
