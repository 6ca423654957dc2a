"""Texture of windows of one channel: Haralick's features of grey-level co-occurrence, responses of Gabor filters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SCALES_PX = (3, 5)
GREYS = 8
FLAT = 1e-3  # a channel that spans less of the scale from 0 to 1 has no texture
ROUNDING = 1e-4  # of a grey level: a value on the border of two falls on the same side in every number type
HARALICK = (
    "angular_second_moment",
    "contrast",
    "correlation",
    "variance",
    "inverse_difference_moment",
    "sum_average",
    "sum_variance",
    "sum_entropy",
    "entropy",
    "difference_variance",
    "difference_entropy",
    "information_1",
    "information_2",
)
GABOR = ("gabor_0deg", "gabor_90deg")


def haralick(windows: NDArray[Any], low: float, high: float) -> Floats:
    """Haralick's 13 features of pixels that lie 3, and 5, pixels apart along X.

    Source: Haralick, Shanmugam, Dinstein 1973, IEEE Trans. SMC 3, 610-621, doi:10.1109/TSMC.1973.4309314. Eight grey
    levels between low and high. Windows add up; no pair reaches from one into the next.

    Args:
        windows: (n, Y, X), from 0 to 1; X is more than 5.
        low: the value of the darkest pixels.
        high: the value of the brightest.

    Returns:
        (2 scales, 13), in the order of `HARALICK`. Of a constant channel: no contrast, correlation 1.
    """
    from skimage.feature import graycomatrix

    greys = np.zeros(windows.shape, np.uint8)
    if high - low > FLAT:
        greys = np.clip((windows - low) * (GREYS / (high - low)) + ROUNDING, 0, GREYS - 1).astype(np.uint8)
    tall = greys.reshape(-1, windows.shape[-1])
    pairs = graycomatrix(tall, SCALES_PX, [0.0], levels=GREYS, symmetric=True, normed=True)
    return np.stack([_described(p) for p in np.moveaxis(pairs[..., 0], -1, 0)])


def _described(p: Floats) -> Floats:
    """The 13 features of one symmetric co-occurrence matrix that sums to one."""
    i, j = np.indices(p.shape)
    one = p.sum(axis=0)
    levels = np.arange(len(p))
    mean = float(levels @ one)
    variance = float((levels - mean) ** 2 @ one)
    correlation = float(((i - mean) * (j - mean) * p).sum()) / variance if variance > 1e-12 else 1.0
    total = np.bincount((i + j).ravel(), p.ravel())
    apart = np.bincount(abs(i - j).ravel(), p.ravel())
    sums, differences = np.arange(len(total)), np.arange(len(apart))
    sum_average = float(sums @ total)
    entropy, single = _entropy(p), _entropy(one)
    # With equal marginals both of Haralick's reference entropies are twice the entropy of one of them.
    information_1 = (entropy - 2 * single) / single if single > 1e-12 else 0.0
    information_2 = np.sqrt(max(1 - np.exp(-2 * (2 * single - entropy)), 0.0))
    return np.array(
        [
            (p**2).sum(),
            (differences**2) @ apart,
            correlation,
            variance,
            (p / (1 + (i - j) ** 2)).sum(),
            sum_average,
            (sums - sum_average) ** 2 @ total,
            _entropy(total),
            entropy,
            (differences - differences @ apart) ** 2 @ apart,
            _entropy(apart),
            information_1,
            information_2,
        ]
    )


def _entropy(p: NDArray[Any]) -> float:
    """In nats."""
    some = p[p > 0]
    return float(-(some * np.log(some)).sum()) + 0.0


def gabor(windows: NDArray[Any]) -> Floats:
    """How strongly stripes two scales apart are there, across X and across Y.

    A complex Gabor filter in the middle of each window: frequency 1 / (2 x scale), sigma a third of the radius of a
    circle of the window's area. Root mean square over the windows.

    Args:
        windows: (n, Y, X), from 0 to 1.

    Returns:
        (2 scales, 2 directions).
    """
    _, height, width = windows.shape
    sigma = np.sqrt(height * width / np.pi) / 3
    (bell_y, y), (bell_x, x) = _bell(height, sigma), _bell(width, sigma)
    level = windows - windows.mean(axis=(1, 2), keepdims=True)
    rows, columns = level @ bell_x, bell_y @ level  # (n, Y) and (n, X): the filter is separable
    made = []
    for scale in SCALES_PX:
        across = columns @ (bell_x * np.exp(1j * np.pi / scale * x))
        down = rows @ (bell_y * np.exp(1j * np.pi / scale * y))
        made.append([np.sqrt(np.mean(np.abs(r) ** 2)) for r in (across, down)])
    return np.array(made)


def _bell(length: int, sigma: float) -> tuple[Floats, Floats]:
    """A Gaussian that sums to one, and where its points lie."""
    at = np.arange(length) - (length - 1) / 2
    bell = np.exp(-0.5 * (at / sigma) ** 2)
    return bell / bell.sum(), at
