"""Mean filter."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ._disc import chords
from ._step import Pixels, step_kind


@step_kind()
def mean(pixels: Pixels, *, radius_px: Annotated[int, Field(ge=0, le=100)] = 2) -> Pixels:
    """Smooth noise evenly: the mean over a disc.

    Args:
        pixels: one plane (Y, X); mirrored at the border.
        radius_px: radius of the disc, not its width: 7 is 15 pixels wide and has 149 pixels.
    """
    height, width = pixels.shape
    r = radius_px
    padded = np.pad(pixels, ((r, r), (r + 1, r)), mode="symmetric").astype(np.float64)
    padded[:, 0] = 0
    running = padded.cumsum(axis=1)  # the sum of a row's stretch is the difference of two of these
    total, area = np.zeros((height, width)), 0
    for dy, half in chords(r):
        row = running[r + dy : r + dy + height]
        total += row[:, r + half + 1 : r + half + 1 + width] - row[:, r - half : r - half + width]
        area += 2 * half + 1
    return np.clip(total / area, pixels.min(), pixels.max()).astype(np.float32)
