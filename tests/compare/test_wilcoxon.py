"""Signed-rank test against scipy's, Holm's correction and sample sizes by hand."""

import itertools

import numpy as np
import pytest
from scipy import stats

from opsef_core.compare import fewest, images_needed
from opsef_core.compare._statistics.wilcoxon import holm, signed_rank


@pytest.mark.parametrize("n", [2, 5, 6, 13, 30, 50])
def test_small_samples_are_exact_as_scipys(n):
    d = np.random.default_rng(n).normal(0.4, 1, n)
    assert signed_rank(d)[0] == pytest.approx(stats.wilcoxon(d, method="exact").pvalue, abs=1e-12)


@pytest.mark.parametrize("step", [0, 0.5])
def test_large_samples_are_scipys_normal_approximation_with_ties_or_without(step):
    d = np.random.default_rng(1).normal(0.2, 1, 90)
    d = np.rint(d / step) * step if step else d
    d = d[d != 0]
    assert signed_rank(d)[0] == pytest.approx(stats.wilcoxon(d, method="approx").pvalue, rel=1e-9)


def test_ties_are_exact_too():
    """All 2^7 choices of signs, counted."""
    d = np.array([1, 1, -1, 2, 2, 3, -4.0])
    ranks = stats.rankdata(np.abs(d))
    middle = ranks.sum() / 2
    sums = np.array([ranks[np.array(s)].sum() for s in itertools.product([False, True], repeat=7)])
    share = (np.abs(sums - middle) >= abs(ranks[d > 0].sum() - middle)).mean()
    assert signed_rank(d)[0] == pytest.approx(share)


def test_effect_by_hand():
    """Ranks 1 to 4, only the smallest negative: (9 - 1) / 10."""
    assert signed_rank(np.array([-0.1, 0.2, 0.3, 0.4]))[1] == pytest.approx(0.8)
    assert signed_rank(np.array([0.1, 0.2, 0.3])) == (0.25, 1.0)
    assert signed_rank(np.array([-0.1, -0.2, -0.3])) == (0.25, -1.0)


def test_zeros_are_left_out_and_nothing_but_zeros_is_no_difference():
    assert signed_rank(np.zeros(9)) == (1.0, 0.0)
    assert signed_rank(np.array([0.0, 0, 0, 0.1, 0.2, 0.3])) == (0.25, 1.0)
    assert signed_rank(np.array([0.0, 0, 0, 0.1])) == (1.0, 1.0)


def test_rounding_makes_no_difference():
    assert signed_rank(np.array([0.3 - 0.1 - 0.2, 0.1 + 0.2 - 0.3])) == (1.0, 0.0)


def test_missing_pairs_do_not_count_and_one_pair_is_no_test():
    assert signed_rank(np.array([0.1, np.nan, 0.2, 0.3])) == (0.25, 1.0)
    assert np.isnan(signed_rank(np.array([0.1, np.nan]))).all()
    assert np.isnan(signed_rank(np.zeros(0))).all()


def test_holm_by_hand():
    """0.01 x 4, 0.02 x 3, then 0.03 x 2 = 0.06 which equals it, 0.5 x 1."""
    assert holm(np.array([0.5, 0.01, 0.03, 0.02])) == pytest.approx([0.5, 0.04, 0.06, 0.06])


def test_holm_never_falls_never_exceeds_one_and_leaves_out_what_was_not_tested():
    assert holm(np.array([0.04, 0.03])) == pytest.approx([0.06, 0.06])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1, 1])
    assert holm(np.array([np.nan, 0.01, 0.02])) == pytest.approx([np.nan, 0.02, 0.02], nan_ok=True)
    assert holm(np.zeros(0)).shape == (0,)


def test_images_needed_by_hand():
    """(1.960 + 0.842)^2 x 0.05^2 / 0.02^2 = 49.06; / 0.955 = 51.4."""
    assert images_needed(0.05, 0.02) == 52
    assert images_needed(0.05, -0.02) == 52
    assert images_needed(0.0, 0.02) == 6


def test_so_many_images_do_show_the_difference():
    rng, n = np.random.default_rng(0), images_needed(0.05, 0.02)
    shown = [signed_rank(rng.normal(0.02, 0.05, n))[0] < 0.05 for _ in range(1000)]
    assert 0.76 < np.mean(shown) < 0.84


@pytest.mark.parametrize(("comparisons", "n"), [(1, 6), (3, 7), (780, 15)])
def test_fewest_images_that_can_show_anything(comparisons, n):
    assert fewest(comparisons) == n
    assert comparisons * signed_rank(np.arange(1.0, n + 1))[0] < 0.05
    assert comparisons * signed_rank(np.arange(1.0, n))[0] >= 0.05
