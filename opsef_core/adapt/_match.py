"""Choosing shapes: for each measured nucleus a nearest one of a bank, none twice, so that distributions match."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._objects import shape_table
from ._outlines import FEATURES, filled, points
from .layout import Layout
from .shapes import ShapeBank

TRIED = 300  # shapes drawn in pixels to learn what pixels do to features
LARGE_PX = 2500  # area beyond which pixels do no more than here
CHOICES = 24  # nearest shapes among which a free one is looked for


class Matcher:
    """A bank made ready for the nuclei of a layout.

    Features are standardised by their spread in the layout (so none counts more because its numbers are larger), and
    those of the bank are put as they would be measured in pixels at the layout's usual size.
    """

    def __init__(self, bank: ShapeBank, layout: Layout, rng: np.random.Generator) -> None:
        from scipy.spatial import cKDTree

        self.bank = bank
        shapes = layout.shapes
        offered = as_measured(bank, float(np.median(shapes["area_px"])), rng)
        asked = _logged(shapes[list(FEATURES)].to_numpy(float))
        spread = asked.std(axis=0) if len(asked) > 1 else np.zeros(len(FEATURES))
        self._scale = np.where(spread > 1e-6, spread, offered.std(axis=0) + 1e-6)
        self._tree = cKDTree(offered / self._scale)

    def choose(self, wanted: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
        """(n,) places in the bank, one for each row of (n, 3) elongation, circularity, solidity.

        Rows choose in a random order, each the nearest shape that is free; only where there are more rows than shapes
        some are used again.
        """
        if not len(wanted):
            return np.zeros(0, np.int64)
        size = len(self.bank)
        wanted = _logged(wanted) / self._scale
        near = self._tree.query(wanted, k=min(CHOICES, size))[1].reshape(len(wanted), -1)
        chosen = np.zeros(len(wanted), np.int64)
        taken: set[int] = set()
        for row in rng.permutation(len(wanted)):
            free = [n for n in near[row].tolist() if n not in taken]
            if not free and len(taken) < size:
                farther = np.atleast_1d(self._tree.query(wanted[row], k=len(taken) + 1)[1])
                free = [n for n in farther.tolist() if n not in taken]
            chosen[row] = free[0] if free else rng.choice(near[row])
            taken.add(int(chosen[row]))
        return chosen


def as_measured(bank: ShapeBank, area_px: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n, 3) log elongation, circularity and solidity the shapes of a bank have once they are pixels.

    Some are drawn at this area and measured; a line through them, feature by feature, says it for all.
    """
    exact = _logged(bank.features)
    some = rng.permutation(len(bank))[:TRIED]
    turned = (
        points(bank.outlines[some]) * np.sqrt(min(area_px, LARGE_PX)) * np.exp(2j * np.pi * rng.random((len(some), 1)))
    )
    measured = _logged(sheet([filled(z) for z in turned])[list(FEATURES)].to_numpy(float))
    found = exact.copy()
    for n in range(exact.shape[1]):
        x, y = exact[some, n], measured[:, n]
        slope = np.cov(x, y, bias=True)[0, 1] / x.var() if len(some) >= 10 and x.var() > 1e-8 else 1.0
        found[:, n] = y.mean() + slope * (exact[:, n] - x.mean())
    return found


def sheet(masks: list[NDArray[np.bool_]]) -> pd.DataFrame:
    """Measure single masks, (Y, X) each, all at once: laid out side by side on one label image."""
    height, width = (max(m.shape[axis] for m in masks) + 2 for axis in (0, 1))
    ids = np.zeros((height, width * len(masks)), np.int32)
    for number, mask in enumerate(masks):
        left = number * width + 1
        ids[1 : 1 + mask.shape[0], left : left + mask.shape[1]][mask] = number + 1
    return shape_table(ids, len(masks))


def _logged(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elongation is a ratio, so it is compared by its logarithm."""
    found = np.array(values, float)
    found[:, 0] = np.log(found[:, 0])
    return found
