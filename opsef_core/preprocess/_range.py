"""The range of an image's values: where it lies, and its place on a scale from 0 to 1."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ._step import Pixels

Channels = Literal["each", "together"]
Real = NDArray[np.float64]


def limits(pixels: Pixels, channels: Channels, low: float = 0.0, high: float = 100.0) -> tuple[Real, Real]:
    """Two percentiles of an image (C, ...), of each channel or of all together, shaped to be used with it.

    Where both percentiles are the same value (a few bright objects on an even ground), it is the smallest and the
    largest value instead.
    """
    axes = tuple(range(1 if channels == "each" else 0, pixels.ndim))
    bottom, top = _percentile(pixels, low, axes), _percentile(pixels, high, axes)
    flat = bottom >= top
    if flat.any():
        bottom = np.where(flat, _percentile(pixels, 0, axes), bottom)
        top = np.where(flat, _percentile(pixels, 100, axes), top)
    return bottom, top


def to_unit(pixels: Pixels, low: Any, high: Any) -> Real:
    """Values on a scale where `low` is 0 and `high` is 1, not clipped; 0 where both are the same."""
    span = np.asarray(high, np.float64) - low
    return np.asarray((pixels - np.asarray(low, np.float64)) / np.where(span > 0, span, np.inf), np.float64)


def check_percentiles(low_percentile: float, high_percentile: float, **_: object) -> None:
    """Raise ValueError unless the first is smaller."""
    if low_percentile >= high_percentile:
        raise ValueError(
            f"low_percentile ({low_percentile:g}) must be smaller than high_percentile ({high_percentile:g})"
        )


def _percentile(pixels: Pixels, percent: float, axes: tuple[int, ...]) -> Real:
    if percent in (0, 100):  # no sorting
        found = (pixels.min if percent == 0 else pixels.max)(axis=axes, keepdims=True)
    else:
        found = np.percentile(pixels, percent, axis=axes, keepdims=True)
    return np.asarray(found, np.float64)
