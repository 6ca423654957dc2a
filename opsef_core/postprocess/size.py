"""Remove objects that are too small or too large."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ..data import Image, Labels
from ._limits import check_order, within
from ._pass import Pass, labels_pass


@labels_pass
class Size(Pass):
    """Keep objects of `min_area_px` to `max_area_px` pixels (voxels in a stack), both included.

    The area is the number of pixels that carry the id, as in the column `area_px` of the measurements.
    """

    min_area_px: int | None = Field(None, ge=0)
    max_area_px: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        check_order("min_area_px", self.min_area_px, "max_area_px", self.max_area_px)
        return self

    def run(self, labels: Labels, image: Image) -> Labels:
        """Labels without the objects outside of the limits."""
        return labels.keep(labels.ids[within(labels.areas_px, self.min_area_px, self.max_area_px)], self.act)
