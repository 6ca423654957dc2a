"""Outlines of objects over their image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..data import Image, Labels
from ..errors import BadImage, BadLabels

Picture = NDArray[np.uint8]
Crop = tuple[int, int, int, int]
Colour = tuple[int, int, int]
T = TypeVar("T", bound=np.generic)

# Seen on black and on pink alike, with a dark rim, and told apart by people who are colour-blind.
FOUND: Colour = (184, 255, 20)
TRUE: Colour = (0, 229, 255)


def overlay(
    image: Image,
    labels: Labels | None = None,
    crop: Crop | None = None,
    zoom: int = 1,
    line_px: int = 1,
    colour: Colour = FOUND,
) -> Picture:
    """The image with the outlines of all objects drawn over it.

    Outlines lie inside of the objects and have a width in pixels of the picture, so with `zoom` they stay thin while
    pixels grow; wide ones have a dark rim, so that they are seen on any background. Of a stack the middle plane is
    shown.

    Args:
        image: any axes; shown as `Image.for_display` stretches the whole image, whatever the crop.
        labels: of the same size; None shows the image alone.
        crop: top, left, height, width in pixels; what reaches over the edge is cut off.
        zoom: picture pixels an image pixel, per side.
        line_px: width of an outline in pixels of the picture; from 2 on it has a rim.
        colour: red, green, blue, 0 to 255.

    Returns:
        (Y * zoom, X * zoom, 3) uint8, a new array.

    Raises:
        BadLabels: image and labels are not of one size.
        BadImage: the crop lies outside of the image.
    """
    return overlays(image, [(labels, colour)], crop, zoom, line_px)[0]


def overlays(
    image: Image,
    layers: Sequence[tuple[Labels | None, Colour]],
    crop: Crop | None = None,
    zoom: int = 1,
    line_px: int = 1,
) -> list[Picture]:
    """One picture a layer, as `overlay` draws it; the image is prepared only once."""
    window = _window(image, crop)
    plain = _enlarged(image.for_display()[window], zoom)
    return [
        plain.copy() if labels is None else _drawn(plain, _ids(image, labels)[window], zoom, line_px, colour)
        for labels, colour in layers
    ]


def _ids(image: Image, labels: Labels) -> NDArray[np.int32]:
    """The plane of ids that belongs to what `Image.for_display` shows."""
    ids: NDArray[np.int32] = labels.array()[labels.shape["Z"] // 2] if "Z" in labels.axes else labels.array()
    if ids.shape != (image.shape["Y"], image.shape["X"]):
        raise BadLabels(
            f"The labels {labels.name} have the size {labels.shape} and cannot be drawn over {image.name}, "
            f"which has {image.shape}."
        )
    return ids


def _drawn(plain: Picture, ids: NDArray[np.int32], zoom: int, line_px: int, colour: Colour) -> Picture:
    """The picture with outlines of `line_px` pixels."""
    from scipy import ndimage

    picture, ids = plain.copy(), _enlarged(ids, zoom)
    line = Labels(ids, "YX", "picture", source="picture").outlines()
    if line_px > 1:
        line = ndimage.binary_dilation(line, iterations=line_px - 1, mask=ids > 0)
        rim = ndimage.binary_dilation(line, np.ones((3, 3), bool))
        picture[rim] = (picture[rim] * 0.45).astype(np.uint8)
    picture[line] = colour
    return picture


def _window(image: Image, crop: Crop | None) -> tuple[slice, slice]:
    """Rows and columns to be shown."""
    size = (image.shape["Y"], image.shape["X"])
    top, left, height, width = crop if crop is not None else (0, 0, *size)
    rows, columns = slice(max(top, 0), min(top + height, size[0])), slice(max(left, 0), min(left + width, size[1]))
    if crop is not None and (rows.stop <= rows.start or columns.stop <= columns.start):
        raise BadImage(
            f"The crop {crop} (top, left, height, width) holds no pixel of {image.name}, which has "
            f"{size[0]} rows and {size[1]} columns."
        )
    return rows, columns


def _enlarged(pixels: NDArray[T], zoom: int) -> NDArray[T]:
    """Each pixel repeated along Y and X."""
    return pixels if zoom == 1 else np.repeat(np.repeat(pixels, zoom, axis=0), zoom, axis=1)
