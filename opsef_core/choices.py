"""Alternatives in a grid: `either(3, 5)`, and the product of all alternatives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import BadParameter


@dataclass(frozen=True)
class Either:
    """Alternatives, one of which is used at each grid point; made by `either`."""

    options: tuple[Any, ...]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.options)

    def __len__(self) -> int:
        return len(self.options)


def either(*options: Any) -> Either:
    """Alternatives for a parameter, a step or a model; a nested `either` is unfolded.

    Example:
        >>> either(3, either(5, 7)).options
        (3, 5, 7)
    """
    if not options:
        raise BadParameter("either() needs at least one alternative, for example either(3, 5).")
    return Either(tuple(flat(options)))


def flat(items: Any) -> Iterator[Any]:
    """Every item, with each `Either` replaced by its options."""
    for item in items:
        if isinstance(item, Either):
            yield from flat(item.options)
        else:
            yield item


def combinations(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All ways to choose one option for every `Either` among the values, the last varying fastest.

    Example:
        >>> combinations({"a": either(1, 2), "b": 3})
        [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    values = [tuple(v) if isinstance(v, Either) else (v,) for v in parameters.values()]
    return [dict(zip(parameters, chosen, strict=True)) for chosen in itertools.product(*values)]
