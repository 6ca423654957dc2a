"""The metrics somebody asks for: by name, with parameters; in Python, in a file, on a command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..choices import flat
from ..errors import BadParameter
from ._metric import METRICS, Metric, metric

Entry = str | Metric | Mapping[str, Any]


def metrics_asked(entries: Iterable[Entry]) -> list[Metric]:
    """The metrics of these entries; what is asked for twice is there once.

    Args:
        entries: names, metrics made with `metric(name, ...)`, or {"metric": name, parameter: value} as in a file; a
            parameter may be `either(...)`.

    Raises:
        UnknownName: no metric of that name.
        BadParameter: an entry that is none of these, or an impossible parameter.
    """
    several = [entries] if isinstance(entries, str) else entries
    return list(dict.fromkeys(flat(_one(entry) for entry in flat(several))))


def metrics_in_words(words: Iterable[str]) -> list[Metric]:
    """The metrics of a command line: a name, behind it its parameters: ["ap", "iou_threshold=0.75", "aji"].

    Raises:
        UnknownName, BadParameter: as `metrics_asked`; a parameter before any name.
    """
    entries: list[dict[str, Any]] = []
    for word in words:
        name, given, value = word.partition("=")
        if not given:
            entries.append({"metric": word})
        elif not entries:
            raise BadParameter(f"{word} belongs behind the name of a metric, for example: ap iou_threshold=0.75.")
        else:
            entries[-1][name] = value
    return metrics_asked(entries)


def metric_columns(scores: pd.DataFrame) -> list[str]:
    """The columns of a score table that hold a metric's numbers, in order; empty ones are left out."""
    known = set(METRICS.names())
    return [str(c) for c in scores if str(c).partition("(")[0] in known and scores[c].notna().any()]


def metrics_table() -> pd.DataFrame:
    """Every metric there is: name, formula, range and which way is better, parameters; made from the registry."""
    return METRICS.table(lambda kind: kind)


def _one(entry: Entry) -> Any:
    if isinstance(entry, Metric):
        return entry
    if isinstance(entry, str):
        return metric(entry)
    if not isinstance(entry, Mapping) or not isinstance(entry.get("metric"), str):
        raise BadParameter(
            f"{entry!r} is no metric. Give a name, metric(name, parameter=value), "
            "or {metric: name, parameter: value}."
        )
    return metric(entry["metric"], **{str(name): value for name, value in entry.items() if name != "metric"})
