"""How well somebody told fake tiles from real ones: numbers and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...compare import wilson

COUNTS = ("fake_as_fake", "fake_as_real", "real_as_fake", "real_as_real")  # what it was, what it was taken for

# Four experts, two boards of 8 x 8 tiles each (Hollandi et al. 2020, doi 10.1016/j.cels.2020.04.003).
PUBLISHED_COUNTS = {"fake_as_fake": 121, "fake_as_real": 135, "real_as_fake": 83, "real_as_real": 173}
PUBLISHED_RANGE = (0.42, 0.73)  # accuracy of the worst and the best of them


def counted(fake: Sequence[bool], marked: Sequence[bool]) -> dict[str, int]:
    """The confusion matrix of a board: `fake` is the truth, `marked` what somebody took for fake."""
    pairs = list(zip(fake, marked, strict=True))
    sides = [(True, True), (True, False), (False, True), (False, False)]
    return {name: pairs.count(side) for name, side in zip(COUNTS, sides, strict=True)}


def judged(counts: dict[str, int]) -> dict[str, Any]:
    """Counts as numbers from 0 to 1: accuracy, its 95 % interval, precision and recall of "fake".

    The interval is Wilson's (1927, doi 10.1080/01621459.1927.10502953). Whether a tile is fake was tossed for each
    tile alone, so whoever guesses is right on half of them, however many are marked. A number that has nothing to
    stand on is None.

    Returns:
        The counts, and `accuracy`, `low`, `high`, `precision`, `recall`, `n`.
    """
    n = sum(counts.values())
    right = counts["fake_as_fake"] + counts["real_as_real"]
    low, high = wilson(right / n if n else 0.0, n)
    return {
        **counts,
        "n": n,
        "accuracy": _share(right, n),
        "low": low,
        "high": high,
        "precision": _share(counts["fake_as_fake"], counts["fake_as_fake"] + counts["real_as_fake"]),
        "recall": _share(counts["fake_as_fake"], counts["fake_as_fake"] + counts["fake_as_real"]),
    }


def verdict(score: dict[str, Any]) -> str:
    """Whether it beats chance, as a sentence."""
    if score["low"] > 0.5:
        return "Better than chance: the fake tiles can be told from the real ones."
    if score["high"] < 0.5:
        return "Worse than chance: a difference is seen, and taken for the wrong sign."
    return "This could be chance: an even toss lies within the interval."


def published() -> dict[str, Any]:
    """The published score in the same form, with the range of its four people."""
    return judged(PUBLISHED_COUNTS) | {"worst": PUBLISHED_RANGE[0], "best": PUBLISHED_RANGE[1], "people": 4}


def _share(part: int, of: int) -> float | None:
    return part / of if of else None
