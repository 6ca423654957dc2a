"""Edges."""

from typing import Literal

import numpy as np
from scipy import ndimage

from ._step import Pixels, step_kind


@step_kind()
def edges(pixels: Pixels, *, method: Literal["sobel", "roberts"] = "sobel") -> Pixels:
    """Show outlines: the steepness of the image at every pixel, 0 where it is even.

    Both methods give the length of the gradient in intensity per pixel: on a ramp that rises by 5 a pixel it is 5.

    Args:
        pixels: one plane (Y, X); mirrored at the border.
        method: "sobel" looks at 3 x 3 pixels and is smoother; "roberts" at 2 x 2 (the pixel, its neighbours to the
            right and below), so it is finer, noisier, and lies half a pixel up and left.
    """
    if method == "sobel":
        down, right = (ndimage.sobel(pixels, axis=a, mode="reflect") / np.float32(8) for a in (0, 1))
        return np.asarray(np.hypot(down, right), np.float32)
    p = np.pad(pixels, ((0, 1), (0, 1)), mode="symmetric")
    falling, rising = p[1:, 1:] - p[:-1, :-1], p[1:, :-1] - p[:-1, 1:]
    return np.asarray(np.hypot(falling, rising) / np.sqrt(np.float32(2)), np.float32)
