"""Images as pictures that any program shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data import Image


def png(image: Image) -> bytes:
    """An 8-bit PNG, grey or RGB; of a stack, the middle plane."""
    import imageio.v3 as imageio

    return bytes(imageio.imwrite("<bytes>", eight_bit(image), extension=".png"))


def eight_bit(image: Image) -> NDArray[np.uint8]:
    """(Y, X) or (Y, X, 3): 8-bit grey and colour as it is, all else stretched as for display."""
    if image.pixels.dtype == np.uint8 and (image.is_rgb or image.axes == "YX"):
        return np.ascontiguousarray(np.moveaxis(image.array(), 0, -1) if image.is_rgb else image.array())
    shown = image.for_display()
    return shown if "C" in image.axes else shown[..., 0]
