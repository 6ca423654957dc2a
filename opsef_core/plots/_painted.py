"""Real images of a style above painted ones, both with the outlines of their objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from ..data import Image, Labels
from ..errors import NothingToShow
from ._board import INK
from ._overlay import Crop, overlay

COLUMNS = 5
PICTURE_IN = 2.0


def painted(
    real: Sequence[tuple[Image, Labels]], made: Sequence[tuple[Image, Labels]], columns: int = COLUMNS
) -> NDArray[Any]:
    """Draw real images with what was found in them, then painted ones plain and with the masks they were painted on.

    All are shown as crops of the size of the smallest of them, from the middle, pixel for pixel.

    Args:
        real: images and labels that the style was learned from.
        made: painted images and their labels.
        columns: how many of each, at most.

    Returns:
        (3, columns) array of the axes used; `[0, 0].figure` is the figure. Nothing is shown.

    Raises:
        NothingToShow: there are no painted images.
    """
    import matplotlib.pyplot as plt

    if not made:
        raise NothingToShow("No image of this style was painted, or none was good enough to be kept.")
    columns = max(1, min(columns, max(len(real), len(made))))
    side = min(n for image, _ in (*real[:columns], *made[:columns]) for n in (image.shape["Y"], image.shape["X"]))
    figure = plt.figure(figsize=(PICTURE_IN * columns, PICTURE_IN * 3 + 0.4), layout="constrained")
    axes: NDArray[Any] = figure.subplots(3, columns, squeeze=False)
    rows = (("real, with labels", real, True), ("painted", made, False), ("painted, with masks", made, True))
    for row, (title, pairs, outlined) in zip(axes, rows, strict=True):
        for axis in row:
            axis.set_axis_off()
        for axis, (image, labels) in zip(row, pairs, strict=False):
            crop = _middle(image, side)
            axis.imshow(overlay(image, labels if outlined else None, crop), interpolation="nearest")
        row[0].set_title(title, loc="left", fontsize=9, color=INK)
    return axes


def _middle(image: Image, side: int) -> Crop:
    height, width = image.shape["Y"], image.shape["X"]
    return (height - side) // 2, (width - side) // 2, side, side
