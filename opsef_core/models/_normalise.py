"""Intensities on one scale, whatever the camera and the stain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (1.0, 99.8)


def normalise(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Scale so that the percentiles 1 and 99.8 over all channels become 0 and 1; a constant image becomes 0.

    One scale for all channels keeps the ratios between them, which carry the stain.
    """
    low, high = np.percentile(pixels, PERCENTILES)
    if not high > low:
        return np.zeros(pixels.shape, np.float32)
    return np.clip((pixels - low) / (high - low), -1.0, 2.0).astype(np.float32)
