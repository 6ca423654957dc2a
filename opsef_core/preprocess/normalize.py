"""Percentile normalisation."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ._range import Channels, check_percentiles, limits, to_unit
from ._step import Pixels, step_kind

Percent = Annotated[float, Field(ge=0, le=100)]


@step_kind(per="image", check=check_percentiles)
def normalize(
    pixels: Pixels,
    *,
    low_percentile: Percent = 1.0,
    high_percentile: Percent = 99.8,
    channels: Channels = "each",
    clip: bool = True,
) -> Pixels:
    """Bring images of different brightness to one scale: percentiles become 0 and 1.

    Percentiles are taken over the whole image, all planes of a stack. Where both are the same value, the smallest and
    the largest are used; a constant image becomes 0.

    Args:
        pixels: (C, Y, X) or (C, Z, Y, X).
        low_percentile: becomes 0.
        high_percentile: becomes 1.
        channels: percentiles of "each" channel, or of all "together" (keeps the hues of a colour image).
        clip: whether what lies outside becomes 0 and 1.
    """
    unit = to_unit(pixels, *limits(pixels, channels, low_percentile, high_percentile))
    return (np.clip(unit, 0, 1) if clip else unit).astype(np.float32)
