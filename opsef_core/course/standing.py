"""Where a student stands: what counts of all that was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .answers import Row
from .bank import Bank
from .said import Score


@dataclass(frozen=True)
class Standing:
    """One question, as it counts.

    Attributes:
        question, kind: name and kind.
        answer: what counts: the first answer, the last try of an exercise, the guess; "" before.
        right: whether that is right; None: not answered, or a guess that was not revealed yet.
        later: whether a later answer was right.
        came_out: of a guess that was revealed: what it was.
        tries: how often it was answered.
        seconds: from showing the question to the first answer, where known.
    """

    question: str
    kind: str
    answer: str = ""
    right: bool | None = None
    later: bool = False
    came_out: str = ""
    tries: int = 0
    seconds: float | None = None


def standings(bank: Bank | None, rows: Sequence[Row]) -> list[Standing]:
    """One standing a question, in the order of the bank.

    Args:
        bank: None where the question file is not at hand; then those that were answered, in the order of the answers.
        rows: of one lesson, oldest first. Answers to questions that the bank does not have any more are left out.
    """
    kinds = {row["question"]: "guess" if row["kind"] == "reveal" else row["kind"] for row in rows}
    if bank is not None:
        kinds = {name: question.kind for name, question in bank.items()}
    return [_one(name, kind, [row for row in rows if row["question"] == name]) for name, kind in kinds.items()]


def score(standing: Sequence[Standing]) -> Score:
    """How many are right; of a question the first answer counts, an exercise is right once it is solved."""
    right = sum(one.right is True for one in standing)
    answered, later = sum(one.right is not None for one in standing), sum(one.later for one in standing)
    return Score(right, len(standing), answered, later)


def _one(name: str, kind: str, rows: list[Row]) -> Standing:
    tries = [row for row in rows if row["kind"] != "reveal"]
    if not tries:
        return Standing(name, kind)
    seconds = float(tries[0]["seconds"]) if tries[0]["seconds"] else None
    if kind == "guess":
        revealed = [row for row in rows if row["kind"] == "reveal"]
        if not revealed:
            return Standing(name, kind, tries[-1]["answer"], tries=len(tries), seconds=seconds)
        last = revealed[-1]
        right, came_out = last["right"] == "yes", last["came_out"]
        return Standing(name, kind, last["answer"], right, came_out=came_out, tries=len(tries), seconds=seconds)
    hits = [row for row in tries if row["right"] == "yes"]
    if kind == "exercise":
        counts = (hits or tries)[-1]
        return Standing(name, kind, counts["answer"], bool(hits), tries=len(tries), seconds=seconds)
    right = tries[0]["right"] == "yes"
    return Standing(name, kind, tries[0]["answer"], right, bool(hits) and not right, tries=len(tries), seconds=seconds)
