"""COCO's run-length encoding of masks, plain (a list of counts) and compressed (text).

Format facts: counts run down the columns, background first; in the compressed form each count, from the fourth on less
the one two before it, is written in groups of five bits, lowest first, as characters from "0" on (48 + group, and 32
more when another group follows; the last group carries the sign).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BadLabels
from ._outlines import Mask

Counts = NDArray[np.int64]
FIRST_CHARACTER, MORE, SIGN, LOW = 48, 32, 16, 31
MOST_GROUPS = 8  # 40 bits; an image has fewer pixels


class Stencil(NamedTuple):
    """An (h, w) mask, and the row and column of its first pixel in the image."""

    inside: Mask
    top: int
    left: int


def counts_of(inside: Mask, top: int, left: int, height: int, width: int) -> Counts:
    """Counts of an object, an (h, w) mask with its first pixel at a row and column, in an image of this size."""
    columns = np.pad(inside.T, ((0, 0), (1, 1))).astype(np.int8)
    column, change = np.nonzero(np.diff(columns, axis=1))
    at = (column + left) * height + change + top  # beginnings and ends of runs, in turn
    if inside.shape[0] == height:  # runs that reach round from one column into the next are one
        joined = np.flatnonzero(at[1:-1:2] == at[2::2]) * 2 + 1
        at = np.delete(at, np.concatenate([joined, joined + 1]))
    every = np.concatenate([[0], at, [height * width]])
    counts = np.diff(every)
    return counts if counts[-1] else counts[:-1]


def stencil_of(counts: Any, height: int, width: int) -> Stencil:
    """The object that counts describe.

    Raises:
        BadLabels: counts that are none, or that do not add up to the image.
    """
    try:
        found = np.asarray(counts)
    except (ValueError, TypeError, OverflowError):  # lists in lists, of different lengths
        raise BadLabels("counts that are no numbers") from None
    if found.ndim != 1 or found.dtype.kind not in "iuf" or not (np.abs(found) <= height * width).all():
        raise BadLabels("counts that are no whole numbers from 0 to the size of the image")
    numbers = found.astype(np.int64)
    if (numbers != found).any() or (numbers < 0).any():
        raise BadLabels("counts that are no whole numbers from 0 to the size of the image")
    total = sum(numbers.tolist())
    if total != height * width:
        raise BadLabels(f"counts that add up to {total} pixels, not to {height * width}")
    ends = np.cumsum(numbers)
    begin, end = ends[:-1:2], ends[1::2]
    begin, end = begin[end > begin], end[end > begin]
    if not len(begin):
        return Stencil(np.zeros((0, 0), bool), 0, 0)
    (first, top), (last, bottom) = np.divmod(begin, height), np.divmod(end - 1, height)
    rows = (int(top.min()), int(bottom.max()) + 1) if (first == last).all() else (0, height)
    high, left, wide = rows[1] - rows[0], int(first.min()), int(last.max() - first.min()) + 1
    changes = np.zeros(high * wide + 1, np.uint8)
    np.add.at(changes, (first - left) * high + top - rows[0], 1)
    np.add.at(changes, (last - left) * high + bottom - rows[0] + 1, 1)
    inside = np.bitwise_xor.accumulate(changes[:-1] & 1).reshape(wide, high).T.astype(bool)
    return Stencil(inside, rows[0], left)


def packed(counts: Counts) -> str:
    """Counts in the compressed form."""
    rest = counts.astype(np.int64)
    rest[3:] -= counts[1:-2]
    groups = np.zeros((len(counts), MOST_GROUPS), np.uint8)
    used = np.zeros(groups.shape, bool)
    going = np.ones(len(counts), bool)
    for k in range(MOST_GROUPS):
        low = rest & LOW
        rest = rest >> 5
        more = np.where(low & SIGN, rest != -1, rest != 0)
        used[:, k] = going
        groups[:, k] = low + FIRST_CHARACTER + MORE * more
        going = going & more
    return str(groups[used].tobytes(), "ascii")


def unpacked(text: str) -> Counts:
    """Counts from the compressed form.

    Raises:
        BadLabels: another text.
    """
    try:
        groups = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - FIRST_CHARACTER
    except UnicodeEncodeError:
        raise BadLabels("counts with letters that are none") from None
    last = np.flatnonzero((groups & MORE) == 0)
    if not len(groups) or groups.min() < 0 or groups.max() > 63 or not len(last) or last[-1] != len(groups) - 1:
        raise BadLabels("counts that are cut off, or with letters that are none")
    begin = np.concatenate([[0], last[:-1] + 1])
    lengths = last - begin + 1
    if lengths.max() > MOST_GROUPS:
        raise BadLabels("counts that are far too large")
    place = np.arange(len(groups)) - np.repeat(begin, lengths)
    values = np.add.reduceat((groups & LOW) << (5 * place), begin)
    values -= np.where(groups[last] & SIGN, np.int64(1) << (5 * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
