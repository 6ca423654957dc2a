"""Range of intensities."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ._range import Channels, check_percentiles, limits, to_unit
from ._step import Pixels, step_kind

Percent = Annotated[float, Field(ge=0, le=100)]


def _check(out_low: float, out_high: float, **others: float) -> None:
    check_percentiles(**others)
    if out_low >= out_high:
        raise ValueError(f"out_low ({out_low:g}) must be smaller than out_high ({out_high:g})")


@step_kind(per="image", check=_check)
def rescale(
    pixels: Pixels,
    *,
    out_low: Annotated[float, Field(ge=-1e9, le=1e9)] = 0.0,
    out_high: Annotated[float, Field(ge=-1e9, le=1e9)] = 255.0,
    low_percentile: Percent = 0.0,
    high_percentile: Percent = 100.0,
    channels: Channels = "each",
) -> Pixels:
    """Stretch the intensities linearly to a given range; the size of the image stays.

    A step never changes the size, because labels must fit the image: to work at another scale, bin when reading
    (`bin=2`) or tell the model how large objects are (`diameter_px`). Values outside the percentiles are clipped; a
    constant image becomes `out_low`.

    Args:
        pixels: (C, Y, X) or (C, Z, Y, X).
        out_low: what `low_percentile` becomes.
        out_high: what `high_percentile` becomes.
        low_percentile: 0 is the smallest value.
        high_percentile: 100 is the largest value.
        channels: the range of "each" channel, or of all "together" (keeps the hues of a colour image).
    """
    unit = np.clip(to_unit(pixels, *limits(pixels, channels, low_percentile, high_percentile)), 0, 1)
    return (out_low + (out_high - out_low) * unit).astype(np.float32)
