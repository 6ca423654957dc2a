"""Where a model sees objects, near what was marked."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from ._method import AssistMethod, CutOut, Mask, assist_method


@assist_method
class ProbabilityMap(AssistMethod):
    """Pixels that a model holds for object, at the resolution of the image.

    After the contour assist of AnnotatorJ (Hollandi et al. 2020, doi 10.1091/mbc.E20-02-0156), with a threshold that is
    seen and can be moved.

    Attributes:
        threshold: from this probability on a pixel belongs to an object.
        inverted: take what the model holds for background.
    """

    needs_probability: ClassVar[bool] = True

    threshold: float = Field(0.5, ge=0, le=1)
    inverted: bool = False

    def find(self, seen: CutOut) -> Mask:
        """Pixels at or above the threshold."""
        assert seen.probability is not None  # `suggest` has looked
        inside = seen.probability >= self.threshold
        return np.asarray(~inside if self.inverted else inside, bool)
