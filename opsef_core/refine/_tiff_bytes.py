"""Arrays as the bytes of TIFF files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray


def tiff(pixels: NDArray[Any], rgb: bool = False) -> bytes:
    """A zlib-compressed TIFF; bool as uint8.

    Args:
        pixels: (Y, X), (Z, Y, X), or (Y, X, 3) for colour.
        rgb: whether the last axis is colour.
    """
    from tifffile import imwrite

    buffer = io.BytesIO()
    pixels = pixels.astype(np.uint8) if pixels.dtype == bool else pixels
    kind = "rgb" if rgb else "minisblack"
    imwrite(buffer, pixels, photometric=kind, compression="zlib", metadata=None, software="opsef-core")
    return buffer.getvalue()


def label_tiff(pixels: NDArray[np.int32]) -> bytes:
    """A label image with 16 bits where they suffice, else 32."""
    kind: Any = np.uint16 if pixels.max(initial=0) <= np.iinfo(np.uint16).max else np.uint32
    return tiff(pixels.astype(kind))
