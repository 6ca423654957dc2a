"""The places of a recipe: at each a step, or alternatives, or nothing; and what a person has set at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...choices import Either, flat
from ...errors import BadParameter
from ...preprocess import Recipe, Step, step
from .controls import controls

ADVICE = "Give a recipe, a step, or a list of steps, for example [step('median', size_px=5), 'clahe']."


@dataclass(frozen=True)
class Place:
    """One place of a recipe.

    Attributes:
        options: the steps that may stand here, at least one.
        on: whether a step is there at the beginning; not if the first alternative is None.
    """

    options: tuple[Step, ...]
    on: bool = True

    def about(self) -> dict[str, Any]:
        """What the browser needs of it: its options with their controls and first values."""
        return {
            "options": [
                {
                    "step": one.kind.name,
                    "title": one.title,
                    "summary": one.kind.doc.split("\n")[0],
                    "controls": controls(one),
                    "values": dict(one.act.parameters),
                }
                for one in self.options
            ]
        }

    def start(self) -> dict[str, Any]:
        """What is set at the beginning: `option` (its number), `on`, `values` of its parameters."""
        return {"option": 0, "on": self.on, "values": dict(self.options[0].act.parameters)}


def places(recipe: Any) -> list[Place]:
    """The places of whatever was given as a recipe.

    Args:
        recipe: a `Recipe`, a step, `either(...)` of steps, a step's name, or a list of these and of mappings
            {"step": name, parameter: value}. None among alternatives: nothing there.

    Raises:
        BadParameter: something else, no step at all, or several recipes.
        UnknownName: no such step.
    """
    entries: Sequence[Any]
    if isinstance(recipe, Recipe):
        entries = recipe.steps
    elif isinstance(recipe, Sequence) and not isinstance(recipe, str | bytes):
        entries = _one_recipe(recipe)
    else:
        entries = [recipe]
    found = [place for entry in entries if (place := _place(entry)) is not None]
    if not found:
        raise BadParameter(f"There is nothing to preview: the recipe has no steps. {ADVICE} steps_table() lists them.")
    return found


def chosen(where: Sequence[Place], settings: Sequence[Mapping[str, Any]]) -> Recipe:
    """The recipe that is set.

    Raises:
        BadParameter: values that are not possible, or not together.
    """
    if len(where) != len(settings):
        raise BadParameter(f"There are {len(where)} steps, and settings for {len(settings)}.")
    return Recipe(
        step(place.options[int(one["option"])].kind.name, **one["values"])
        for place, one in zip(where, settings, strict=True)
        if one["on"]
    )


def _one_recipe(entries: Sequence[Any]) -> Sequence[Any]:
    recipes = [entry for entry in entries if isinstance(entry, Recipe)]
    if not recipes:
        return entries
    if len(entries) > 1:
        raise BadParameter(
            f"The preview shows one recipe, and here are {len(entries)}. Give one of them, recipes[0], or the steps "
            "that grid() got as a list: alternatives can be chosen in the preview."
        )
    return recipes[0].steps


def _place(entry: Any) -> Place | None:
    """None where there is nothing at all."""
    options = _options(entry)
    steps = tuple(dict.fromkeys(one for one in options if one is not None))
    return Place(steps, options[0] is not None) if steps else None


def _options(entry: Any) -> list[Step | None]:
    """The alternatives at a place."""
    made: Any = entry
    if isinstance(entry, str):
        made = step(entry)
    elif isinstance(entry, Mapping) and "step" in entry:
        made = step(entry["step"], **{str(name): value for name, value in entry.items() if name != "step"})
    if isinstance(made, Either):
        return [option for one in flat(made.options) for option in _options(one)]
    if made is not None and not isinstance(made, Step):
        raise BadParameter(f"{entry!r} is no step. {ADVICE}")
    return [made]
