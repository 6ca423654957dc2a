"""The part of a report that says which grid point is better, how sure that is, and what it costs."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from .. import plots
from ..compare import Verdict, metric_label
from ..errors import NothingToShow
from ._pictures import png
from ._tables import interval

Row = dict[str, Any]
MAX_COMPARED = 15  # rows of the table; the picture shows all


def headline(said: Verdict | None) -> Row | None:
    """The line on top; None where nothing was scored."""
    if said is None or said.best is None:
        return None
    first = said.ranks.iloc[0]
    return {
        "word": "Best" if said.worse or not len(said.pairs) else "Best mean",
        "grid_point": said.best,
        "label": metric_label(said.metric),
        "mean": f"{first['mean']:.2f}",
        "interval": interval(first["low"], first["high"]),
        "images": int(first["n_images"]),
        "sentences": list(said.sentences[1:]),
    }


def section(said: Verdict | None) -> Row | None:
    """Comparisons with the best one and both pictures; None where there is nothing to compare."""
    if said is None or said.best is None or not len(said.pairs):
        return None
    against = said.against_best
    tested = against["p"].notna().any()
    return {
        "best": said.best,
        "rows": [_compared(row) for row in against.head(MAX_COMPARED).to_dict("records")] if tested else [],
        "more": max(0, len(against) - MAX_COMPARED),
        "pairs": len(said.pairs),
        "fewest": said.pairs.attrs["fewest"],
        "worth": f"{said.pairs.attrs['worth']:g}",
        "forest": png(plots.forest(said.ranks, not_worse=said.not_worse if tested else None)),
        "pareto": _pareto(said),
    }


def _compared(row: dict[Any, Any]) -> Row:
    """One comparison, from the side of the other grid point: how far is it behind the best?"""
    digits = 3 if abs(row["difference"]) < 0.01 else 2
    return {
        "grid_point": row["b"],
        "difference": signed(-row["difference"], digits),
        "interval": interval(-row["high"], -row["low"], digits),
        "p": p_value(row["p_holm"]),
        "effect": signed(-row["effect"], 2),
        "images": row["n_images"],
        "shown": row["better"] == row["a"],
        "needed": "–" if row["better"] == row["a"] or pd.isna(row["images_needed"]) else int(row["images_needed"]),
    }


def _pareto(said: Verdict) -> str | None:
    """Quality against seconds; None where no times are known."""
    try:
        return png(plots.pareto(said.ranks))
    except NothingToShow:
        return None


def signed(x: float, digits: int) -> str:
    """A difference for a table, with its sign."""
    rounded = round(x, digits) + 0.0  # never -0.00
    return "–" if math.isnan(x) else f"{rounded:+.{digits}f}" if rounded else f"{rounded:.{digits}f}"


def p_value(p: float) -> str:
    """A p value for a table; below a thousandth its digits say nothing."""
    return "–" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
