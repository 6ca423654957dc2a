"""A question that is asked: what may be shown, how an answer is judged, what is told then. It knows no browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from ..errors import BadParameter, UnknownName
from .answers import Answers
from .bank import Question
from .checks import as_number, is_right
from .said import MARK, Said

ENOUGH_TRIES = 2  # wrong answers after which the explanation is given


class Asked:
    """One question of a lesson, in front of one student.

    Args:
        name: of the question.
        question: from the bank.
        choices: option -> its text; empty for a number.
        answers: where answers are kept.

    Attributes:
        changed: called after each answer with what is told; a widget that shows the question sets it.
    """

    def __init__(self, name: str, question: Question, choices: Mapping[str, str], answers: Answers) -> None:
        self.name, self.question, self.choices = name, question, dict(choices)
        self._answers = answers
        self.changed: Callable[[dict[str, Any]], None] | None = None

    def shown(self) -> dict[str, Any]:
        """The question without anything that tells the answer: id, kind, prompt, options, unit."""
        options = [{"value": value, "text": text} for value, text in self.choices.items()]
        kind = "guess" if self.question.kind == "guess" else "question"
        about = {"id": self.name, "kind": kind, "prompt": self.question.prompt.strip()}
        return about | {"options": options, "unit": self.question.unit}

    def answer(self, given: Any, seconds: float | None = None) -> dict[str, Any]:
        """Judge and store an answer; nothing is stored any more once the right answer was told.

        Args:
            given: an option (its name or its text), or a number.
            seconds: how long it took, if known.

        Returns:
            As `told`.

        Raises:
            BadParameter: no number.
            UnknownName: no such option.
            DiskFull, BadRunFolder, UnreadableFile: it could not be stored.
        """
        value = self.valued(given)
        if not self.told()["closed"]:
            guess = self.question.kind == "guess"
            right = None if guess else is_right(self.question, value)
            self._answers.add(self.name, self.question.kind, value, right, seconds=seconds)
        return self.refresh()

    def valued(self, given: Any) -> str:
        """An answer as it is stored; errors as in `answer`."""
        if not self.choices:
            number = as_number(given)
            if number is None:
                raise BadParameter(f"The answer to {self.name!r} is a number, not {given!r}.")
            return f"{number:.10g}"
        names = {str(text).strip().casefold(): value for value, text in self.choices.items()}
        names |= {str(value).strip().casefold(): value for value in self.choices}
        if (value := names.get(str(given).strip().casefold())) is None:
            raise UnknownName(f"option of {self.name!r}", str(given), self.choices)
        return value

    def told(self) -> dict[str, Any]:
        """What the student knows by now: `tries` (answer, right), `closed`, headline, lines, `right` if it was told."""
        rows = self._answers.of(self.name)
        tries = [{"answer": r["answer"], "right": _judged(r)} for r in rows if r["kind"] != "reveal"]
        if self.question.kind == "guess":
            return self._guessed(tries, [r for r in rows if r["kind"] == "reveal"])
        if not tries:
            return {"tries": [], "closed": False, "right": None, "headline": "", "lines": []}
        found = any(one["right"] for one in tries)
        wrong = sum(not one["right"] for one in tries)
        closed = found or not self.question.hint or wrong >= ENOUGH_TRIES or len(self.choices) == 2
        first = bool(tries[0]["right"])
        headline = "Right." if first else "Right, in a later try." if found else "Not right."
        if closed and not found:
            headline = f"Not right. {self._solution()}"
        lines = [self.question.why if closed else f"Hint: {self.question.hint} Try again; the first answer counts."]
        right = self.question.right if closed else None
        return {
            "tries": tries,
            "closed": closed,
            "right": right,
            "headline": headline,
            "lines": [line.strip() for line in lines if line],
        }

    def refresh(self) -> dict[str, Any]:
        """Tell whoever shows the question what is known by now."""
        told = self.told()
        if self.changed is not None:
            self.changed(told)
        return told

    def said(self) -> Said:
        """What is known by now, for a notebook."""
        told = self.told()
        if not told["tries"]:
            return Said(None, "Not answered yet.", (self.question.prompt.strip(),))
        return Said(told["verdict"] if "verdict" in told else self._right(told), told["headline"], tuple(told["lines"]))

    def text(self, value: str) -> str:
        """The text of an option, or a number with its unit."""
        return self.choices.get(value, f"{value} {self.question.unit}".strip())

    def _right(self, told: dict[str, Any]) -> bool:
        return any(one["right"] for one in told["tries"])

    def _guessed(self, tries: list[dict[str, Any]], revealed: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        if not tries:
            return {"tries": [], "closed": False, "right": None, "headline": "", "lines": [], "verdict": None}
        guess = self.text(tries[-1]["answer"])
        if not revealed:
            lines = ["It is kept. A later cell shows what comes out; until then you may change your mind."]
            said = {"closed": False, "right": None, "headline": f"You guess: {guess}", "lines": lines}
            return {"tries": tries[-1:], "verdict": None} | said
        last = revealed[-1]
        right, came_out = last["right"] == "yes", self.text(last["came_out"])
        headline = f"You guessed {self.text(last['answer'])}; it is {came_out}."
        tries = [{"answer": last["answer"], "right": right}]
        lines = [self.question.why.strip()] if self.question.why else []
        said = {"closed": True, "right": last["came_out"], "headline": headline, "lines": lines, "verdict": right}
        return {"tries": tries} | said

    def _solution(self) -> str:
        question = self.question
        if question.right is not None:
            return f"It is: {self.text(str(question.right))}"
        low, high = question.between or (question.at_least, question.at_most)
        parts = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
        return f"It is {' and '.join(parts)} {question.unit}".strip() + "."

    def __repr__(self) -> str:
        what = "Guess" if self.question.kind == "guess" else "Question"
        lines = [f"{what} {self.name!r}: {self.question.prompt.strip()}"]
        lines += [f"  - {text}" for text in self.choices.values()] or [f"  a number {self.question.unit}".rstrip()]
        told = self.told()
        if told["tries"]:
            said = self.said()
            return "\n".join([*lines, f"{MARK[said.right]} {said.headline}", *said.lines])
        example = next(iter(self.choices), "number")
        call = f'lesson.answer("{self.name}", {f"{chr(34)}...{chr(34)}" if self.choices else example})'
        return "\n".join([*lines, f"Answer with: {call}"])

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{escape(repr(self))}</pre>"


def _judged(row: Mapping[str, str]) -> bool | None:
    return None if row["right"] == "" else row["right"] == "yes"
