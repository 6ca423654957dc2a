"""What a retraining learns from: the images sorted into styles, and each style painted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ...adapt import Style, Styles, feature_table, styles_of
from ...data import Image, Labels
from ...errors import BadImage, OpsefError
from ...models import Example, Segmenter
from ...preprocess import Recipe
from ..plan import Item
from .look import See, seeing, steadiest, usual_recipes
from .painted import Painted, Pair, painted
from .plan import AdaptPlan

log = logging.getLogger(__name__)
FEW = "other styles have more images (most_styles)"


@dataclass(frozen=True)
class Task:
    """What is the same in all rounds: new images and what is known of them, annotated images, plan, device."""

    items: Sequence[Item]
    true: Mapping[str, Labels]
    learning: Sequence[Example]
    judging: Sequence[Example]
    plan: AdaptPlan
    device: str
    progress: bool

    @property
    def usable(self) -> list[Image]:
        """The new images that are planes."""
        return [i for i in self.items if isinstance(i, Image) and not set(i.axes) - set("CYX")]


@dataclass(frozen=True)
class Prepared:
    """Painted styles, and the table of the new images (see `Adapted`)."""

    images: pd.DataFrame
    styles: tuple[Painted, ...] = ()
    sorted_into: Styles | None = None


def prepare(task: Task, start: Segmenter, folder: Path) -> Prepared:
    """Styles and painted images; of NOstyle nothing but the list of the images.

    Raises:
        BadImage: no image can be used, or no style came to anything.
    """
    usable = task.usable
    table = pd.DataFrame({"reason": [_reason(i) for i in task.items]}, [i.name for i in task.items])
    table = table.rename_axis("image").assign(style="", shown=False, objects=float("nan"))
    if not usable:
        raise BadImage(f"None of the {len(task.items)} images can be used: {table['reason'].iloc[0]}")
    if task.plan.variant == "NOstyle":
        return Prepared(table)
    named = {i.name: i for i in usable}
    styles = _sorted(usable, task.plan, task.progress)
    for style in styles.styles[task.plan.most_styles :]:
        table.loc[list(style.members), ["style", "reason"]] = (style.name, FEW)
    recipes = task.plan.made_recipes() or usual_recipes(usable[0])
    made = []
    for style in styles.styles[: task.plan.most_styles]:
        recipe, steady = steadiest(start, [named[n] for n in style.shown], recipes, task.device)
        see = seeing(start, recipe, task.device)
        sources = _sources(style, named, see, task)
        done = painted(style.name, sources, see, task.plan, folder / style.name, task.device, task.progress)
        made.append(replace(done, said=done.said + _looked(recipe, steady), recipe=recipe))
        table.loc[list(style.members), "style"] = style.name
        table.loc[list(style.shown), "shown"] = True
        for image, labels in sources:
            table.loc[image.name, "objects"] = labels.count
    if not any(p.pairs for p in made):
        raise BadImage("There is nothing to learn from. " + " ".join(p.said for p in made))
    return Prepared(table, tuple(made), styles)


def _sorted(images: Sequence[Image], plan: AdaptPlan, progress: bool) -> Styles:
    """By similarity."""
    table = feature_table(images, progress)
    found = styles_of(table, count=plan.styles, single=plan.single_style, seed=plan.seed)
    log.info("%s", found.rule)
    return found


def _sources(style: Style, images: Mapping[str, Image], see: See, task: Task) -> list[Pair]:
    """The images that stand for a style, with their truth or with what the start model finds in them."""
    names = list(style.shown)
    if task.plan.variant == "GTstyle":
        known = [n for n in dict.fromkeys((*names, *style.members)) if n in task.true]
        return [(images[n], task.true[n]) for n in known[: len(names)]]
    made = []
    for name in names:
        try:
            made.append((images[name], see(images[name])))
        except OpsefError as error:
            log.warning("%s is left out: %s", name, error)
    return made


def _looked(recipe: Recipe, steady: Mapping[str, float]) -> str:
    """Under which recipe the start model looked, and why."""
    if not steady:
        return ""
    told = ", ".join(f"{title} {share:.2f}" for title, share in steady.items())
    return f" The start model looked at it as {recipe.title}: objects found again when mirrored or turned: {told}."


def _reason(item: Item) -> str:
    """Why an image cannot be used; empty if it can."""
    if not isinstance(item, Image):
        return item.reason
    return f"axes {item.axes}; a plane is needed" if set(item.axes) - set("CYX") else ""
