"""Inclusive limits, either of which may be absent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def within(values: NDArray[Any], low: float | None, high: float | None) -> NDArray[np.bool_]:
    """Which values lie between two inclusive limits; None is no limit. NaN lies within no limit but None."""
    inside = np.ones(len(values), bool)
    if low is not None:
        inside &= values >= low
    if high is not None:
        inside &= values <= high
    return inside


def check_order(low_name: str, low: float | None, high_name: str, high: float | None) -> None:
    """Raise ValueError when a lower limit lies above the upper one."""
    if low is not None and high is not None and low > high:
        raise ValueError(f"{low_name} is larger than {high_name} ({low:g} > {high:g}), so no object could stay")
