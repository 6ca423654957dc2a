"""Edits as they travel: rectangles of ids in runs, a few hundred numbers for a stroke of the brush."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BadLabels

LARGEST_ID = 2**31 - 1


def put_patch(ids: NDArray[np.int32], patch: Mapping[str, Any]) -> None:
    """Write a patch into a label image, in place.

    Args:
        ids: (Y, X).
        patch: `left`, `top`, `width`, `height` in pixels; `runs`: id, how many in a row, id, how many, ... row by row.

    Raises:
        BadLabels: it is no patch, or reaches beyond the image.
    """
    try:
        left, top, width, height = (int(patch[name]) for name in ("left", "top", "width", "height"))
        runs = np.asarray(patch["runs"], np.float64).reshape(-1, 2)
    except (KeyError, TypeError, ValueError):
        raise BadLabels(f"This is no edit: {str(patch)[:80]}") from None
    values, counts = runs[:, 0], runs[:, 1]
    fits = 0 <= top <= top + height <= ids.shape[0] and 0 <= left <= left + width <= ids.shape[1]
    whole = bool((runs == np.floor(runs)).all()) and bool((values >= 0).all()) and bool((values <= LARGEST_ID).all())
    if not fits or not whole or (counts < 0).any() or counts.sum() != width * height:
        raise BadLabels(f"An edit of {width} x {height} px at row {top}, column {left} does not fit the image.")
    filled = np.repeat(values.astype(np.int32), counts.astype(np.int64))
    ids[top : top + height, left : left + width] = filled.reshape(height, width)


def patch_of(ids: NDArray[np.int32], rows: slice, columns: slice) -> dict[str, Any]:
    """A rectangle of a label image as a patch; also of a mask, whose ids are 0 and 1."""
    part = np.ascontiguousarray(ids[rows, columns]).ravel()
    starts = np.flatnonzero(np.diff(part, prepend=part[:1] - 1)) if part.size else np.zeros(0, np.int64)
    counts = np.diff(starts, append=part.size)
    runs = np.stack([part[starts], counts], axis=1).ravel().tolist()
    size = {"width": columns.stop - columns.start, "height": rows.stop - rows.start}
    return {"left": columns.start, "top": rows.start, **size, "runs": runs}
