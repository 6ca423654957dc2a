"""Gamma correction."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ._range import Channels, limits, to_unit
from ._step import Pixels, step_kind


@step_kind(per="image")
def gamma(
    pixels: Pixels, *, exponent: Annotated[float, Field(gt=0, le=10)] = 0.5, channels: Channels = "each"
) -> Pixels:
    """Lift dim objects (exponent below 1) or push them down (above 1); smallest and largest value stay.

    On a scale where the smallest value is 0 and the largest is 1, every value is raised to the exponent.

    Args:
        pixels: (C, Y, X) or (C, Z, Y, X).
        exponent: 1 changes nothing, 0.5 is the square root.
        channels: the range of "each" channel, or of all "together" (keeps the hues of a colour image).
    """
    low, high = limits(pixels, channels)
    return (low + (high - low) * to_unit(pixels, low, high) ** exponent).astype(np.float32)
