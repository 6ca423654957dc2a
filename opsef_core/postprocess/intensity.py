"""Remove objects that are too dark or too bright."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import model_validator
from scipy import ndimage

from ..data import Image, Labels, Pixels
from ..errors import UnknownName
from ._limits import check_order, within
from ._pass import Pass, labels_pass


@labels_pass
class Intensity(Pass):
    """Keep objects whose mean intensity lies within the limits, both included; None is no limit.

    Measured on the image that is given, in its own range (0..255, 0..65535): the unprocessed one, unless the caller
    gives another; as the columns mean_intensity of the measurements of that image.

    `channel` is a name, or a number counted from 0; None takes the mean of all channels.
    """

    min_mean_intensity: float | None = None
    max_mean_intensity: float | None = None
    channel: str | int | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.min_mean_intensity, self.max_mean_intensity
        check_order("min_mean_intensity", low, "max_mean_intensity", high)
        return self

    def run(self, labels: Labels, image: Image) -> Labels:
        """Labels without the objects outside of the limits.

        Raises:
            BadLabels: image and labels are not of one size.
            UnknownName: the image has no such channel.
        """
        pixels = self._plane(image, labels.intensities(image))
        means = ndimage.mean(pixels, labels.compact(), np.arange(1, labels.count + 1))
        inside = within(np.asarray(means), self.min_mean_intensity, self.max_mean_intensity)
        return labels.keep(labels.ids[inside], self.act)

    def _plane(self, image: Image, pixels: Pixels) -> Pixels:
        """The one channel that decides, of the labels' shape."""
        if self.channel is None:
            return np.asarray(pixels[0] if len(pixels) == 1 else pixels.mean(axis=0))
        names = list(image.channels) or ["0"]
        if self.channel in names:
            return np.asarray(pixels[names.index(str(self.channel))])
        if isinstance(self.channel, str) or not 0 <= self.channel < len(pixels):
            raise UnknownName(f"channel of {image.name}", str(self.channel), names)
        return np.asarray(pixels[self.channel])
