"""What the card recommends: each sentence follows from the student's own numbers by a rule that can be said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..compare import wilson
from .found import Finding

NEAR = 0.02  # a score that is so close is as good for most purposes
FASTER = 3.0  # times; less is not worth a loss
OFTEN = 0.10  # share of the true objects from which a kind of error is worth a word
FEW = 5  # images; below, no test can show much
PASSES = 0.65  # accuracy that must be ruled out before painted tiles are said to pass for real

BRACKETS = r"\([^()]*\)"  # parameters behind a name

ADVICE = {
    "missed": "look whether they are faint or small: try a contrast step, another diameter, or a lower threshold",
    "split": "smooth the image first, or give a larger diameter",
    "merged": "try a model that separates what touches, or a smaller diameter",
    "invented": "filter small objects away, or raise the threshold",
}

STATED = (
    f"Take the faster method if its score is within {NEAR:g} of the best and it is at least {FASTER:g} times faster. "
    f"Put a step before the model if it gains more than {NEAR:g} over the raw image. "
    f"Mention an error type if it befalls at least {OFTEN:.0%} of the true objects. "
    "“Cannot tell” and “was shown” are the paired test of opsef compare, at 5 % over all pairs. The best of many looks "
    "a little better than it is: score it once more on new images."
)


def take(one: Finding) -> tuple[Mapping[str, Any], str]:
    """Which method to take, a row of `Finding.rows`, and why: the best, or a much faster one that is as good."""
    first, *rest = one.rows
    near = [row for row in rest if one.loss(row) <= NEAR and _times(first, row) >= FASTER]
    if near:
        row = min(near, key=lambda r: r["seconds"])
        loss = one.loss(row)
        behind = "Level with" if loss < 0.0005 else f"Within {max(loss, 0.001):.3f} of"
        return row, f"{behind} the best ({_apart(first, row)}), and {_times(first, row):.0f} times faster."
    if not rest:
        return first, "Nothing else was tried: compare it with another method."
    if not one.said.not_worse:
        return first, "It was shown to be better than all others."
    return first, _rival(one)


def of_kind(found: Sequence[Finding]) -> str:
    """Whether to preprocess, and a warning; `found`: of all runs that have seen this kind, that of `take` first."""
    recipes = (sentence for one in found if (sentence := recipe(one)))
    return " ".join(sentence for sentence in (next(recipes, ""), seen(found[0])) if sentence)


def in_general(notes: Mapping[str, Any], quiz: pd.DataFrame | None) -> list[tuple[str, str]]:
    """What follows for all images: (what it is about, sentence).

    Args:
        notes: name -> fact; `blind` and `adaptation` are understood.
        quiz: boards of fake or real tiles that were answered; None if there are none.
    """
    made = [
        ("Without truth", blind(notes.get("blind"))),
        ("Fake or real", realness(quiz)),
        ("Adapt or annotate", adaptation(notes.get("adaptation"))),
    ]
    return [(about, sentence) for about, sentence in made if sentence]


def _rival(one: Finding) -> str:
    """Who may be as good: the best other model, else only other recipes."""
    first = one.best
    open_ = [row for row in one.rows if row["grid_point"] in one.said.not_worse]
    other = next((row for row in open_ if row.get("model_title") != first.get("model_title")), None)
    if other is None:
        return "The other models were shown to be worse."
    images = int(first["n_images"])
    told = f"{images} image{'s' * (images != 1)} cannot tell it from {_apart(other, first)}"
    return f"{told}: score more before you rely on it." if images < FEW else f"{told}."


def recipe(one: Finding) -> str:
    """Whether preprocessing pays for the model of the best grid point."""
    ranks = one.said.ranks
    if not {"recipe", "model_title"} <= set(ranks):
        return ""
    same = ranks[ranks["model_title"] == ranks["model_title"].iloc[0]]
    raw = same[same["recipe"] == "raw"]
    if not len(raw) or len(same) < 2:
        return ""
    gain = one.loss({"mean": float(raw["mean"].iloc[0])})
    if gain > NEAR:
        return f"The recipe {re.sub(BRACKETS, '', same['recipe'].iloc[0])} is worth it: {gain:.2f} over the raw image."
    return "Preprocessing does not pay for it." if gain < NEAR / 2 else ""


def failure(errors: Mapping[str, int]) -> str | None:
    """The commonest kind of error; None if it is rare."""
    true = sum(number for kind, number in errors.items() if kind != "invented")
    worst = max((kind for kind in errors if kind != "found"), key=lambda kind: errors[kind], default=None)
    if worst is None or not true or errors[worst] < OFTEN * true:
        return None
    return worst


def seen(one: Finding) -> str:
    """A warning where a model had seen the images."""
    return "Some models were trained on these images: too good." if one.said.warning else ""


def blind(note: Any) -> str:
    """What choosing without truth cost."""
    chosen, best = _number(note, "score"), _number(note, "best_score")
    if chosen is None or best is None:
        return ""
    lost = best - chosen
    name = note.get("chosen", "what was chosen")
    if lost <= NEAR:
        return f"{name}, chosen without truth, is within {NEAR:g} of the best: truth was not needed to choose here."
    return f"Choosing {name} without truth cost {lost:.2f} ({chosen:.2f} instead of {best:.2f}): annotate a few images."


def realness(quiz: pd.DataFrame | None) -> str:
    """Whether painted images were told from real ones."""
    if quiz is None or quiz.empty:
        return ""
    right = int(quiz["fake_as_fake"].sum() + quiz["real_as_real"].sum())
    total = right + int(quiz["fake_as_real"].sum() + quiz["real_as_fake"].sum())
    low, high = wilson(right / total, total)
    said = f"You were right on {right} of {total} tiles ({right / total:.0%} [{low:.0%}, {high:.0%}])"
    if low > 0.5:
        return f"{said}, better than chance: something gives the painted tiles away; look what, before training."
    few = f"; {total} tiles are few, answer another board" if high > PASSES else ": the painted tiles pass for real"
    return f"{said}, not shown to be better than chance{few}."


def adaptation(note: Any) -> str:
    """Whether adapting without annotation was enough."""
    start, adapted, annotated = (_number(note, name) for name in ("start", "adapted", "annotated"))
    if start is None or adapted is None:
        return ""
    said = f"Adapting moved the score from {start:.2f} to {adapted:.2f}"
    if adapted - start <= NEAR:
        said += f", no more than {NEAR:g}: keep the start model"
    if annotated is None:
        return f"{said}."
    images = f" on {int(n)} annotated images" if (n := _number(note, "images")) else ""
    if annotated - max(start, adapted) <= NEAR:
        return f"{said}; training{images} reached {annotated:.2f}: annotation is not needed here."
    return f"{said}; training{images} reached {annotated:.2f}: a few annotated images are worth more here."


def short(row: Mapping[str, Any], full: bool = False) -> str:
    """A grid point in few words: model, and recipe if there is one; with their parameters if `full`."""
    model, before = row.get("model_title"), row.get("recipe")
    if not isinstance(model, str) or not isinstance(before, str):
        return tidy(str(row["grid_point"]))
    named = model if before == "raw" else f"{model} after {before}"
    return tidy(named) if full else re.sub(BRACKETS, "", named)


def _apart(row: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """A grid point in as few words as tell it from another one."""
    return short(row, full=short(row) == short(other))


def tidy(title: str) -> str:
    """A title without a needless .0."""
    return re.sub(r"(=-?\d+)\.0(?!\d)", r"\1", title)


def _times(first: Mapping[str, Any], row: Mapping[str, Any]) -> float:
    """How many times faster than the best; 0 where that is not known."""
    return float(first["seconds"] / row["seconds"]) if first["seconds"] > 0 and row["seconds"] > 0 else 0.0


def _number(note: Any, name: str) -> float | None:
    value = note.get(name) if isinstance(note, Mapping) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
