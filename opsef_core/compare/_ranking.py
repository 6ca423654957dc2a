"""Which grid point is best: means over images, with failures counted against it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import NothingToShow
from ._metric import lower_is_better
from ._seen import SEEN


def with_failures(scores: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The score table with the failed cells of the run as rows without a score, so that nobody forgets them.

    Args:
        scores: one row a finished cell: `image`, `grid_point`, and a column a metric.
        cells: one row a cell: `image`, `grid_point`, `status` ("done" or "failed").

    Returns:
        A new table with a column `status`; failed cells come last.
    """
    failed = cells[cells["status"] == "failed"]
    there = pd.MultiIndex.from_frame(scores[["image", "grid_point"]])
    missing = failed[~pd.MultiIndex.from_frame(failed[["image", "grid_point"]]).isin(there)]
    known = scores if "status" in scores else scores.assign(status="done")
    missing = missing[[c for c in missing.columns if c in known.columns]]
    return pd.concat([known, missing], ignore_index=True) if len(missing) else known.reset_index(drop=True)


def counted(scores: pd.DataFrame, metric: str) -> pd.Series[float]:
    """The score of each row as it counts in a mean.

    A failed cell counts as the worst score (0, or 1 where lower is better) on every image on which some grid point
    was scored, so a method that fails on half of the images cannot win. Nothing is held against anybody on an
    image on which all failed (a broken file) or that has no truth: NaN.
    """
    value = scores[metric].astype(float)
    failed = scores["status"].eq("failed") if "status" in scores else pd.Series(False, scores.index)
    somebody = value.groupby(scores["image"]).transform(lambda one: one.notna().any()).astype(bool)
    return value.mask(failed & somebody, 1.0 if lower_is_better(metric) else 0.0)


def ranking(scores: pd.DataFrame, metric: str = "dsb_score") -> pd.DataFrame:
    """Grid points from best to worst by the mean of a metric over images; the faster wins a tie.

    Failed cells, if they are rows of the table (see `with_failures`), count as the worst score; see `counted`.

    Args:
        scores: one row an image x grid point: `image`, `grid_point`, the metric's column; used where there:
            `recipe`, `model`, `model_title`, `seconds`, `status`, `seen_in_training`.
        metric: a column of scores; lower is better if its name ends in `_error`.

    Returns:
        One row a grid point: `rank` (from 1; equal in score and speed, equal in rank), `grid_point`, the describing
        columns, `mean`, `std` (over images, NaN for one), `n_images` that count, `failures`, `seconds` (mean of the
        images that were finished), `seen_in_training` (on how many of the images its model was trained; NA if that
        is not known of any). A grid point without any score has a NaN mean and comes last.

    Raises:
        NothingToShow: the table has no such column.
    """
    if metric not in scores:
        known = ", ".join(map(str, scores.columns))
        raise NothingToShow(f"The table of scores has no column {metric!r}; it has: {known}.")
    failed = scores["status"].eq("failed") if "status" in scores else pd.Series(False, scores.index)
    seconds = scores["seconds"].astype(float) if "seconds" in scores else pd.Series(np.nan, scores.index)
    rows = scores.assign(_value=counted(scores, metric), _failed=failed, _seconds=seconds.mask(failed))
    described = {c: (c, "first") for c in ("recipe", "model", "model_title") if c in scores}
    table = rows.groupby("grid_point", sort=True).agg(
        **described,
        mean=("_value", "mean"),
        std=("_value", "std"),
        n_images=("_value", "count"),
        failures=("_failed", "sum"),
        seconds=("_seconds", "mean"),
    )
    if SEEN in scores:
        seen = rows[SEEN].astype("boolean").mask(rows["_value"].isna()).astype("Int64")
        table[SEEN] = seen.groupby(rows["grid_point"], sort=True).sum(min_count=1)
    return _ranked(table.reset_index(), metric)


def _ranked(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Sorted by mean, then speed; the rank is the first column."""
    table["failures"] = table["failures"].astype(int)
    merit = (table["mean"] if lower_is_better(metric) else -table["mean"]).round(12)
    order = pd.DataFrame({"merit": merit, "seconds": table["seconds"]})
    order = order.sort_values(["merit", "seconds"], na_position="last", kind="stable")
    new = (order != order.shift()) & ~(order.isna() & order.shift().isna())
    position = np.arange(1, len(order) + 1)
    rank = np.maximum.accumulate(np.where(new.any(axis=1), position, 1)) if len(order) else position
    table = table.loc[order.index].reset_index(drop=True)
    table.insert(0, "rank", rank)
    return table
