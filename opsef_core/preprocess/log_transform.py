"""Logarithm."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ._range import Channels, limits, to_unit
from ._step import Pixels, step_kind


@step_kind(per="image")
def log_transform(
    pixels: Pixels, *, strength: Annotated[float, Field(gt=0, le=1e6)] = 100.0, channels: Channels = "each"
) -> Pixels:
    """Bring dim and bright objects close in brightness by a logarithm; smallest and largest value stay.

    On a scale where the smallest value is 0 and the largest is 1, x becomes log(1 + strength x) / log(1 + strength).

    Args:
        pixels: (C, Y, X) or (C, Z, Y, X).
        strength: near 0 changes little; 100 lifts a tenth of the range to about half of it.
        channels: the range of "each" channel, or of all "together" (keeps the hues of a colour image).
    """
    low, high = limits(pixels, channels)
    lifted = np.log1p(strength * to_unit(pixels, low, high)) / np.log1p(strength)
    return np.asarray(low + (high - low) * lifted, np.float32)
