"""All grid points against each other, image by image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._metric import lower_is_better
from .._ranking import ranking
from .bootstrap import RESAMPLES, bootstrap_means
from .paired import Paired, paired
from .sample_size import fewest, images_needed
from .wilcoxon import holm, signed_rank
from .wording import pair_in_words

Array = NDArray[np.float64]

WORTH = 0.02  # a difference that is worth knowing of


def compare_pairs(
    scores: pd.DataFrame,
    metric: str = "dsb_score",
    *,
    by: str | None = None,
    alpha: float = 0.05,
    worth: float = WORTH,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Every grid point against every other: by how much is it better, and could that be chance?

    Both are compared on the same images, so that an image which is hard for everybody does not blur the difference.
    Tiles of one image count as one: the interval draws whole images, the test compares their mean differences.

    Args:
        scores: one row an image x grid point, as for `ranking`; failed cells as rows count as the worst score.
        metric: a column of scores; lower is better if its name ends in `_error`.
        by: column that tells which images belong together; `parent` or `image` if left out.
        alpha: risk that anything in the table is called better wrongly.
        worth: the difference for which `images_needed` is computed, in units of the metric.
        resamples: number of bootstrap draws.
        seed: of the draws; the same seed gives the same table.

    Returns:
        One row a pair, in the order of the ranking; `a` is the one that ranks before `b`. `difference` is the mean of
        a minus b over the images both have; `low`, `high` its bootstrap interval (level 1 - alpha, for this pair
        alone); `p` of Wilcoxon's signed-rank test, `p_holm` after Holm's correction for all pairs of the table;
        `effect`, the matched-pairs rank-biserial correlation, 1: a is better on every image, -1: b is; `better`, the
        one that was shown to be better (`p_holm` below alpha, mean and ranks of one mind), or ""; `n_images`,
        `n_units` (tiles of one image count once); `sd` of the differences between units; `images_needed` to show
        `worth` with a chance of 80 % if only these two are compared; `in_words`.

    Raises:
        NothingToShow: the table has no such column.
    """
    square = paired(scores, metric, by)
    order = list(ranking(scores, metric)["grid_point"].astype(str))
    return all_pairs(square, order, metric, alpha, worth, resamples, seed)


def all_pairs(
    square: Paired, order: list[str], metric: str, alpha: float, worth: float, resamples: int, seed: int
) -> pd.DataFrame:
    """`compare_pairs` of scores that have been put into a rectangle and ranked before."""
    columns = np.array([square.grid_points.index(name) for name in order if name in square.grid_points], int)
    first, second = np.triu_indices(len(columns), k=1)
    names = np.array([square.grid_points[c] for c in columns], dtype=object)
    apart = (square.values[:, columns[first]] - square.values[:, columns[second]]).round(12)
    sums, counts = square.by_unit(apart)
    low, high = bootstrap_means(sums, counts, 1 - alpha, resamples, seed)
    each = _ratio(sums, counts)  # mean difference of each unit
    good = -1.0 if lower_is_better(metric) else 1.0
    tests = np.array([signed_rank(good * column) for column in each.T]).reshape(-1, 2)
    table = pd.DataFrame({"a": names[first], "b": names[second]})
    table["difference"] = _ratio(sums.sum(0), counts.sum(0))
    table["low"], table["high"] = low, high
    table["p"], table["p_holm"], table["effect"] = tests[:, 0], holm(tests[:, 0]), tests[:, 1]
    table["better"] = _better(table, good, alpha)
    table["n_images"], table["n_units"] = counts.sum(0).astype(int), (counts > 0).sum(0)
    table["sd"] = pd.DataFrame(each).std().to_numpy()
    table["images_needed"] = pd.array([_needed(sd, worth, alpha) for sd in table["sd"]], dtype="Int64")
    tested = int(table["p"].notna().sum())
    about: dict[str, Any] = {"metric": metric, "together": square.together, "alpha": alpha, "worth": worth}
    about["fewest"] = fewest(max(1, tested), alpha)
    table.attrs |= about
    table["in_words"] = [pair_in_words(row, about, tested) for row in table.to_dict("records")]
    return table


def _ratio(sums: Array, counts: Array) -> Array:
    """Means; NaN where there is nothing."""
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))


def _better(table: pd.DataFrame, good: float, alpha: float) -> list[str]:
    """Who was shown to be better: the test says so, and the mean does not say the opposite."""
    side = np.sign((good * table["difference"]).round(12))
    shown = (table["p_holm"] < alpha) & (side == np.sign(table["effect"]))
    return list(np.where(shown, np.where(side > 0, table["a"], table["b"]), ""))


def _needed(sd: float, worth: float, alpha: float) -> int | None:
    return None if np.isnan(sd) else images_needed(sd, worth, alpha)
