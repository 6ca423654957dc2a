"""The part of a report that says what could be known without truth: agreement, and what people said."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..compare import SHIPPED, hindsight, share_good
from ._tables import interval, number

Row = dict[str, Any]
MAX_ROWS = 15


def section(
    estimates: pd.DataFrame | None, ratings: pd.DataFrame, ranks: pd.DataFrame | None, metric: str | None
) -> Row | None:
    """Estimated scores and ratings, and, where the true scores are known, how well the estimates rank.

    Args:
        estimates: the run's table, best first; None if nobody estimated.
        ratings: one row a rating.
        ranks: the ranking by the deciding metric.
        metric: that metric.

    Returns:
        None if nobody estimated and nobody rated.
    """
    asked, rated = estimates is not None and len(estimates) > 0, len(ratings) > 0
    if not asked and not rated:
        return None
    table = share_good(ratings).add_prefix("rated_").rename(columns={"rated_grid_point": "grid_point"})
    if estimates is not None and asked:
        table = estimates.merge(table, on="grid_point", how="left")
    rows = [_row(row) for row in table.head(MAX_ROWS).to_dict("records")]
    told = None
    if estimates is not None and asked and ranks is not None and metric == SHIPPED.metric:
        told = hindsight(estimates.set_index("grid_point")["blind"], ranks.set_index("grid_point")["mean"])
    return {
        "rows": rows,
        "more": max(0, len(table) - MAX_ROWS),
        "estimated": asked,
        "rated": rated,
        "hindsight": str(told) if told is not None and told.grid_points > 2 else None,
        "source": SHIPPED.source,
    }


def _row(row: dict[Any, Any]) -> Row:
    """A line of the table; dashes for what is not known of this grid point."""
    there = row.get("rated_n_images", float("nan")) > 0
    return {
        "grid_point": row["grid_point"],
        "estimate": number(row.get("estimate")),
        "interval": interval(row.get("low", float("nan")), row.get("high", float("nan"))),
        "agreement": number(row.get("agreement")),
        "plausibility": number(row.get("plausibility")),
        "n_true": int(row.get("n_true", 0)),
        "good": number(row.get("rated_share_good")),
        "good_interval": interval(row["rated_low"], row["rated_high"]) if there else "",
        "n_rated": int(row["rated_n_images"]) if there else 0,
    }
