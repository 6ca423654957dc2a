"""Z projection: a stack becomes one plane."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..data import Act, Image
from ..errors import BadImage, UnknownName

PROJECTIONS = ("sum", "max", "median", "mean")


def project(image: Image, how: str) -> Image:
    """Make one plane of a stack: the sum, maximum, median or mean along Z.

    An image without a Z axis is given back as it is. T and C stay. Lazy pixels stay lazy. The result is an image of
    its own, no longer a sub-stack of another.

    The type of the result depends on the type of the pixels only, never on their number, and nothing overflows:

    - max: the type of the pixels;
    - sum: uint32 for bool, uint8 and uint16 (65,537 planes of 16 bit fit), int64 and uint64 for the other whole
      numbers, the type itself, at least float32, for real ones;
    - median, mean: not rounded, float32; float64 for pixels of 32 bit and more that are whole, or of 64 bit.

    Args:
        image: axes with or without Z.
        how: "sum", "max", "median" or "mean".

    Raises:
        UnknownName: another `how`; the nearest is offered.
        BadImage: a stack of no planes.
    """
    if how not in PROJECTIONS:
        raise UnknownName("projection", str(how), PROJECTIONS)
    if "Z" not in image.axes:
        return image
    if not image.shape["Z"]:
        raise BadImage(f"{image.name} has no planes to project.")
    axis = image.axes.index("Z")
    to = _dtype(image.pixels.dtype, how)
    flat = replace(
        image,
        spacing_um={a: v for a, v in image.spacing_um.items() if a != "Z"},
        parent=None,
        origin={},
        parent_shape={},
    )
    pixels = _lazily(image.pixels, how, axis, to) if image.lazy else _reduce(image.pixels, how, axis, to)
    return flat.then(Act("project", how), pixels, image.axes.replace("Z", ""))


def _dtype(dtype: np.dtype[Any], how: str) -> np.dtype[Any]:
    """The type of a projection of pixels of a type; see `project`."""
    if how == "max":
        return dtype
    real = dtype.kind == "f"
    if how == "sum" and not real:
        wide = {"b": np.uint32, "u": np.uint32 if dtype.itemsize <= 2 else np.uint64, "i": np.int64}
        return np.dtype(wide[dtype.kind])
    return np.dtype(np.float64 if dtype.itemsize >= (8 if real else 4) else np.float32)


def _reduce(pixels: Any, how: str, axis: int, to: np.dtype[Any]) -> Any:
    """Project an array in memory; sums and means of real numbers are gathered in 64 bit."""
    if how == "max":
        return pixels.max(axis=axis)
    if how == "median":
        return np.median(pixels.astype(to, copy=False), axis=axis).astype(to, copy=False)
    gather = to if to.kind in "ui" else np.dtype(np.float64)
    return getattr(np, how)(pixels, axis=axis, dtype=gather).astype(to, copy=False)


def _lazily(pixels: Any, how: str, axis: int, to: np.dtype[Any]) -> Any:
    """Project a dask array: a column of chunks at a time for the median, chunk by chunk for the others."""
    if how == "max":
        return pixels.max(axis=axis)
    if how == "median":
        whole = pixels.rechunk({axis: -1})
        return whole.map_blocks(_reduce, how=how, axis=axis, to=to, drop_axis=axis, dtype=to)
    gather = to if to.kind in "ui" else np.dtype(np.float64)
    return getattr(pixels, how)(axis=axis, dtype=gather).astype(to)
