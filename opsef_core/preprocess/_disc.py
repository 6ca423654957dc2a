"""Discs of pixels: their rows, and the smallest or largest value under them."""

from __future__ import annotations

from math import isqrt

import numpy as np
from scipy import ndimage

from ._step import Pixels


def chords(radius_px: int) -> list[tuple[int, int]]:
    """The rows of a disc as (row offset, half width); a pixel belongs to it if row^2 + column^2 <= radius^2.

    Example:
        >>> chords(2)
        [(-2, 0), (-1, 1), (0, 2), (1, 1), (2, 0)]
    """
    return [(dy, isqrt(radius_px**2 - dy**2)) for dy in range(-radius_px, radius_px + 1)]


def overlap(length: int, shift: int) -> tuple[slice, slice]:
    """Where `out[i]` meets `source[i + shift]`, as (slice of out, slice of source)."""
    return slice(max(0, -shift), length - max(0, shift)), slice(max(0, shift), length - max(0, -shift))


def erode(plane: Pixels, radius_px: int) -> Pixels:
    """Smallest value under a disc at every pixel of a (Y, X) plane; beyond the border there is nothing."""
    height, width = plane.shape
    out = plane.copy()
    rows: dict[int, Pixels] = {}  # each chord width is filtered once
    for dy, half in chords(radius_px):
        if abs(dy) >= height:
            continue
        if half not in rows:
            rows[half] = ndimage.minimum_filter1d(plane, 2 * min(half, width - 1) + 1, axis=1, mode="nearest")
        here, there = overlap(height, dy)
        np.minimum(out[here], rows[half][there], out=out[here])
    return out


def dilate(plane: Pixels, radius_px: int) -> Pixels:
    """Largest value under a disc at every pixel of a (Y, X) plane; beyond the border there is nothing."""
    return -erode(-plane, radius_px)
