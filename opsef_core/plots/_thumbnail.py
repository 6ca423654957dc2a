"""One object in a small picture, with its outline in the truth and in the result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Image, Labels
from ._overlay import FOUND, TRUE, Colour, Picture

SIDE_PX = 160  # of the picture
LEAST_PX = 24  # of the crop: fewer image pixels show no surroundings
MARGIN = 235  # grey of what lies outside of a small image
DIMMED = 0.45  # how much of its colour an outline keeps that is not of the object shown


class Shelf(Protocol):
    """Where images, truth and results are found; a `Run` is one."""

    def image(self, name: str) -> Image:
        """An image by name."""

    def truth_of(self, image: str) -> Labels | None:
        """The true labels of an image."""

    def labels(self, key: str) -> Labels:
        """A result by key."""


def thumbnails(rows: pd.DataFrame, shelf: Shelf, side_px: int = SIDE_PX) -> list[Picture]:
    """A picture of each row of a table of errors, in order: the object and what is around it.

    The object fills half of the picture, so small and large ones look alike. Its outlines and those of its partners
    have the colours `TRUE` and `FOUND`, where they lie upon each other in turns; those of other objects are dimmed.
    Of a stack the plane through the middle of the object is shown.

    Args:
        rows: of `Run.errors`.
        shelf: gives image, truth and result of each row, usually the run.
        side_px: height and width of the pictures.

    Returns:
        (side_px, side_px, 3) uint8 each.
    """
    pictures: dict[Any, Picture] = {}
    groups: Any = rows.groupby(["image", "key"], sort=False)
    for (name, key), some in groups:
        image, truth, found = shelf.image(name), shelf.truth_of(name), shelf.labels(key)
        shown = {} if "Z" in image.axes else {0: image.for_display()}
        for place, row in some.iterrows():
            z = round(row["centroid_z_px"]) if "Z" in found.axes else 0
            if z not in shown:
                shown[z] = _plane(image, z).for_display()
            sides = [None if labels is None else _ids(labels, z) for labels in (truth, found)]
            pictures[place] = _drawn(shown[z], sides, row, side_px)
    return [pictures[place] for place in rows.index]


def _plane(image: Image, z: int) -> Image:
    at = image.axes.index("Z")
    if image.shape["Z"] == 1 or z >= image.shape["Z"]:
        return image
    return replace(image, pixels=np.take(image.array(), z, at), axes=image.axes.replace("Z", ""))


def _ids(labels: Labels, z: int) -> NDArray[np.int32]:
    ids: NDArray[np.int32] = labels.array()[z] if "Z" in labels.axes else labels.array()
    return ids


def _drawn(shown: Picture, sides: Iterable[NDArray[np.int32] | None], row: pd.Series[Any], side_px: int) -> Picture:
    """The crop around an object, enlarged, with outlines."""
    window = _window(row)
    picture = _scaled(_cut(shown, window, MARGIN), side_px)
    own, others = [int(row["id"])], [int(i) for i in str(row["partners"]).split()]
    focus = (own, others) if row["side"] == "truth" else (others, own)
    lines = []
    for ids, mine, colour in zip(sides, focus, (TRUE, FOUND), strict=True):
        if ids is not None:
            near = _enlarged(_cut(ids, window, 0), side_px)
            line = _outline(near)
            _paint(picture, line & ~np.isin(near, mine), colour, DIMMED)
            lines.append((line & np.isin(near, mine), colour))
    for line, colour in lines:
        _paint(picture, line, colour)
    if len(lines) == 2:
        stripes = (np.add.outer(np.arange(side_px), np.arange(side_px)) // 7) % 2 == 0
        _paint(picture, lines[0][0] & lines[1][0] & stripes, TRUE)
    return picture


def _window(row: pd.Series[Any]) -> tuple[int, int, int]:
    """Top, left and side of the crop, which may reach over the image's edge."""
    side = max(2 * int(max(row["height_px"], row["width_px"])), LEAST_PX)
    top = int(row["top_px"]) + int(row["height_px"]) // 2 - side // 2
    left = int(row["left_px"]) + int(row["width_px"]) // 2 - side // 2
    return top, left, side


def _cut(pixels: NDArray[Any], window: tuple[int, int, int], outside: int) -> NDArray[Any]:
    """A square piece; what lies outside of the image has one value."""
    top, left, side = window
    piece = np.full((side, side, *pixels.shape[2:]), outside, pixels.dtype)
    rows = slice(max(top, 0), min(top + side, pixels.shape[0]))
    columns = slice(max(left, 0), min(left + side, pixels.shape[1]))
    to = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
    piece[to] = pixels[rows, columns]
    return piece


def _scaled(piece: Picture, side_px: int) -> Picture:
    from PIL import Image as Pillow

    return np.array(Pillow.fromarray(piece).resize((side_px, side_px), Pillow.Resampling.BICUBIC))


def _enlarged(ids: NDArray[np.int32], side_px: int) -> NDArray[np.int32]:
    nearest = ((np.arange(side_px) + 0.5) * len(ids) / side_px).astype(int)
    return np.asarray(ids[np.ix_(nearest, nearest)], np.int32)


def _outline(ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Two pixels along the inside of each object's border."""
    from scipy.ndimage import binary_dilation

    line = Labels(ids, "YX", "thumbnail", source="thumbnail").outlines()
    wide: NDArray[np.bool_] = binary_dilation(line, mask=ids > 0)
    return wide


def _paint(picture: Picture, where: NDArray[np.bool_], colour: Colour, strength: float = 1.0) -> None:
    picture[where] = (strength * np.array(colour) + (1 - strength) * picture[where]).astype(np.uint8)
