"""Label images as the browser gets them: runs of equal ids, packed. It draws the outlines itself, sharp at any zoom."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from ..data import Image, Labels
from ..errors import BadLabels


def plane(labels: Labels, image: Image) -> NDArray[np.int32]:
    """(Y, X) ids that belong to what `Image.for_display` shows: of a stack the middle plane.

    Raises:
        BadLabels: labels and image are not of one size.
    """
    ids: NDArray[np.int32] = labels.array()[labels.shape["Z"] // 2] if "Z" in labels.axes else labels.array()
    if ids.shape != (image.shape["Y"], image.shape["X"]):
        raise BadLabels(f"The labels {labels.name} have the size {labels.shape}, their image has {image.shape}.")
    return ids


def reduced(ids: NDArray[np.int32], step: int) -> NDArray[np.int32]:
    """Of each `step` x `step` pixels the id in the middle; the size is that of a picture reduced by the same step."""
    if step == 1:
        return ids
    rows, columns = (np.minimum(np.arange(0, n, step) + step // 2, n - 1) for n in ids.shape)
    return np.asarray(ids[np.ix_(rows, columns)])


def packed(ids: NDArray[np.int32]) -> bytes:
    """Ids row by row as pairs (id, how many in a row), int32 little-endian, compressed with zlib."""
    flat = ids.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=flat[:1] - 1)) if flat.size else np.zeros(0, np.int64)
    lengths = np.diff(starts, append=flat.size)
    return zlib.compress(np.stack([flat[starts], lengths], axis=1).astype("<i4").tobytes(), 6)


def unpacked(data: bytes, shape: tuple[int, int]) -> NDArray[np.int32]:
    """The ids again, (Y, X); what the browser does."""
    pairs = np.frombuffer(zlib.decompress(data), "<i4").reshape(-1, 2)
    return np.repeat(pairs[:, 0], pairs[:, 1]).reshape(shape).astype(np.int32)
