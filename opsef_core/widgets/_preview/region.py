"""The part of an image that is previewed: a plane, and of a large one a square that can be moved."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data import Image
from ...errors import BadImage, BadParameter
from .._pictures import liveliest, png

SIDE_PX = 512  # of the region at most
OVERVIEW_PX = 220  # of the longer side of the picture in which the region is moved

Place = tuple[int, int]  # row and column of the first pixel


class Source:
    """An image, of which regions are taken. A lazy one is read where it is looked at.

    Args:
        image: of a stack the middle plane is taken, of a series the first time point; all channels.

    Attributes:
        height, width: of the image in pixels.
        size: of the regions.
        notes: sentences on what is left out.

    Raises:
        BadParameter: it is no `Image`.
        BadImage: it has no pixels, or none that are numbers.
    """

    def __init__(self, image: Any) -> None:
        if not isinstance(image, Image):
            raise BadParameter(
                f"The preview shows an opsef Image, not an object of type {type(image).__name__}: take one of "
                "opsef.images(folder), or make one of an array by Image(pixels, 'YX', 'its name')."
            )
        self.name, self.um = image.name, image.spacing_um.get("X")
        self.notes = _left_out(image)
        self._plane = _plane(image)
        self.height, self.width = self._plane.shape["Y"], self._plane.shape["X"]
        if not self.height * self.width:
            raise BadImage(f"{image.name} has no pixels: its shape is {image.shape}.")
        self.size = min(self.height, SIDE_PX), min(self.width, SIDE_PX)
        self.whole = self.size == (self.height, self.width)
        if not self.whole:
            self.notes.append(
                f"A region of {self.size[0]} × {self.size[1]} px of {self.height} × {self.width}; drag the frame to "
                "move it. Percentiles and ranges are taken over the region: on the whole image a result can look "
                "different."
            )

    def overview(self) -> tuple[bytes, Place]:
        """All of a large image as a small picture, PNG, and where most happens in it: a place for the region."""
        step = -(-max(self.height, self.width) // OVERVIEW_PX)
        thin = self._part(slice(None, None, step), slice(None, None, step))
        picture = thin.for_display()
        rows, columns = liveliest(picture, max(1, SIDE_PX // step), max(1, SIDE_PX // step))
        return png(picture), self.held(rows.start * step, columns.start * step)

    def held(self, row: int, column: int) -> Place:
        """The nearest place at which a region lies inside of the image."""
        (high, wide) = self.size
        return min(max(row, 0), self.height - high), min(max(column, 0), self.width - wide)

    def region(self, place: Place) -> Image:
        """The pixels of a region, in memory.

        Raises:
            BadImage: NaN or infinite values, or pixels that are no numbers.
        """
        row, column = self.held(*place)
        return self._part(slice(row, row + self.size[0]), slice(column, column + self.size[1])).checked()

    def _part(self, rows: slice, columns: slice) -> Image:
        plane = self._plane
        pixels = plane.pixels[..., rows, columns]
        pixels = pixels if isinstance(pixels, np.ndarray) else np.asarray(pixels.compute())
        return Image(pixels, plane.axes, plane.name, plane.spacing_um, plane.source, channels=plane.channels)


def _plane(image: Image) -> Image:
    """(Y, X) or (C, Y, X): first time point, middle plane."""
    pixels, axes = image.pixels, image.axes
    for axis in "TZ":
        if axis in axes:
            at = axes.index(axis)
            middle = 0 if axis == "T" else pixels.shape[at] // 2
            pixels, axes = pixels[(slice(None),) * at + (middle,)], axes.replace(axis, "")
    return Image(pixels, axes, image.name, image.spacing_um, image.source, channels=image.channels)


def _left_out(image: Image) -> list[str]:
    told = []
    if "Z" in image.axes:
        deep = image.shape["Z"]
        told.append(f"Plane {deep // 2 + 1} of {deep} is shown; ranges are those of this plane alone.")
    if "T" in image.axes:
        told.append(f"Time point 1 of {image.shape['T']} is shown.")
    if image.shape.get("C", 1) > 3:
        told.append(f"Steps see all {image.shape['C']} channels; the first three are shown as red, green and blue.")
    return told
