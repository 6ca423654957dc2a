"""The contract of a metric: overlaps of truth and prediction -> one number.

A metric's file holds one frozen pydantic record decorated with `@metric_kind`; its fields are its parameters (the IoU
threshold, say). `of` gets the overlap table, computed once an image and shared by all metrics; it also holds both label
images, and what several metrics want of their pixels is a cached property of it. Each metric's docstring begins with
formula, range and which way is better, and gives the IoU rule, the rule for empty images, and the source.

Numbers lie between 0 and 1. Both images empty is a perfect result, one empty the worst. Higher is better, unless
the name ends in `_error`: then 0 is perfect and 1 the worst. Tables and pictures rely on the name alone. What has no
worst value, a distance in pixels say, is told as a share of something, or a failed image could not count in a mean.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..data import Overlaps
from ..registry import Plugin, Registry, build


class Metric(Plugin):
    """Base of all metrics; see the top of this file for the contract."""

    kind: ClassVar[str] = "metric"
    long_name: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = True

    @property
    def best(self) -> float:
        """The number of a perfect result."""
        return 1.0 if self.higher_is_better else 0.0

    @property
    def entry(self) -> str | dict[str, Any]:
        """How it stands in a YAML file: its name, or {metric: name, parameter: value} where a default is changed."""
        return self.name if self.title == self.name else self.as_dict()

    def of(self, overlaps: Overlaps) -> float:
        """The number for one image."""
        raise NotImplementedError


METRICS: Registry[type[Metric]] = Registry("metric", "opsef_core.compare")


def metric_kind(cls: type[Metric]) -> type[Metric]:
    """Register a metric; its name is its file's name."""
    cls.name = METRICS.add(cls, cls.__module__, cls.__name__.lower())
    if cls.higher_is_better == lower_is_better(cls.name):
        raise TypeError(f"The name of the metric {cls.name!r} must end in _error if, and only if, lower is better.")
    return cls


def lower_is_better(name: str) -> bool:
    """Whether small numbers of a metric are good: its name ends in `_error`."""
    return name.partition("(")[0].endswith("_error")


def metric(name: str, /, **parameters: Any) -> Any:
    """A metric by name, for example `metric("dsb_score")`.

    Raises:
        UnknownName: no metric of that name; the nearest is offered.
        BadParameter: a parameter that does not exist or cannot have this value.
    """
    return build("metric", name, METRICS.get(name), parameters)
