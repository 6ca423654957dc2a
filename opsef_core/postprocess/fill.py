"""Fill holes inside objects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from ..data import Image, Labels
from ._pass import Pass, labels_pass


@labels_pass
class Fill(Pass):
    """Fill the holes of each object with its id; other objects inside a hole stay as they are.

    A hole is background that an object encloses completely (over edges, not over corners; in a stack in all three
    directions). It is filled if it has at most `max_hole_px` pixels; None fills every hole. Where one object lies in a
    hole of another, a hole of the inner one belongs to the inner one.
    """

    max_hole_px: int | None = Field(None, ge=1)

    def run(self, labels: Labels, image: Image) -> Labels:
        """Labels without holes."""
        compact = labels.compact()
        filled = labels.array().copy()
        boxes = ndimage.find_objects(compact)
        sizes = [np.prod([side.stop - side.start for side in box]) for box in boxes]
        for number in np.argsort(sizes, kind="stable"):  # inner objects lie in smaller boxes than what encloses them
            region = filled[boxes[number]]
            holes = self._holes(compact[boxes[number]] == number + 1) & (region == 0)
            region[holes] = labels.ids[number]
        return labels.then(self.act, filled)

    def _holes(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The pixels a mask encloses."""
        holes = ndimage.binary_fill_holes(mask) & ~mask
        if self.max_hole_px is None or not holes.any():
            return np.asarray(holes)
        numbered, _ = ndimage.label(holes)
        small = np.bincount(numbered.ravel()) <= self.max_hole_px
        return np.asarray(holes & small[numbered])
