"""Rolling-ball background."""

from math import ceil, sqrt
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy import ndimage

from ._step import Pixels, step_kind

GREY_LEVELS = 255  # one pixel of the ball's height is this part of the plane's range
BAND = 2**15  # pixels worked on at once: they stay in the processor's cache


@step_kind()
def rolling_ball(pixels: Pixels, *, radius_px: Annotated[float, Field(gt=0, le=500)] = 50.0) -> Pixels:
    """Remove uneven background: a ball rolled along below the image; what it cannot reach stays.

    The ball is as high as it is wide when the plane's range (largest minus smallest value) is drawn 255 pixels high,
    so an image gives the same at 8 and at 16 bit. As ImageJ does, large balls roll below a shrunken image (block minima
    of 2, 4, 8 pixels for radii above 10, 30, 100), and the background is interpolated back: fast, and the same within
    the noise. Objects must be bright (use `invert` before it otherwise). Never negative.

    Source: S. R. Sternberg, Biomedical image processing, IEEE Computer 16(1), 1983, doi:10.1109/MC.1983.1654163.

    Args:
        pixels: one plane (Y, X); beyond the border there is nothing.
        radius_px: radius of the ball in pixels; at least that of the largest object.
    """
    shrink = 1 if radius_px <= 10 else 2 if radius_px <= 30 else 4 if radius_px <= 100 else 8
    grey_level = (float(pixels.max()) - float(pixels.min())) / GREY_LEVELS
    small = _block_minima(pixels, shrink)
    ball = _ball(radius_px / shrink, shrink * grey_level)
    lowest = _touch(small, ball)
    background = -_touch(-lowest, ball)
    return np.maximum(pixels - _enlarge(background, shrink, pixels.shape), np.float32(0))


def _ball(radius: float, unit: float) -> list[tuple[int, int, np.float32]]:
    """(row, column, height) of the upper half of a ball."""
    reach = range(-ceil(radius), ceil(radius) + 1)
    inside = [(y, x, radius**2 - y**2 - x**2) for y in reach for x in reach if y**2 + x**2 <= radius**2]
    return [(y, x, np.float32(unit * sqrt(left))) for y, x, left in inside]


def _touch(plane: Pixels, ball: list[tuple[int, int, np.float32]]) -> Pixels:
    """How high the centre of the ball can be below the plane, at every pixel."""
    height, width = plane.shape
    edge = max(y for y, _, _ in ball)
    padded = np.pad(plane, edge, constant_values=np.inf)
    out = np.full(plane.shape, np.inf, np.float32)
    band = max(1, BAND // width)
    for top in range(0, height, band):
        part = out[top : top + band]
        for y, x, up in ball:
            first = top + edge + y
            np.minimum(part, padded[first : first + len(part), edge + x : edge + x + width] - up, out=part)
    return out


def _block_minima(plane: Pixels, size: int) -> Pixels:
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % size), (0, -width % size)), mode="edge")
    lowest = padded.reshape(padded.shape[0] // size, size, padded.shape[1] // size, size).min(axis=(1, 3))
    return np.asarray(lowest, np.float32)


def _enlarge(small: Pixels, size: int, shape: tuple[int, ...]) -> Pixels:
    """Linear interpolation between the middles of the blocks."""
    if size == 1:
        return small
    grid = np.ix_(*((np.arange(n) + 0.5) / size - 0.5 for n in shape))
    places = np.broadcast_arrays(*grid)
    return np.asarray(ndimage.map_coordinates(small, places, order=1, mode="nearest"), np.float32)
