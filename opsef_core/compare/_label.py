"""A metric's name as people read it."""

from __future__ import annotations

from ._metric import METRICS


def metric_label(metric: str) -> str:
    """The long name of a metric, parameters kept: "dsb_score" is "DSB score"; another column, its own words."""
    name = metric.partition("(")[0]
    if name in METRICS.names():
        return metric.replace(name, METRICS.get(name).long_name or name.replace("_", " "), 1)
    return metric.replace("_", " ")
