"""Constant background."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ._step import Pixels, step_kind


@step_kind()
def subtract_background(pixels: Pixels, *, value: Annotated[float, Field(ge=0)] = 0.0) -> Pixels:
    """Subtract one number everywhere; what falls below 0 becomes 0.

    Args:
        pixels: one plane (Y, X).
        value: the background, in the image's own intensities.
    """
    return np.maximum(pixels - np.float32(value), np.float32(0))
