"""Unsharp mask."""

from typing import Annotated

import numpy as np
from pydantic import Field
from scipy import ndimage

from ._step import Pixels, step_kind


@step_kind()
def unsharp_mask(
    pixels: Pixels,
    *,
    sigma_px: Annotated[float, Field(gt=0, le=100)] = 2.0,
    amount: Annotated[float, Field(ge=0, le=100)] = 1.0,
) -> Pixels:
    """Sharpen: add what a Gaussian filter would take away.

    The result is clipped to the plane's own range, so nothing becomes negative or saturated anew.

    Args:
        pixels: one plane (Y, X); mirrored at the border.
        sigma_px: standard deviation of the Gaussian in pixels: the size of the detail to be stressed.
        amount: how many times the detail is added.
    """
    smooth = ndimage.gaussian_filter(pixels, sigma_px, mode="reflect", truncate=4.0)
    sharp = pixels + np.float32(amount) * (pixels - smooth)
    return np.asarray(np.clip(sharp, pixels.min(), pixels.max()), np.float32)
