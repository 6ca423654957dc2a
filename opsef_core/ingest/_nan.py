"""Fill what is no number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data import Act, Image


def replace_nan(image: Image, value: float) -> Image:
    """Put a number where pixels are NaN or infinite. An image of whole numbers has none and is given back as it is.

    Args:
        image: any axes. Lazy pixels stay lazy.
        value: what to put there.
    """
    if image.pixels.dtype.kind != "f":
        return image
    filled = image.pixels.map_blocks(_filled, value) if image.lazy else _filled(image.pixels, value)
    return image.then(Act("fill", "replace_nan", {"value": float(value)}), filled)


def _filled(pixels: Any, value: float) -> Any:
    return np.where(np.isfinite(pixels), pixels, np.asarray(value, pixels.dtype))
