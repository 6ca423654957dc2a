"""Bootstrap intervals of means over images, for many columns at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 9999
LEVEL = 0.95
AT_ONCE = 4_000_000  # numbers in a block of resamples
COLUMNS = 1000  # columns whose resampled means are held in memory together


def bootstrap_means(
    sums: Array, counts: Array, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[Array, Array]:
    """Bias-corrected and accelerated (BCa) bootstrap intervals of column means, whole units being resampled.

    A unit is what was sampled independently: an image, or all tiles of one. From K units K are drawn with replacement;
    the mean of a draw is sum(sums of the drawn units) / sum(their counts), so units with more tiles weigh more, as
    they do in the mean itself. The interval lies between the quantiles Phi(z0 + (z0 + z) / (1 - a (z0 + z))) of these
    means, z = +-1.96 for 95 %: z0, the bias, is the normal score of the share of draws below the mean, and a, the
    acceleration, comes from leaving out one unit at a time.

    All columns get the same draws, so intervals of one table belong together, and the same seed gives the same ones.
    A column is resampled over the units it has, those with a count above 0. Few units make the interval too
    short: of scores drawn from Beta(5, 2), nominal 95 % cover 83 % with 5 images, 90 % with 10, 93 % with 20.

    Args:
        sums: (units, columns), for each unit the sum of its values.
        counts: (units, columns), how many values these are.
        level: coverage.
        resamples: number of draws.
        seed: of the draws.

    Returns:
        Lower and upper ends, (columns,); NaN where there are fewer than two units.

    Source: Efron, J. Am. Stat. Assoc. 82, 171 (1987), doi:10.1080/01621459.1987.10478410; resampling whole clusters:
    Field & Welsh, J. R. Stat. Soc. B 69, 369 (2007), doi:10.1111/j.1467-9868.2007.00593.x.
    """
    low = np.full(sums.shape[1], np.nan)
    high = low.copy()
    for first in range(0, sums.shape[1], COLUMNS):
        part = slice(first, first + COLUMNS)
        low[part], high[part] = _intervals(sums[:, part], counts[:, part], level, resamples, seed)
    return low, high


def interval_of_mean(values: Array, level: float = LEVEL, seed: int = 0) -> tuple[float, float]:
    """The interval of the mean of independent values (n,), as `bootstrap_means` makes it; NaN for fewer than two."""
    low, high = bootstrap_means(values[:, None], np.ones((len(values), 1)), level, seed=seed)
    return float(low[0]), float(high[0])


def _intervals(sums: Array, counts: Array, level: float, resamples: int, seed: int) -> tuple[Array, Array]:
    there = counts > 0
    patterns, which = np.unique(there, axis=1, return_inverse=True)
    low = np.full(sums.shape[1], np.nan)
    high = low.copy()
    for number in range(patterns.shape[1]):
        rows, columns = patterns[:, number], np.flatnonzero(which.ravel() == number)
        if rows.sum() < 2:
            continue
        total, n = sums[np.ix_(rows, columns)], counts[np.ix_(rows, columns)]
        drawn = np.sort(_drawn_means(total, n, resamples, seed), axis=0)
        for end, side in ((low, (1 - level) / 2), (high, (1 + level) / 2)):
            end[columns] = _quantiles(drawn, _bca(total, n, drawn, side))
    return low, high


def _drawn_means(sums: Array, counts: Array, resamples: int, seed: int) -> Array:
    """Means of the draws, (resamples, columns). Rounded: draws that are equal must not differ in the last bit."""
    rng, units = np.random.default_rng(seed), len(sums)
    means = np.empty((resamples, sums.shape[1]))
    step = max(1, AT_ONCE // units)
    for first in range(0, resamples, step):
        drawn = rng.integers(0, units, (min(step, resamples - first), units))
        drawn += units * np.arange(len(drawn))[:, None]
        times = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(float)
        means[first : first + step] = (times @ sums) / (times @ counts)
    return means.round(12)


def _bca(sums: Array, counts: Array, drawn: Array, side: float) -> Array:
    """The quantile of the draws at which the interval ends, by column."""
    from scipy.special import ndtr, ndtri  # slow to import

    mean = (sums.sum(0) / counts.sum(0)).round(12)
    below = ((drawn < mean).sum(0) + (drawn <= mean).sum(0)) / (2 * len(drawn))
    bias = ndtri(below.clip(1 / len(drawn), 1 - 1 / len(drawn)))
    without = (sums.sum(0) - sums) / (counts.sum(0) - counts)
    off = without.mean(0) - without
    spread = (off**2).sum(0)
    flat = spread < 1e-24  # all units alike
    acceleration = np.where(flat, 0.0, (off**3).sum(0) / (6 * np.where(flat, 1.0, spread) ** 1.5))
    z = bias + ndtri(side)
    return np.asarray(ndtr(bias + z / (1 - acceleration * z)), dtype=np.float64)


def _quantiles(ordered: Array, at: Array) -> Array:
    """The quantile `at` of each sorted column, linear between neighbours."""
    place = at * (len(ordered) - 1)
    below = np.floor(place).astype(int).clip(0, len(ordered) - 2)
    columns = np.arange(ordered.shape[1])
    first, second = ordered[below, columns], ordered[below + 1, columns]
    return np.asarray(first + (second - first) * (place - below), dtype=np.float64)
