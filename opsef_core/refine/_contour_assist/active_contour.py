"""A contour that moves to where inside and outside differ most."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from ._method import AssistMethod, CutOut, Mask, assist_method


@assist_method
class ActiveContour(AssistMethod):
    """The marked contour, moved to where inside and outside differ most; needs no model.

    Morphological snakes without edges: Marquez-Neila et al. 2014 (doi 10.1109/TPAMI.2013.106), after Chan and Vese 2001
    (doi 10.1109/83.902291).

    Attributes:
        iterations: how many steps it may move.
        smoothing: how smooth it is kept; 0 for not at all.
        outside_weight: how uniform the outside has to be, inside = 1; smaller for a patchy surrounding.
        channel: what it looks at in a colour image.
    """

    iterations: int = Field(20, ge=1, le=500)
    smoothing: int = Field(1, ge=0, le=10)
    outside_weight: float = Field(1.0, gt=0, le=10)
    channel: Literal["mean", "red", "green", "blue"] = "mean"

    def find(self, seen: CutOut) -> Mask:
        """What lies inside after the last step."""
        from skimage.segmentation import morphological_chan_vese

        if min(seen.rough.shape) < 2:  # there is no slope along a side of one pixel
            return seen.rough
        colour = len(seen.pixels) == 3 and self.channel != "mean"
        picture = seen.pixels[("red", "green", "blue").index(self.channel)] if colour else seen.pixels.mean(axis=0)
        inside = morphological_chan_vese(
            np.asarray(picture, np.float64),
            num_iter=self.iterations,
            init_level_set=seen.rough.astype(np.int8),
            smoothing=self.smoothing,
            lambda2=self.outside_weight,
        )
        return np.asarray(inside, bool)
