"""Tiles put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import BadImage
from ._image import Image


def untile(tiles: Sequence[Image]) -> Image:
    """The image that these tiles are of, exactly as it was: pixels, name, key.

    Args:
        tiles: what `tile` made of one image, in any order; all of them.

    Raises:
        BadImage: no tile, tiles of several images, or tiles that leave a part of the image open.
    """
    parents = {t.parent for t in tiles}
    if len(parents) != 1 or None in parents:
        raise BadImage(f"Only the tiles of one image can be put together, not those of {sorted(map(str, parents))}.")
    first = tiles[0]
    shape = [first.parent_shape.get(a, n) for a, n in first.shape.items()]
    pixels = np.empty(shape, first.pixels.dtype)
    covered = np.zeros(shape, bool)
    for one in tiles:
        here = tuple(slice(one.origin.get(a, 0), one.origin.get(a, 0) + n) for a, n in one.shape.items())
        pixels[here], covered[here] = one.array(), True
    if not covered.all():
        raise BadImage(f"The {len(tiles)} tiles leave {int((~covered).sum())} pixels of {first.parent} open.")
    history = tuple(act for act in first.history if act.kind != "tile")
    return replace(
        first, pixels=pixels, name=str(first.parent), history=history, parent=None, origin={}, parent_shape={}
    )
