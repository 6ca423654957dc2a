"""Training crops: one random, augmented, reproducible crop for each number."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.utils.data import Dataset

from .pixels import normalise, to_rgb
from .targets import three_classes, weights

CROP_PX = 256
SCALES = (0.5, 2.0)
DIAMETERS_PX = (8.0, 80.0)  # object size after scaling stays between these


class Crops(Dataset[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]):
    """Crop number i is the same crop in every run: its generator is seeded with (seed, i).

    Args:
        images: (Y, X) or (Y, X, 3) arrays of any number type.
        labels: (Y, X) instances, same order.
        shares: how often each image is drawn, any positive numbers.
        count: how many crops there are.
        seed: of the draw and of every augmentation.
        first: number of the first crop (to continue a training where it stopped).
    """

    def __init__(
        self,
        images: list[NDArray[Any]],
        labels: list[NDArray[Any]],
        shares: NDArray[Any],
        count: int,
        seed: int,
        first: int = 0,
    ) -> None:
        self.images = [np.ascontiguousarray(np.moveaxis(to_rgb(i), -1, 0)) for i in images]
        self.labels = [np.asarray(x, np.int32) for x in labels]
        self.diameters_px = [_median_diameter_px(x) for x in self.labels]
        self.shares = np.asarray(shares, float) / np.sum(shares)
        self.count, self.seed, self.first = count, seed, first

    def __len__(self) -> int:
        return self.count - self.first

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([self.seed, self.first + index])
        which = int(rng.choice(len(self.images), p=self.shares))
        pixels, labels = _place(self.images[which], self.labels[which], self.diameters_px[which], rng)
        pixels = _look(pixels, rng)
        return (
            torch.from_numpy(pixels),
            torch.from_numpy(three_classes(labels).astype(np.int64)),
            torch.from_numpy(weights(labels)),
        )


def _median_diameter_px(labels: NDArray[Any]) -> float:
    areas = np.bincount(labels.ravel())[1:]
    areas = areas[areas > 0]
    return float(2 * np.sqrt(np.median(areas) / np.pi)) if areas.size else 24.0


def _place(
    pixels: NDArray[Any], labels: NDArray[Any], diameter_px: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Cut a crop: random place, free rotation, flip and scale; what lies outside the image is mirrored."""
    low = max(SCALES[0], DIAMETERS_PX[0] / diameter_px)
    high = min(SCALES[1], DIAMETERS_PX[1] / diameter_px)
    scale = float(np.exp(rng.uniform(*np.log(sorted((low, high))))))
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.integers(4) * np.pi / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.diag([1.0, rng.choice([-1.0, 1.0])]) / scale
    room = np.maximum(np.array(labels.shape) - CROP_PX / scale, 0) / 2
    centre = np.array(labels.shape) / 2 + rng.uniform(-1, 1, 2) * room
    offset = centre - matrix @ np.full(2, CROP_PX / 2)
    window: dict[str, Any] = {"offset": offset, "output_shape": (CROP_PX, CROP_PX), "mode": "mirror"}
    if scale < 0.8:  # avoid aliasing when made smaller
        pixels = np.stack([ndimage.gaussian_filter(c, 0.4 / scale) for c in pixels])
    cut = np.stack([ndimage.affine_transform(c, matrix, order=1, **window) for c in pixels])
    ids = ndimage.affine_transform(labels, matrix, order=0, **window)
    return cut.astype(np.float32), ids.astype(np.int32)


def _look(pixels: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Change how a (3, Y, X) crop looks: stain, colour, inversion, gamma, contrast, blur, noise."""
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
        x = np.stack([ndimage.gaussian_filter(c, s) for c, s in zip(x, np.full(3, rng.uniform(0.3, 1.5)), strict=True)])
    if rng.random() < 0.4:
        noise = rng.standard_normal(x.shape if rng.random() < 0.5 else (1, *x.shape[1:]))
        x = x + rng.uniform(0, 0.12) * noise
    if rng.random() < 0.3:  # uneven light
        slope = rng.uniform(-0.5, 0.5, 2)
        grid = np.linspace(-0.5, 0.5, x.shape[-1])
        x = x * (1 + slope[0] * grid[:, None] + slope[1] * grid[None, :])
    x = x * rng.uniform(0.7, 1.2) + rng.uniform(-0.1, 0.1)
    return np.ascontiguousarray(np.clip(x, -1.0, 2.0), np.float32)
