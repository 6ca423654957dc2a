"""White top-hat."""

from typing import Annotated

from pydantic import Field

from ._disc import dilate, erode
from ._step import Pixels, step_kind


@step_kind()
def tophat(pixels: Pixels, *, radius_px: Annotated[int, Field(ge=0, le=200)] = 25) -> Pixels:
    """Keep what is bright and smaller than a disc, remove the rest: the white top-hat.

    The image minus its opening by a flat disc; never negative.

    Args:
        pixels: one plane (Y, X); beyond the border there is nothing.
        radius_px: radius of the disc in pixels; larger than the largest object. 0 removes everything.
    """
    return pixels - dilate(erode(pixels, radius_px), radius_px)
