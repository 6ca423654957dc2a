"""Mean binning: fewer, larger pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..data import Act, Image, Pixels
from ..errors import BadParameter


def bin_pixels(image: Image, factor: int | tuple[int, ...] | Mapping[str, int]) -> Image:
    """Average blocks of pixels into one; the pixel size grows by the factor.

    Nothing is lost: where the size is no multiple of the factor, the last block is smaller, and the average is of what
    is there (10 pixels by 4 become 3, the last from two). Whole numbers stay of their type, rounded (half goes up);
    so a colour image of 8 bit stays one. Real numbers stay real. Lazy pixels stay lazy. The result is an image of its
    own, no longer a tile or sub-stack of another: bin before tiling.

    Args:
        image: any axes.
        factor: pixels a block: one number for Y and X (Z is never binned unless asked), (y, x), (z, y, x), or by
            axis, {"Y": 2, "X": 4}.

    Raises:
        BadParameter: a factor below 1, or for an axis that is no axis of space or not there.
    """
    factors = {a: f for a, f in _by_axis(image, factor).items() if f > 1}
    if not factors:
        return image
    own = replace(
        image,
        spacing_um={a: v * factors.get(a, 1) for a, v in image.spacing_um.items()},
        parent=None,
        origin={},
        parent_shape={},
    )
    steps = tuple(factors.get(a, 1) for a in image.axes)
    binned = _lazily(image.pixels, steps) if image.lazy else _mean_blocks(image.pixels, steps)
    return own.then(Act("bin", "mean", {"factor": dict(sorted(factors.items()))}), binned)


def _by_axis(image: Image, factor: Any) -> dict[str, int]:
    """The factor of each axis that was asked for, checked."""
    if isinstance(factor, Mapping):
        asked = dict(factor)
    else:
        values = tuple(factor) if isinstance(factor, tuple | list) else (factor, factor)
        if len(values) not in (2, 3):
            raise BadParameter(f"factor={factor!r} is not possible: one number, (y, x), or (z, y, x).")
        asked = dict(zip("ZYX"[-len(values) :], values, strict=True))
    for axis, value in asked.items():
        if axis not in image.axes or axis not in "ZYX":
            space = ", ".join(a for a in image.axes if a in "ZYX")
            raise BadParameter(f"{image.name} cannot be binned along {axis!r}; it has the axes {space}.")
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise BadParameter(f"A binning factor is a whole number from 1; {axis} = {value!r} is not possible.")
    return asked


def _mean_blocks(pixels: Pixels, steps: tuple[int, ...]) -> Pixels:
    """Average blocks of `steps` pixels along each axis, in 64 bit; the type stays."""
    sums, counts = pixels.astype(np.float64), np.ones((1,) * pixels.ndim)
    for axis, step in enumerate(steps):
        n = pixels.shape[axis]
        if step == 1 or not n:
            continue
        starts = np.arange(0, n, step)
        sums = np.add.reduceat(sums, starts, axis=axis)
        sizes = np.diff(np.append(starts, n))
        counts = counts * sizes.reshape([-1 if a == axis else 1 for a in range(pixels.ndim)])
    return _as_type(sums / counts, pixels.dtype)


def _as_type(means: Pixels, dtype: np.dtype[Any]) -> Pixels:
    """Means as pixels of a type: whole numbers rounded, half up."""
    if dtype.kind == "f":
        return means.astype(dtype)
    rounded = np.floor(means + 0.5)
    if dtype.itemsize == 8:  # the largest 64-bit numbers have no exact float beside them
        rounded = np.clip(rounded, float(np.iinfo(dtype).min), np.nextafter(float(np.iinfo(dtype).max), 0))
    return rounded.astype(dtype)


def _lazily(pixels: Any, steps: tuple[int, ...]) -> Any:
    """The same for a dask array: chunks are cut at multiples of the block, so that no block lies in two."""
    even = tuple(_multiples(sizes, step) for sizes, step in zip(pixels.chunks, steps, strict=True))
    chunks = tuple(tuple(-(-n // step) for n in sizes) for sizes, step in zip(even, steps, strict=True))
    return pixels.rechunk(even).map_blocks(_mean_blocks, steps=steps, chunks=chunks, dtype=pixels.dtype)


def _multiples(sizes: tuple[int, ...], step: int) -> tuple[int, ...]:
    """Chunk sizes moved to the next multiples of `step`; their sum stays."""
    ends = np.cumsum(sizes)
    cuts = np.unique(np.minimum(-(-ends // step) * step, ends[-1]))
    return tuple(int(n) for n in np.diff(cuts, prepend=0))
