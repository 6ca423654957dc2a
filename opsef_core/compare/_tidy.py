"""The tidy form of a score table: one row an image x grid point x metric."""

from __future__ import annotations

import pandas as pd

from ..errors import NothingToShow
from ._asked import metric_columns
from ._metric import lower_is_better

OTHERS = ("agreement", "recall")  # scores that are told without truth, or with a part of it


def tidy(scores: pd.DataFrame) -> pd.DataFrame:
    """A score table with a row for every number, as seaborn, R and pivot tables want it.

    Args:
        scores: one row an image x grid point, a column a metric (`run.score()`).

    Returns:
        All other columns of the scores, then `metric` (with its parameters), `value` (NaN for failed results), and
        `lower_is_better`; results in the order of the scores, the metrics of each together.

    Raises:
        NothingToShow: the table has no metric.
    """
    plain = pd.DataFrame(scores).reset_index(drop=True)
    others = [c for c in OTHERS if c in plain and plain[c].notna().any()]
    metrics = list(dict.fromkeys([*metric_columns(plain), *others]))
    if not metrics:
        raise NothingToShow("These scores have no metric with a number; call run.score() first.")
    told = [c for c in plain.columns if c not in metrics]
    long = plain.melt(told, metrics, "metric", "value", ignore_index=False).sort_index(kind="stable", ignore_index=True)
    return long.assign(lower_is_better=long["metric"].map(lower_is_better).astype(bool))
