"""One grey channel from an image of any number of channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of red, green, blue (ITU-R BT.709)


def to_grey(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Luminance of three channels, the mean of another number: float32 (Y, X) or (Z, Y, X) from (C, ...)."""
    if len(pixels) == 1:
        return pixels[0].astype(np.float32, copy=False)
    weights = LUMINANCE if len(pixels) == 3 else np.full(len(pixels), 1 / len(pixels), np.float32)
    return np.tensordot(weights, pixels, axes=1).astype(np.float32)
