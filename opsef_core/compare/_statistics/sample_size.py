"""How many images a comparison needs."""

from __future__ import annotations

import math
from statistics import NormalDist

EFFICIENCY = 3 / math.pi  # of Wilcoxon's signed-rank test against the t test, normal differences: 0.955


def images_needed(sd: float, difference: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many images show a true difference of this size, in so many of a hundred trials as `power` says.

    n = ((z_(1 - alpha/2) + z_power) sd / difference)^2 / (3 / pi), rounded up, and at least what `fewest` says. It
    is the normal approximation for the paired t test, divided by the efficiency of Wilcoxon's test, for one
    comparison of two grid points. The standard deviation of a few images is itself a rough guess, so n is, too.

    Args:
        sd: standard deviation of the paired differences between images.
        difference: the mean difference to be shown, in units of the metric, of either sign.
        alpha: risk of a difference that is not there.
        power: chance that a true one is shown.

    Source: Lachin, Control. Clin. Trials 2, 93 (1981), doi:10.1016/0197-2456(81)90001-5; efficiency: Hodges &
    Lehmann, Ann. Math. Stat. 27, 324 (1956), doi:10.1214/aoms/1177728261.
    """
    z = NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)
    return max(fewest(1, alpha), math.ceil((z * sd / difference) ** 2 / EFFICIENCY))


def fewest(comparisons: int, alpha: float = 0.05) -> int:
    """The fewest images with which the signed-rank test can show anything after Holm's correction.

    The smallest p of n images is 2^(1 - n); times the number of comparisons it has to lie below alpha.
    """
    n = 2
    while comparisons * 2.0 ** (1 - n) >= alpha:
        n += 1
    return n
