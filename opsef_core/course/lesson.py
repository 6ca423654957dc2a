"""A lesson of the course as its notebook holds it: ask, guess, reveal, check, note."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from .. import widgets
from ..errors import BadParameter, MissingPackage, UnknownName
from .answers import Answers
from .asked import Asked
from .bank import Bank, Question, load_bank
from .checks import as_number, is_right, plain, same, tried
from .noted import as_fact
from .said import Said, Score, listed
from .standing import score, standings

A_TENTH = 0.1  # how near a guessed number must come where the question names no tolerance


class Lesson:
    """The questions of one lesson, and what a student said to them.

    Attributes:
        name: of the lesson.
        folder: where answers.csv and notes.json lie.
    """

    def __init__(self, name: str, bank: Bank, answers: Answers) -> None:
        self.name, self.folder = name, answers.folder
        self._bank, self._answers = bank, answers
        self._asked: dict[str, Asked] = {}

    def ask(self, question: str, among: Iterable[str] | None = None) -> Any:
        """Show a question (choice or number) whose right answer is in the bank.

        The first answer counts. After a wrong one the hint is told, and one may try again; after the right one, or two
        wrong ones, the explanation. Answers are stored at once; run again, the cell shows what was answered.

        Args:
            question: its name.
            among: options, where the bank leaves them to the notebook.

        Returns:
            A widget; without the extra `notebook` an object that shows the question as text. Its repr is that text.

        Raises:
            UnknownName: no such question.
            BadParameter: it is of another kind, or nothing is there to choose from.
            UnreadableFile: answers.csv is damaged.
        """
        return self._show(self._made(question, ("choice", "number"), "ask", among))

    def guess(self, question: str, among: Iterable[str] | None = None) -> Any:
        """Let the student guess what a later cell shows with `reveal`; without options a number is guessed.

        Until then the guess may be changed. Returns and errors as in `ask`.
        """
        return self._show(self._made(question, ("guess",), "guess", among))

    def answer(self, question: str, value: Any) -> Said:
        """Answer a question, or guess, by code: the same as a click.

        Args:
            question: its name; where the notebook gives the options, it was asked before.
            value: an option (its name or its text), or a number.

        Raises:
            UnknownName: no such question, or no such option.
            BadParameter: it is an exercise; no number; its options are not known yet.
            DiskFull, BadRunFolder, UnreadableFile: the answer could not be stored.
        """
        asked = self._asked.get(question) or self._made(question, ("choice", "number", "guess"), "answer", None)
        asked.answer(value)
        return asked.said()

    def reveal(self, question: str, truth: Any) -> Said:
        """Show what came out beside what was guessed, and store whether the guess was right.

        Args:
            question: name of the guess.
            truth: an option, a number, or a mapping (or Series) option -> score: the largest is right, and all are
                shown. A guessed number is right within the question's `tolerance`, else within a tenth of the truth.

        Returns:
            The verdict; its `right` is None where nobody guessed. Nothing is stored then.

        Raises:
            UnknownName: no such question, or what came out is none of its options.
            BadParameter: the question is no guess; there are no scores.
        """
        self._question(question, ("guess",), "reveal")
        asked = self._asked.get(question)
        came_out, scores = _best(question, truth)
        if asked is not None and asked.choices:
            came_out = [asked.valued(one) for one in came_out]
        guesses = [row["answer"] for row in self._answers.of(question) if row["kind"] == "guess"]
        words = listed([asked.text(one) if asked else one for one in came_out])
        why = (self._bank[question].why.strip(),) if self._bank[question].why else ()
        if not guesses:
            return Said(None, f"Nobody guessed; it is {words}.", why, _ranking(scores, "", came_out))
        guess = guesses[-1]
        right = guess in came_out or (not scores and self._near(question, guess, truth))
        self._answers.add(question, "reveal", guess, right, came_out=guess if guess in came_out else came_out[0])
        if asked is not None:
            asked.refresh()
        said = asked.text(guess) if asked else guess
        return Said(right, f"You guessed {said}; it is {words}.", why, _ranking(scores, guess, came_out))

    def check(self, question: str, value: Any, right: Any = None) -> Said:
        """Check what a student computed.

        Args:
            question: name of an exercise.
            value: a number, text, list or array; `...` or None: not tried yet.
            right: computed by the notebook, where the bank has no rule; `tolerance` of the bank counts for it.

        Returns:
            Right, or not yet with the hint. A wrong value never raises.

        Raises:
            UnknownName, BadParameter: no such exercise, or nobody says what is right.
            DiskFull, BadRunFolder, UnreadableFile: the answer could not be stored.
        """
        exercise = self._question(question, ("exercise",), "check")
        hint = (f"Hint: {exercise.hint.strip()}",) if exercise.hint else ()
        if not tried(value):
            return Said(None, f"Not tried yet: {exercise.prompt.strip()}", hint)
        good = is_right(exercise, value, right)
        text = _short(value)
        self._answers.add(question, "exercise", text, good)
        shown = f"{text} {exercise.unit}".strip()
        if good:
            return Said(True, f"Right: {shown}", (exercise.why.strip(),) if exercise.why else ())
        return Said(False, f"Not yet: {shown}", hint)

    def note(self, name: str, value: Any) -> None:
        """Keep a fact of the student's own results for the handout card.

        Args:
            name: of the fact; noted again, the new one counts.
            value: a text, number, list, mapping, Series or table; it is kept as JSON, NaN as nothing.

        Raises:
            BadParameter: something that cannot be kept.
            DiskFull, BadRunFolder, UnreadableFile: it could not be stored.
        """
        self._answers.note(name, as_fact(name, value))

    @property
    def score(self) -> Score:
        """How many questions are right: first answers, solved exercises, guesses that came true."""
        return score(standings(self._bank, self._answers.all()))

    @property
    def answers(self) -> pd.DataFrame:
        """One row a question, in the order of the bank, as it counts; columns as in `Standing`."""
        return pd.DataFrame([vars(one) for one in standings(self._bank, self._answers.all())])

    @property
    def questions(self) -> list[str]:
        """Names of all questions."""
        return list(self._bank)

    def __repr__(self) -> str:
        return f"Lesson({self.name!r}): {len(self._bank)} questions, {self.score!r}"

    def _question(self, name: str, kinds: tuple[str, ...], call: str) -> Question:
        if name not in self._bank:
            raise UnknownName(f"question of the lesson {self.name}", str(name), self._bank)
        question = self._bank[name]
        if question.kind not in kinds:
            own = {"exercise": "check", "guess": "guess"}.get(question.kind, "ask")
            raise BadParameter(f"{name!r} is of the kind {question.kind}: use lesson.{own}, not lesson.{call}.")
        return question

    def _made(self, name: str, kinds: tuple[str, ...], call: str, among: Iterable[str] | None) -> Asked:
        question = self._question(name, kinds, call)
        choices = question.choices if among is None else {str(option): str(option) for option in among}
        if question.kind == "number" and choices:
            raise BadParameter(f"{name!r} asks for a number; it has no options.")
        if question.kind == "choice" and question.right not in choices:
            what = "is not among the options" if choices else "has no options: give them with among=[...]"
            raise BadParameter(f"The right answer of {name!r} {what}." if choices else f"{name!r} {what}.")
        self._asked[name] = Asked(name, question, choices, self._answers)
        return self._asked[name]

    def _show(self, asked: Asked) -> Any:
        try:
            return widgets.checker(asked)
        except MissingPackage:  # its text says how to answer
            return asked

    def _near(self, name: str, guess: str, truth: Any) -> bool:
        right, said = as_number(truth), as_number(guess)
        if right is None or said is None:
            return False
        tolerance = self._bank[name].tolerance
        return same(said, right, abs(right) * A_TENTH if tolerance is None else float(tolerance))


def lesson(name: str | Path, run_folder: str | Path) -> Lesson:
    """Open a lesson; opened again on the same folder it goes on.

    Args:
        name: of a shipped lesson, or the path of a question file (.yml) of your own.
        run_folder: where answers are kept; made if it does not exist.

    Raises:
        UnknownName: no such lesson.
        BadConfig: its question file cannot be understood.
        BadRunFolder: the folder cannot be made.
    """
    title, bank = load_bank(name)
    return Lesson(title, bank, Answers(run_folder, title))


def _best(question: str, truth: Any) -> tuple[list[str], dict[str, float]]:
    """All that are right (several where they are level), and the scores if there are any."""
    told = plain(truth)
    if not isinstance(told, Mapping):
        number = as_number(told) if not isinstance(told, str) else None
        return [str(told) if number is None else f"{number:.10g}"], {}
    scores = {str(k): number for k, v in told.items() if (number := as_number(v)) is not None}
    if not scores:
        raise BadParameter(f"There are no scores to reveal for {question!r}; the run has no result, or was not scored.")
    top = max(scores.values())
    return [option for option, one in scores.items() if math.isclose(one, top, rel_tol=1e-9)], scores


def _ranking(scores: Mapping[str, float], guess: str, best: list[str]) -> tuple[tuple[str, float, str], ...]:
    ordered = sorted(scores.items(), key=lambda item: -item[1])
    return tuple((option, one, "your guess" if option == guess else "") for option, one in ordered)


def _short(value: Any) -> str:
    value = plain(value)
    number = as_number(value) if not isinstance(value, str) else None
    if number is not None:
        return f"{number:.10g}"
    return value if isinstance(value, str) and len(value) <= 60 else reprlib.repr(value)
