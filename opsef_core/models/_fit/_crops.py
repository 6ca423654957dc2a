"""Random crops of examples, the same for every family: place, turn, flip, scale; stain, light, blur, noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label

from .._normalise import normalise
from ._examples import Example
from ._trainer import Crop

SCALES = (0.5, 2.0)
DIAMETERS_PX = (8.0, 80.0)  # object size after scaling stays between these


class Crops:
    """Crop number i is the same crop in every run: its generator is seeded with (seed, i).

    Args:
        examples: annotated images; each is drawn as often as its share says.
        seed: of the draw and of every augmentation.
        size_px: side of a crop; an image smaller than this is continued by its mirror image.
        scales: an image is made larger or smaller by a factor between these ...
        diameters_px: ... such that its median object has a diameter between these; where both cannot be, this counts.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        seed: int,
        size_px: int = 256,
        scales: tuple[float, float] = SCALES,
        diameters_px: tuple[float, float] = DIAMETERS_PX,
    ) -> None:
        self.pixels = [np.ascontiguousarray(e.pixels()) for e in examples]
        self.labels = [e.truth.compact() for e in examples]
        self.diameters_px = [median_diameter_px(e) for e in examples]
        self.seed, self.size_px, self.scales, self.bounds_px = seed, size_px, scales, diameters_px
        shares = np.array([e.share for e in examples], float)
        self.shares = shares / shares.sum()

    def __getitem__(self, number: int) -> Crop:
        rng = np.random.default_rng([self.seed, number])
        which = int(rng.choice(len(self.pixels), p=self.shares))
        smallest, largest = (bound / self.diameters_px[which] for bound in self.bounds_px)
        low, high = np.clip(self.scales, smallest, largest)
        scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        pixels, labels = _place(self.pixels[which], self.labels[which], scale, self.size_px, rng)
        return Crop(look(pixels, rng), labels)


def median_diameter_px(example: Example) -> float:
    """Diameter of the disc with the median object's area; 24 px for an image without objects."""
    areas = example.truth.areas_px
    return float(2 * np.sqrt(np.median(areas) / np.pi)) if areas.size else 24.0


def _place(
    pixels: NDArray[np.float32], labels: NDArray[np.int32], scale: float, size_px: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Cut a crop: random place, free rotation and flip; what lies outside the image is mirrored."""
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.integers(4) * np.pi / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.diag([1.0, rng.choice([-1.0, 1.0])]) / scale
    room = np.maximum(np.array(labels.shape) - size_px / scale, 0) / 2
    centre = np.array(labels.shape) / 2 + rng.uniform(-1, 1, 2) * room
    offset = centre - matrix @ np.full(2, size_px / 2)
    window: dict[str, Any] = {"offset": offset, "output_shape": (size_px, size_px), "mode": "mirror"}
    if scale < 0.8:  # avoid aliasing when made smaller
        pixels = np.stack([ndimage.gaussian_filter(c, 0.4 / scale) for c in pixels])
    cut = np.stack([ndimage.affine_transform(c, matrix, order=1, **window) for c in pixels])
    ids = ndimage.affine_transform(labels, matrix, order=0, **window).astype(np.int32)
    if (np.array(labels.shape) < size_px / scale).any():  # much is mirrored: an object and its image are two
        ids = label(ids, connectivity=1).astype(np.int32)
    return cut.astype(np.float32), ids


def look(pixels: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Change how a (3, Y, X) crop looks: stain, colour, inversion, gamma, blur, noise, uneven light, contrast."""
    x = pixels
    if np.ptp(x - x[:1]) > 0:  # a colour image
        if rng.random() < 0.25:
            x = np.repeat(x.mean(0, keepdims=True), 3, axis=0)
        else:
            x = x * rng.uniform(0.8, 1.2, (3, 1, 1))
            x = x[rng.permutation(3)] if rng.random() < 0.2 else x
    x = normalise(x)
    if rng.random() < 0.3:
        x = 1.0 - x
    x = np.sign(x) * np.abs(x) ** np.exp(rng.uniform(-0.5, 0.5))
    if rng.random() < 0.3:
        sigma = rng.uniform(0.3, 1.5)
        x = np.stack([ndimage.gaussian_filter(c, sigma) for c in x])
    if rng.random() < 0.4:
        noise = rng.standard_normal(x.shape if rng.random() < 0.5 else (1, *x.shape[1:]))
        x = x + rng.uniform(0, 0.12) * noise
    if rng.random() < 0.3:
        slope = rng.uniform(-0.5, 0.5, 2)
        down, right = (np.linspace(-0.5, 0.5, n) for n in x.shape[1:])
        x = x * (1 + slope[0] * down[:, None] + slope[1] * right[None, :])
    x = x * rng.uniform(0.7, 1.2) + rng.uniform(-0.1, 0.1)
    return np.ascontiguousarray(np.clip(x, -1.0, 2.0), np.float32)
