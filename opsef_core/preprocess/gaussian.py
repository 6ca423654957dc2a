"""Gaussian filter."""

from typing import Annotated

import numpy as np
from pydantic import Field
from scipy import ndimage

from ._step import Pixels, step_kind


@step_kind()
def gaussian(pixels: Pixels, *, sigma_px: Annotated[float, Field(ge=0, le=100)] = 1.0) -> Pixels:
    """Smooth noise gently: the mean weighted by a Gaussian.

    Args:
        pixels: one plane (Y, X); mirrored at the border.
        sigma_px: standard deviation of the Gaussian in pixels; it is cut at 4 sigma. 0 changes nothing.
    """
    return np.asarray(ndimage.gaussian_filter(pixels, sigma_px, mode="reflect", truncate=4.0), np.float32)
