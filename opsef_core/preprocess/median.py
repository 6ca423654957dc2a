"""Median filter."""

from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field
from scipy import ndimage

from ._step import Pixels, step_kind


def _odd(size_px: int) -> int:
    if size_px % 2 == 0:
        raise ValueError("the window must be odd (3, 5, 7, ...), or the image would shift by half a pixel")
    return size_px


@step_kind()
def median(pixels: Pixels, *, size_px: Annotated[int, Field(ge=1, le=51), AfterValidator(_odd)] = 3) -> Pixels:
    """Remove single bright and dark pixels, keep edges: the median of a square window.

    Args:
        pixels: one plane (Y, X); mirrored at the border.
        size_px: side of the window in pixels, odd: 3 is 3 x 3.
    """
    return np.asarray(ndimage.median_filter(pixels, size=size_px, mode="reflect"), np.float32)
