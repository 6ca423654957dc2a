"""What the checker needs to know of a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .._answer import Answer


class Asked(Protocol):
    """A question in front of a person, who judges and stores answers; `course` has it.

    Attributes:
        changed: called with what is told after each answer, wherever it was given.
    """

    changed: Callable[[Answer], None] | None

    def shown(self) -> Answer:
        """`id`, `kind` (question, guess), `prompt`, `options` (value, text; empty: a number is asked for), `unit`.

        Nothing here tells the answer.
        """

    def told(self) -> Answer:
        """What may be known by now.

        `tries` (answer, right: true, false, None), `closed` (no more answers count), `right` (None before it is told),
        `headline`, `lines`.
        """

    def answer(self, given: Any, seconds: float | None) -> Answer:
        """Judge and store an answer; what is told then."""
