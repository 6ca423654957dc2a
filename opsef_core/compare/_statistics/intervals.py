"""The ranking with what it does not say: how sure each mean is, and what it costs."""

from __future__ import annotations

import pandas as pd

from .._metric import lower_is_better
from .._ranking import ranking
from .bootstrap import LEVEL, RESAMPLES, bootstrap_means
from .paired import Paired, paired
from .pareto import pareto_front

MEMORY = ("peak_memory_mb", "working_memory_mb", "gpu_memory_mb")  # of the worst image: what a machine must have


def intervals(
    scores: pd.DataFrame,
    metric: str = "dsb_score",
    *,
    by: str | None = None,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Grid points from best to worst, each mean with its bootstrap interval over images, and the cost beside it.

    The interval says where the mean may lie on other images of the same kind. Intervals that overlap do not mean
    that two grid points are equally good: both saw the same images, and `compare_pairs` makes use of that. Images
    are resampled, or whole images where the table holds tiles (column `parent`).

    Args:
        scores: one row an image x grid point, as for `ranking`; failed cells as rows count as the worst score.
        metric: a column of scores; lower is better if its name ends in `_error`.
        by: column that tells which images belong together, say "patient"; `parent` or `image` if left out.
        level: coverage of the intervals.
        resamples: number of bootstrap draws.
        seed: of the draws; the same seed gives the same table.

    Returns:
        What `ranking` gives, and: `low`, `high` (NaN for one unit), `n_units` (images that are independent: tiles of
        one count once), the largest `peak_memory_mb`, `working_memory_mb` and `gpu_memory_mb` of its cells where the
        table has them, `on_front` (nothing is both as good and as fast; see `pareto_front`).

    Raises:
        NothingToShow: the table has no such column.
    """
    return add_intervals(scores, metric, paired(scores, metric, by), level, resamples, seed)


def add_intervals(
    scores: pd.DataFrame, metric: str, square: Paired, level: float, resamples: int, seed: int
) -> pd.DataFrame:
    """`intervals` of scores that have been put into a rectangle before."""
    scores = scores.sort_values(["grid_point", "image"], kind="stable")  # sums do not depend on the order of rows
    table = ranking(scores, metric)
    sums, counts = square.by_unit(square.values)
    low, high = bootstrap_means(sums, counts, level, resamples, seed)
    found = pd.DataFrame({"low": low, "high": high, "n_units": (counts > 0).sum(0)}, index=square.grid_points)
    found = found.reindex(table["grid_point"].astype(str)).reset_index(drop=True)
    found["n_units"] = found["n_units"].fillna(0).astype(int)
    columns = list(table.columns)
    for after, new in (("mean", ["low", "high"]), ("n_images", ["n_units"])):
        place = columns.index(after) + 1
        columns[place:place] = new
    table = table.join(found)[columns]
    largest = scores.groupby("grid_point")[[c for c in MEMORY if c in scores]].max()
    table = table.join(largest, on="grid_point")
    table["on_front"] = pareto_front(table["mean"] * (-1 if lower_is_better(metric) else 1), table["seconds"])
    table.attrs["metric"] = metric
    return table
