"""Bootstrap intervals against scipy's, and what is special to tables of images."""

import numpy as np
import pytest
from scipy import stats

from opsef_core.compare._statistics.bootstrap import bootstrap_means, interval_of_mean


def means(values, **options):
    """Intervals of columns in which every unit has one value."""
    return np.array(bootstrap_means(values, np.ones_like(values), **options))


@pytest.mark.parametrize("n", [12, 20, 40])
def test_one_column_is_scipys_bca(n):
    values = np.random.default_rng(n).beta(5, 2, n)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=999, method="BCa", rng=np.random.default_rng(3))
    ours = means(values[:, None], resamples=999, seed=3)
    assert ours[:, 0] == pytest.approx(theirs.confidence_interval, abs=1e-9)


def test_columns_do_not_depend_on_each_other():
    values = np.random.default_rng(0).beta(5, 2, (20, 3))
    together = means(values, resamples=500)
    alone = np.hstack([means(values[:, [c]], resamples=500) for c in range(3)])
    assert together == pytest.approx(alone, abs=1e-12)


def test_a_column_is_resampled_over_the_units_it_has():
    values = np.random.default_rng(0).beta(5, 2, (10, 2))
    counts = np.ones_like(values)
    values[7:, 1] = counts[7:, 1] = 0
    low, high = bootstrap_means(values, counts, resamples=500)
    assert [low[1], high[1]] == pytest.approx(means(values[:7, [1]], resamples=500)[:, 0])


def test_tiles_of_one_image_are_drawn_together():
    """Four tiles that are copies of each other tell no more than one."""
    values = np.random.default_rng(0).beta(5, 2, (12, 1))
    copies = np.array(bootstrap_means(4 * values, np.full_like(values, 4.0), resamples=500))
    assert copies == pytest.approx(means(values, resamples=500))


def test_units_with_more_tiles_weigh_more():
    sums, counts = np.array([[9.0], [0.0], [0.0]]), np.array([[9.0], [1.0], [1.0]])
    low, high = bootstrap_means(sums, counts, resamples=500)
    assert 0 <= low[0] < 9 / 11 < high[0] <= 1


def test_one_unit_or_none_has_no_interval_and_equal_ones_have_a_point():
    assert np.isnan(means(np.array([[0.5]]))).all()
    assert np.isnan(bootstrap_means(np.zeros((4, 1)), np.zeros((4, 1)))).all()
    assert means(np.full((6, 1), 0.1))[:, 0] == pytest.approx([0.1, 0.1])


def test_nominal_95_percent_cover_about_as_often():
    values = np.random.default_rng(5).beta(5, 2, (30, 1000))
    low, high = means(values, resamples=399)
    covered = ((low <= 5 / 7) & (high >= 5 / 7)).mean()
    assert 0.91 < covered < 0.97


def test_many_columns_and_blocks_give_what_few_do(monkeypatch):
    from opsef_core.compare._statistics import bootstrap as _bootstrap

    values = np.random.default_rng(0).beta(5, 2, (9, 5))
    whole = means(values, resamples=400)
    monkeypatch.setattr(_bootstrap, "COLUMNS", 2)
    assert means(values, resamples=400) == pytest.approx(whole, abs=1e-12)


def test_the_interval_of_one_mean_is_that_of_a_column():
    values = np.random.default_rng(0).normal(0.3, 1.0, 40)
    low, high = interval_of_mean(values)
    lows, highs = bootstrap_means(values[:, None], np.ones((40, 1)))
    assert (low, high) == (lows[0], highs[0])
    assert low < values.mean() < high
    assert np.isnan(interval_of_mean(values[:1])).all()
