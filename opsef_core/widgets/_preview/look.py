"""What is seen of an image after a step: a picture, the values that are black and white in it, and a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import Image
from .._pictures import png

LOW, HIGH = 0.5, 99.8  # percentiles that become black and white, as in every picture
BINS = 96


@dataclass(frozen=True)
class Look:
    """A picture of one region after some steps, ready to be sent.

    Attributes:
        png: 8 bit, of the region's size.
        black, white: the values that are 0 and 255 in it, one for each shown channel (one for all of a colour image).
        least, most: smallest and largest value.
        counts: pixels in equal bins, a row a shown channel.
        bins: where the first bin begins, and how wide each is. Whole numbers have bins of whole width.
        channels: names of the shown channels; empty for grey.
        whole: whether all values are whole numbers.
    """

    png: bytes
    black: list[float]
    white: list[float]
    least: float
    most: float
    counts: list[list[int]]
    bins: tuple[float, float]
    channels: list[str]
    whole: bool

    def answer(self) -> dict[str, Any]:
        """As it travels."""
        return dict(self.__dict__)


def look(image: Image) -> Look:
    """How a plane (Y, X) or (C, Y, X) is seen; of more than three channels the first three.

    Unlike `Image.for_display`, all kinds of images are stretched alike, so that two steps can be compared.
    """
    x = np.asarray(image.array(), np.float32)
    x = x[:3] if "C" in image.axes else x[None]
    if len(x) > 1 and all(np.array_equal(x[0], other) for other in x[1:]):  # grey, stored in channels
        x = x[:1]
    together = image.is_rgb or len(x) == 1
    black, white = _levels(x, together)
    least, most = float(x.min()), float(x.max())
    for c, (dark, light) in enumerate(zip(black, white, strict=True)):
        if not light > dark:  # a few bright objects on an even ground
            black[c], white[c] = least, most if most > least else least + max(1.0, abs(least) / 1000)
    whole = bool((x == np.rint(x)).all())
    bins, number = _bins(least, most, whole)
    return Look(
        png=png(_stretched(x, black, white), effort=1),
        black=black,
        white=white,
        least=least,
        most=most,
        counts=[_counts(channel, *bins, number) for channel in x],
        bins=bins,
        channels=list(image.channels[:3]) if len(x) > 1 else [],
        whole=whole,
    )


def _levels(x: NDArray[np.float32], together: bool) -> tuple[list[float], list[float]]:
    """The values that become black, and those that become white; one for each channel, or for all."""
    found = np.percentile(x, (LOW, HIGH), axis=None if together else (1, 2))
    low, high = np.reshape(found, (2, -1)).astype(float).tolist()
    return low, high


def _stretched(x: NDArray[np.float32], black: list[float], white: list[float]) -> NDArray[np.uint8]:
    """(Y, X, 3) of one to three channels."""
    dark, light = (np.array(levels, np.float32)[:, None, None] for levels in (black, white))
    unit = np.clip((x - dark) / np.where(light > dark, light - dark, 1), 0, 1)
    bytes_ = np.rint(255 * unit).astype(np.uint8)
    filled = np.repeat(bytes_, 3, 0) if len(x) == 1 else np.pad(bytes_, ((0, 3 - len(x)), (0, 0), (0, 0)))
    return np.ascontiguousarray(np.moveaxis(filled, 0, -1))


def _bins(least: float, most: float, whole: bool) -> tuple[tuple[float, float], int]:
    """Where the first bin begins and how wide each is, and how many there are: at most `BINS`."""
    if whole and most - least < 1e6:
        width = ceil((most - least + 1) / BINS)  # the same number of values in each, or the bars are a comb
        return (least - 0.5, float(width)), ceil((most - least + 1) / width)
    return (least, max((most - least) / BINS, 1e-30)), BINS


def _counts(channel: NDArray[np.float32], first: float, width: float, number: int) -> list[int]:
    found = ((channel - np.float32(first)) * np.float32(1 / width)).astype(np.int32)
    return [int(n) for n in np.bincount(np.clip(found, 0, number - 1).ravel(), minlength=number)]
