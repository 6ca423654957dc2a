"""Models for tests of the sweep: quick, and able to fail on purpose."""

from typing import ClassVar

import numpy as np
from scipy import ndimage

from opsef_core.errors import MissingWeights
from opsef_core.models import Segmenter, segmenter


@segmenter
class Bright(Segmenter):
    """Connected bright pixels; counts how often its network ran."""

    cheap: ClassVar = frozenset({"level"})
    runs: ClassVar[list] = []
    level: float = 100.0
    blur_px: float = 0.0

    def network(self, pixels):
        self.runs.append(pixels.shape)
        return {"smooth": ndimage.gaussian_filter(pixels[0], self.blur_px)}

    def objects(self, raw):
        return ndimage.label(raw["smooth"] > self.level)[0].astype(np.int32), None


@segmenter
class Noop(Segmenter):
    """Finds nothing, at no cost."""

    offset: int = 0

    def objects(self, raw):
        return np.zeros(raw["pixels"].shape[1:], np.int32), None


@segmenter
class Fails(Segmenter):
    """Breaks on images whose mean is above a limit."""

    limit: float = 0.0

    def objects(self, raw):
        if raw["pixels"].mean() > self.limit:
            raise ZeroDivisionError("inside a library")
        return np.zeros(raw["pixels"].shape[1:], np.int32), None


@segmenter
class Homeless(Segmenter):
    """Has no weights on this machine."""

    def load(self, device):
        raise MissingWeights("The file homeless.bin is not here; put it into the folder weights.")


@segmenter
class Learned(Segmenter):
    """Bright pixels, with a model folder that says what it was trained on."""

    cheap: ClassVar = frozenset({"level"})
    pretrained: str = "nowhere"
    level: float = 100.0

    def objects(self, raw):
        return ndimage.label(raw["pixels"][0] > self.level)[0].astype(np.int32), None


@segmenter
class Half(Segmenter):
    """Sees only one half of the image."""

    side: str = "left"

    def objects(self, raw):
        pixels = raw["pixels"][0].copy()
        height, width = pixels.shape
        if self.side == "left":
            pixels[:, width // 2 :] = 0
        else:
            pixels[height // 2 :] = 0
        return ndimage.label(pixels > 100)[0].astype(np.int32), None
