"""The rules an answer is judged by."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import BadParameter
from .bank import Question

NOT_TRIED = (None, ...)


def tried(value: Any) -> bool:
    """Whether somebody put something in place of the dots."""
    return not any(value is nothing for nothing in NOT_TRIED)


def is_right(question: Question, value: Any, right: Any = None) -> bool:
    """Whether a value keeps the question's rule.

    Args:
        question: its rule counts unless `right` is given: `right` within `tolerance` (numbers that differ in the last
            digits of a float are equal), `between`, `at_least`, `at_most`; bounds are right themselves.
        value: a number, a text (upper and lower case, spaces around it and NumPy types do not matter), a list or an
            array of these, a set or a mapping. What cannot be compared is wrong.
        right: computed by the notebook, or what the right value `follows` from.

    Raises:
        BadParameter: neither the question nor the notebook says what is right, or it does not follow from that.
    """
    if right is not None:
        return same(value, followed(question, right), float(question.tolerance or 0))
    if question.right is not None:
        return same(value, question.right, float(question.tolerance or 0))
    if not question.ruled:
        raise BadParameter("This question has no rule in its file; give right=... in the notebook.")
    number = as_number(value)
    low, high = question.between or (question.at_least, question.at_most)
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


def followed(question: Question, given: Any) -> Any:
    """What is right, from what the notebook hands over."""
    if question.follows is None:
        return given
    given = plain(given)
    if question.follows == "largest":
        if not isinstance(given, Mapping) or not given:
            raise BadParameter("This exercise wants a Series or a mapping in right=..., name -> value.")
        return max(given, key=lambda name: given[name])
    numbers = [as_number(factor) for factor in given] if isinstance(given, list) else [None]
    if None in numbers:
        raise BadParameter("This exercise wants a list of numbers in right=...")
    return math.prod(number for number in numbers if number is not None) * question.times


def same(value: Any, right: Any, tolerance: float = 0.0) -> bool:
    """Whether two values are the same for a student: types of NumPy, case and the last digits do not count."""
    value, right = plain(value), plain(right)
    if isinstance(right, Mapping) or isinstance(value, Mapping):
        both = isinstance(right, Mapping) and isinstance(value, Mapping) and set(value) == set(right)
        return both and all(same(value[name], right[name], tolerance) for name in right)
    if isinstance(right, set | frozenset):
        return isinstance(value, set | frozenset | list) and {folded(v) for v in value} == {folded(r) for r in right}
    if isinstance(right, list):
        long = isinstance(value, list) and len(value) == len(right)
        return long and all(same(v, r, tolerance) for v, r in zip(value, right, strict=True))
    if isinstance(right, bool) or isinstance(value, bool):
        return isinstance(value, bool) and value is right
    if isinstance(right, int | float):
        number = as_number(value)
        return number is not None and (
            abs(number - right) <= tolerance or math.isclose(number, right, rel_tol=1e-9, abs_tol=1e-12)
        )
    return bool(folded(value) == folded(right))


def plain(value: Any) -> Any:
    """A value without the types of NumPy and pandas; tuples are lists."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "to_dict") and hasattr(value, "index"):  # a Series
        return value.to_dict()
    return value


def as_number(value: Any) -> float | None:
    """A finite number, also from text with a decimal comma; None for anything else."""
    value = plain(value)
    if isinstance(value, str):
        value = value.strip().replace(",", ".")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def folded(value: Any) -> Any:
    """A text to be compared: case and spaces around it do not count."""
    return value.strip().casefold() if isinstance(value, str) else value
