"""The parameters of the correction: all relative to the typical object, so that they hold at every magnification."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

# p1 to p6 of Hollandi et al. 2020 (STAR Methods): 0.17, 44 px, 0.9375, 1 px, 1 px, 0.8, for nuclei of 40 px.
PAPER: dict[str, Any] = {
    "merge_surrounded": 0.17,
    "min_area": 0.035,
    "foreground_threshold": 0.9375,
    "softness": 0.0,
    "inwards": 0.025,
    "outwards": 0.025,
    "min_mean_foreground": 0.8,
}


class Correction(BaseModel):
    """How found objects are corrected; the defaults were chosen on images of the training side of BBBC038.

    Attributes:
        merge_surrounded: an object is merged into another one that makes up more than this part of its outline.
        min_area: objects smaller than this part of the median object are dropped.
        foreground_threshold: probability from which on the U-Net takes a pixel near a contour for an object's.
        softness: how much nearer to the inside less probability suffices, and farther outside more is wanted.
        inwards: how far inside of its contour an object may lose pixels, in parts of the median diameter.
        outwards: how far outside it may gain pixels.
        min_mean_foreground: objects with a lower mean probability are dropped.
    """

    merge_surrounded: float = Field(0.5, gt=0, le=1)
    min_area: float = Field(0.1, ge=0, le=1)
    foreground_threshold: float = Field(0.65, ge=0, le=1)
    softness: float = Field(0.75, ge=0, le=1)
    inwards: float = Field(0.1, ge=0, le=0.5)
    outwards: float = Field(0.15, ge=0, le=0.5)
    min_mean_foreground: float = Field(0.5, ge=0, le=1)
