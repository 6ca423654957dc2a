"""Wilcoxon's signed-rank test of paired differences, with its effect size, and Holm's correction."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EXACT_UP_TO = 50  # differences; beyond, the normal approximation is as good


def signed_rank(differences: Array) -> tuple[float, float]:
    """Two-sided p value of Wilcoxon's signed-rank test, and the matched-pairs rank-biserial correlation.

    Zero differences are left out, the others ranked by size, ties sharing their mean rank. R+ and R- are the sums of
    ranks of the positive and the negative differences. The effect is r = (R+ - R-) / (R+ + R-), from -1 (all
    negative) over 0 (balanced) to 1 (all positive). Up to 50 differences p is exact, ties included: R+ is compared
    with its values under all 2^n choices of signs. Beyond, R+ is taken as normal, with the variance reduced for ties.

    Nobody differs anywhere: p is 1, r is 0. The smallest p of n differences is 2^(1 - n): five can never reach 0.05.

    Args:
        differences: (n,) paired differences; NaN for a pair that is missing.

    Returns:
        (p, r); (NaN, NaN) for fewer than two pairs.

    Source: Wilcoxon, Biometrics Bulletin 1, 80 (1945), doi:10.2307/3001968; r: Kerby, Comprehensive Psychology 3, 1
    (2014), doi:10.2466/11.IT.3.1.
    """
    from scipy.stats import rankdata  # slow to import

    known = differences[~np.isnan(differences)].round(12)  # 0.3 - 0.1 and 0.2 are equal
    if len(known) < 2:
        return float("nan"), float("nan")
    known = known[known != 0]
    if not len(known):
        return 1.0, 0.0
    twice = np.rint(2 * rankdata(np.abs(known))).astype(int)  # mean ranks are halves: doubled they are whole
    plus, total = int(twice[known > 0].sum()), int(twice.sum())
    p = _exact(twice, plus) if len(known) <= EXACT_UP_TO else _normal(twice, plus)
    return p, (2 * plus - total) / total


def _exact(twice: NDArray[np.int_], plus: int) -> float:
    """Share of all choices of signs whose R+ lies as far from the middle as this one."""
    total = int(twice.sum())
    ways = np.zeros(total + 1)
    ways[0] = 1.0
    for rank in twice:  # each rank is added or not: half of the ways either
        ways[rank:] = (ways[rank:] + ways[:-rank]) / 2
        ways[:rank] /= 2
    tail = min(plus, total - plus)
    return float(min(1.0, 2 * ways[: tail + 1].sum()))


def _normal(twice: NDArray[np.int_], plus: int) -> float:
    """The same for many differences. The variance of R+ is sum(rank^2) / 4, ties included."""
    off = abs(plus - twice.sum() / 2)
    return 2 * NormalDist().cdf(float(-off / (np.sqrt((twice.astype(float) ** 2).sum()) / 2)))


def holm(p: Array) -> Array:
    """Correct p values after Holm, so that the risk that even one of them is below alpha by chance stays below alpha.

    The smallest p is multiplied by m, the next by m - 1, and so on; none may become smaller than the one before it.

    Args:
        p: (m,) p values; NaN where nothing was tested, which does not count in m.

    Source: Holm, Scand. J. Stat. 6, 65 (1979), https://www.jstor.org/stable/4615733.
    """
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    raised = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1.0) if len(order) else raised
    return adjusted
