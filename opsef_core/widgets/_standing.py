"""What a run knows of its results, as numbers and words for the browser: ranking, scores, failures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..compare import SEEN, counted, lower_is_better, metric_columns, metric_label
from ._viewable import Viewable, finished

TOLD_OTHERWISE = ("agreement", "recall")  # scores that need no truth, or a part of it

Row = Mapping[Any, Any]


class Standing:
    """The results of a run at the time it was asked.

    Args:
        run: with at least one finished result.

    Attributes:
        images: names, in the order of the run.
        grid_points: titles, best first where there are scores, else in the order of the run.
        metrics: columns of the scores.

    Raises:
        NothingToShow: the run has no finished result.
    """

    def __init__(self, run: Viewable) -> None:
        cells = finished(run)
        scores = run.scores
        self.metrics = _metrics(scores)
        self.images = [str(name) for name in cells["image"].unique()]
        self._rows: dict[tuple[str, str], Row] = {
            (str(row["image"]), str(row["grid_point"])): row for row in cells.to_dict("records")
        }
        self._scores: dict[str, Row] = (
            {} if scores is None else {str(row["key"]): row for row in scores.to_dict("records")}
        )
        self.means = _means(scores, self.metrics)
        points = [str(point) for point in cells["grid_point"].unique()]
        self.grid_points = [p for p in self.means if p in points] + [p for p in points if p not in self.means]

    def about(self) -> dict[str, Any]:
        """What the browser needs from the start."""
        points = [{"title": p, "mean": _number(self.means.get(p))} for p in self.grid_points]
        metrics = [{"label": metric_label(m), "lower": lower_is_better(m)} for m in self.metrics]
        return {"images": self.images, "points": points, "metrics": metrics}

    def key(self, image: str, grid_point: str) -> str | None:
        """The key of a finished result; None where there is none."""
        row = self._rows.get((image, grid_point))
        return str(row["key"]) if row is not None and row["status"] == "done" else None

    def of_image(self, image: str) -> dict[str, dict[str, Any]]:
        """Grid point -> status, reason, count, values (one a metric), seen (in training)."""
        return {p: self._told(self._rows[image, p]) for p in self.grid_points if (image, p) in self._rows}

    def _told(self, row: Row) -> dict[str, Any]:
        scores: Row = self._scores.get(str(row["key"]), {}) if row["status"] == "done" else {}
        seen, count = scores.get(SEEN), _number(row.get("n_objects"))
        return {
            "status": str(row["status"]),
            "reason": str(row.get("reason") or ""),
            "count": None if count is None else int(count),
            "values": [_number(scores.get(metric)) for metric in self.metrics],
            "seen": bool(seen) if seen is not None and pd.notna(seen) else False,
        }


def _metrics(scores: pd.DataFrame | None) -> list[str]:
    if scores is None:
        return []
    plain = pd.DataFrame(scores)
    others = [c for c in TOLD_OTHERWISE if c in plain and plain[c].notna().any()]
    return list(dict.fromkeys([*metric_columns(plain), *others]))


def _means(scores: pd.DataFrame | None, metrics: list[str]) -> dict[str, float]:
    """Grid point -> mean of the first metric, best first; failures count as in every ranking."""
    if scores is None or not metrics:
        return {}
    first = metrics[0]
    means = counted(pd.DataFrame(scores), first).groupby(scores["grid_point"].astype(str)).mean().dropna()
    ordered = means.sort_values(ascending=lower_is_better(first), kind="stable")
    return {str(point): float(mean) for point, mean in ordered.items()}


def _number(value: Any) -> float | None:
    """A number that JSON can hold; None for what is not known."""
    return None if value is None or pd.isna(value) or not math.isfinite(value) else float(value)
