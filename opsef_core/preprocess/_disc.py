"""Discs of pixels: their rows, and the smallest or largest value under them."""

from __future__ import annotations

from math import isqrt

import numpy as np

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
    height = len(plane)
    out, lowest, reached = plane.copy(), plane, 0
    for dy, half in sorted(chords(radius_px), key=lambda chord: chord[1]):
        if abs(dy) < height:
            lowest, reached = _widened(lowest, reached, half), half
            here, there = overlap(height, dy)
            np.minimum(out[here], lowest[there], out=out[here])
    return out


def _widened(lowest: Pixels, half: int, wanted: int) -> Pixels:
    """From the smallest value of each row within `half` columns to that within `wanted` columns."""
    while half < wanted:
        by = min(wanted - half, max(half, 1))  # no column is passed over, at the border neither
        wider = lowest.copy()
        np.minimum(wider[:, :-by], lowest[:, by:], out=wider[:, :-by])
        np.minimum(wider[:, by:], lowest[:, :-by], out=wider[:, by:])
        lowest, half = wider, half + by
    return lowest


def dilate(plane: Pixels, radius_px: int) -> Pixels:
    """Largest value under a disc at every pixel of a (Y, X) plane; beyond the border there is nothing."""
    return -erode(-plane, radius_px)
