"""Bring an image to the object size a network knows, and its output back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.transform import resize as _resize

Pixels = NDArray[np.float32]


def resize(pixels: Pixels, scale: float) -> Pixels:
    """(C, Y, X) resized by a factor, smoothed first when made smaller; at least one pixel a side stays."""
    if abs(scale - 1) < 1e-3:
        return np.ascontiguousarray(pixels)
    height, width = (max(1, round(n * scale)) for n in pixels.shape[-2:])
    return _to(pixels, (height, width), smooth=scale < 1)


def resize_back(pixels: Pixels, shape: tuple[int, int]) -> Pixels:
    """(C, Y, X) brought to exactly this (Y, X) shape."""
    return pixels if pixels.shape[-2:] == tuple(shape) else _to(pixels, shape, smooth=False)


def _to(pixels: Pixels, shape: tuple[int, int], smooth: bool) -> Pixels:
    return np.stack([_resize(c, shape, order=1, mode="edge", anti_aliasing=smooth) for c in pixels]).astype(np.float32)
