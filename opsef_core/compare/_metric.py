"""The contract of a metric: overlaps of truth and prediction -> one number.

A metric's file holds one frozen pydantic record decorated with `@metric_kind`; its fields are its parameters (the IoU
threshold, say). `of` gets the overlap table, computed once an image and shared by all metrics. Both images empty is
a perfect result, one empty the worst; each metric's docstring gives formula, IoU rule and source.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from ..registry import Registry, build
from ._match import Overlaps


class Metric(BaseModel):
    """Base of all metrics; see the top of this file for the contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: ClassVar[str] = ""
    long_name: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = True
    best: ClassVar[float | None] = 1.0

    def of(self, overlaps: Overlaps) -> float:
        """The number for one image."""
        raise NotImplementedError


METRICS: Registry[type[Metric]] = Registry("metric", "opsef_core.compare")


def metric_kind(cls: type[Metric]) -> type[Metric]:
    """Register a metric; its name is its file's name."""
    cls.name = METRICS.add(cls, cls.__module__, cls.__name__.lower())
    return cls


def metric(name: str, /, **parameters: Any) -> Any:
    """A metric by name, for example `metric("dsb_score")`.

    Raises:
        UnknownName: no metric of that name; the nearest is offered.
        BadParameter: a parameter that does not exist or cannot have this value.
    """
    return build("metric", name, METRICS.get(name), parameters)
