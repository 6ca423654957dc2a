"""Parametric nuclei: ellipses with a random wave on their outline, as elongated and as rough as the measured ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._outlines import POINTS, Coefficients, of_points
from .layout import Layout
from .shapes import ShapeBank

WAVES = np.arange(2, 9)  # on the outline; two is a change of elongation, three a pear or a bean, eight a crumple
LEAST_RADIUS = 0.3  # of the ellipse's; what dents deeper is drawn again


def parametric_bank(layout: Layout, *, count: int = 3000, seed: int = 0) -> ShapeBank:
    """A bank of made-up outlines whose elongation follows a layout and whose roughness spans all there is.

    Each is an ellipse, walked by its eccentric angle, whose radius is multiplied by 1 + a sum of waves with random
    phases and amplitudes that fall with a power of the wave number. So outlines never cross themselves. The strength
    (0.003 to 0.5) and the power (1.5 to 3) are drawn anew for every outline; which of them a layout needs is decided
    where shapes are chosen, by features measured on the very outline that is stored.

    Args:
        layout: whose elongations to follow.
        count: number of outlines.
        seed: the same seed gives the same bank.
    """
    rng = np.random.default_rng(seed)
    elongations, weights = layout.values("elongation")
    found = np.zeros((0, 0), np.complex128)
    while len(found) < count:
        drawn = rng.choice(elongations, count, p=weights / weights.sum()) * rng.lognormal(0, 0.1, count)
        more = _outlines(np.maximum(1.0, drawn), rng)
        found = np.concatenate([found, more]) if len(found) else more
    return ShapeBank(found[:count], np.full(count, "parametric"), np.full(count, "parametric"))


def _outlines(elongation: NDArray[np.float64], rng: np.random.Generator) -> Coefficients:
    """Coefficients for one outline an elongation, but for those that dent too deep."""
    n = len(elongation)
    strength = np.exp(rng.uniform(np.log(0.003), np.log(0.5), (n, 1)))
    falling = (WAVES / 2.0) ** -rng.uniform(1.5, 3.0, (n, 1))
    amplitude = strength * falling * rng.rayleigh(0.7, (n, len(WAVES)))
    phase = rng.uniform(0, 2 * np.pi, (n, len(WAVES)))
    angle = np.arange(POINTS) * 2 * np.pi / POINTS
    radius = 1 + (amplitude[:, :, None] * np.cos(WAVES[:, None] * angle + phase[:, :, None])).sum(1)
    ellipse = np.cos(angle) + 1j * np.sin(angle) / elongation[:, None]
    return of_points((ellipse * radius)[radius.min(1) >= LEAST_RADIUS])
