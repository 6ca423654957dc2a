"""Negative."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ._range import Channels, limits
from ._step import Pixels, step_kind


@step_kind(per="image")
def invert(
    pixels: Pixels, *, white: Annotated[float, Field(gt=0)] | None = None, channels: Channels = "each"
) -> Pixels:
    """Turn dark into bright, so that dark objects on a white ground are bright objects on a dark one.

    Every value x becomes smallest + largest - x: the range stays the image's own at any bit depth. With `white`, x
    becomes white - x instead, and what falls below 0 becomes 0: then all tiles of an image are turned about the same
    value.

    Args:
        pixels: (C, Y, X) or (C, Z, Y, X).
        white: the value that becomes 0, for example 255 for 8-bit images. None: turn about the image's own range.
        channels: the range of "each" channel, or of all "together"; of no effect with `white`.
    """
    if white is not None:
        return np.maximum(np.float32(white) - pixels, np.float32(0))
    low, high = limits(pixels, channels)
    return (low + high - pixels).astype(np.float32)
