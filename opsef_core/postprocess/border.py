"""Remove objects that the edge of the image cuts."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from ..data import Image, Labels
from ._pass import Pass, labels_pass


@labels_pass
class Border(Pass):
    """Remove objects that touch the border of the image, or come nearer to it than `margin_px`.

    With `margin_px` 0 an object goes if it has a pixel in the outermost row or column; with 5, if it has one in the
    outermost six. In a stack the first and last plane are border, too, unless `z` is false. For a tile, the border is
    that of the whole image it was cut from: an object at the seam of two tiles stays.
    """

    margin_px: int = Field(0, ge=0)
    z: bool = True

    def run(self, labels: Labels, image: Image) -> Labels:
        """Labels without the objects at the border."""
        pixels = labels.array()
        touching = [np.zeros(0, pixels.dtype)]
        for position, axis in enumerate(labels.axes):
            if axis == "Z" and not self.z:
                continue
            whole = labels.parent_shape.get(axis, labels.shape[axis])
            place = np.arange(labels.shape[axis]) + labels.origin.get(axis, 0)
            near = (place <= self.margin_px) | (place >= whole - 1 - self.margin_px)
            touching.append(np.unique(np.compress(near, pixels, axis=position)))
        return labels.keep(np.setdiff1d(labels.ids, np.concatenate(touching)), self.act)
