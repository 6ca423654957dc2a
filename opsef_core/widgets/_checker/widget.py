"""The checker: one question, answered by a click or a key."""

from __future__ import annotations

import logging
import math
from functools import cache
from typing import Any

from ...errors import OpsefError
from .._answer import Answer
from .._browser import check_installed, module, style
from .question import Asked

log = logging.getLogger(__name__)
LONGEST_S = 86_400  # a tab that was left open for a day has not been thought about for a day


def checker(asked: Asked) -> Any:
    """Show a question with its options as buttons, or a box for a number, and judge the answer.

    What is right is not in the browser before it was told. Every answer is stored by the question itself.

    Args:
        asked: the question; `course.Lesson.ask` makes it.

    Returns:
        The widget; its repr shows the question as text.

    Raises:
        MissingPackage: the extra `notebook` is not installed.
    """
    check_installed("The checker")
    return _checker()(asked)


def answer(asked: Asked, question: dict[str, Any]) -> Answer:
    """What the kernel says to {"kind": "answer", "answer", "seconds"}: {"kind": "told", ...}.

    Whatever goes wrong is an answer, too: {"kind": "problem", "text"}. An answer that could not be stored must be seen.
    """
    try:
        return {"kind": "told"} | asked.answer(question["answer"], _seconds(question.get("seconds")))
    except OpsefError as error:
        text = str(error)
    except Exception as error:  # a message that is none, a library that fails
        log.warning("the checker could not answer %s", question, exc_info=True)
        text = f"This did not work: {error or type(error).__name__}"
    return {"kind": "problem", "text": text}


def _seconds(told: Any) -> float | None:
    known = isinstance(told, int | float) and math.isfinite(told) and 0 <= told <= LONGEST_S
    return float(told) if known else None


@cache
def _checker() -> Any:
    """The widget's class; made when it is first needed, since its base is an optional package."""
    import anywidget
    import traitlets

    class Checker(anywidget.AnyWidget):
        """A question and its answer."""

        _esm = module("checker")
        _css = style("checker")
        about: Any = traitlets.Dict().tag(sync=True)  # the question
        told: Any = traitlets.Dict().tag(sync=True)  # what may be known of its answer by now

        def __init__(self, asked: Asked) -> None:
            self._asked_for = asked
            super().__init__(about=asked.shown(), told=asked.told())
            asked.changed = self._changed
            self.on_msg(self._asked)

        def _changed(self, told: Answer) -> None:
            self.told = told

        def _asked(self, _: Any, question: Any, __: Any) -> None:
            if isinstance(question, dict) and question.get("kind") == "answer":
                self.send(answer(self._asked_for, question))

        def __repr__(self) -> str:
            return repr(self._asked_for)

    return Checker
