"""What a retraining learns from: the images sorted into styles, and each style painted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ...adapt import Style, Styles, feature_table, styles_of
from ...data import Image, Labels
from ...errors import BadImage, NothingToShow, OpsefError
from ...models import Example, Segmenter
from ...preprocess import Recipe
from ..plan import Item
from .keep import PAINTER, keep_style
from .look import See, seeing, steadiest, usual_recipes
from .painted import Painted, Pair, painted
from .plan import AdaptPlan
from .tidy import tidied

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
        """The new images that are planes, grey or in colour."""
        return [i for i in self.items if isinstance(i, Image) and not _reason(i)]

    @property
    def with_truth(self) -> list[Image]:
        """Those of them whose truth is known and whose pixels can be worked with."""
        return [i for i in self.usable if i.name in self.true and not _not_numbers(i)]


@dataclass(frozen=True)
class Prepared:
    """Painted styles, and the table of the new images (see `Adapted`)."""

    images: pd.DataFrame
    styles: tuple[Painted, ...] = ()
    sorted_into: Styles | None = None


def prepare(task: Task, start: Segmenter, folder: Path) -> Prepared:
    """Styles and painted images; of NOstyle nothing but the list of the images.

    Raises:
        BadImage: no image can be used.
    """
    usable = task.usable
    table = pd.DataFrame({"reason": [_reason(i) for i in task.items]}, [i.name for i in task.items])
    table = table.rename_axis("image").assign(style="", shown=False, objects=float("nan"))
    if not usable:
        raise BadImage(f"None of the {len(task.items)} images can be used: {table['reason'].iloc[0]}")
    if task.plan.variant == "NOstyle":
        return Prepared(table)
    named = {i.name: i for i in usable}
    start.ready(task.device)  # what is missing to run it is no style's fault
    try:
        styles = _sorted(usable, task.plan, task.progress)
    except NothingToShow as error:
        why = _not_numbers(usable[0]) or error
        raise BadImage(f"None of the {len(task.items)} images can be used: {why}") from None
    for name in named.keys() - set(styles.table.index):
        table.loc[name, "reason"] = _not_numbers(named[name])
    for style in styles.styles[task.plan.most_styles :]:
        table.loc[list(style.members), ["style", "reason"]] = (style.name, FEW)
    if many := int((table["reason"] == FEW).sum()):
        log.warning("%d of %d images are in styles that are not painted: %s.", many, len(table), FEW)
    made = []
    for style in styles.styles[: task.plan.most_styles]:
        table.loc[list(style.members), "style"] = style.name
        made.append(_of_style(style, named, start, task, folder / style.name, table))
        keep_style(made[-1], folder / style.name)
    return Prepared(table, tuple(made), styles)


def _of_style(
    style: Style, named: Mapping[str, Image], start: Segmenter, task: Task, folder: Path, table: pd.DataFrame
) -> Painted:
    """One style painted; the table learns which of its images were shown, and what was found in them."""
    shown = [named[n] for n in style.shown]
    recipes = task.plan.made_recipes() or usual_recipes(max(shown, key=lambda i: i.shape.get("C", 1)))
    try:
        recipe, steady = steadiest(start, shown, recipes, task.device)
    except OpsefError as error:
        log.warning("%s is left out: %s", style.name, error)
        return Painted(style.name, said=f"{style.name} is left out: {error}")
    see = seeing(start, recipe, task.device)
    sources = _sources(style, named, see, task, table)
    done = painted(style.name, sources, see, task.plan, folder / PAINTER, task.device, task.progress)
    return replace(done, said=done.said + _looked(recipe, steady), recipe=recipe)


def _sorted(images: Sequence[Image], plan: AdaptPlan, progress: bool) -> Styles:
    """By similarity."""
    table = feature_table(images, progress)
    found = styles_of(table, count=plan.styles, single=plan.single_style, seed=plan.seed)
    log.info("%s", found.rule)
    return found


def _sources(style: Style, images: Mapping[str, Image], see: See, task: Task, table: pd.DataFrame) -> list[Pair]:
    """The images that stand for a style, with their truth or with what the start model finds in them, made whole."""
    names = list(style.shown)
    if task.plan.variant == "GTstyle":
        names = [n for n in dict.fromkeys((*names, *style.members)) if n in task.true][: len(names)]
    made = []
    for name in names:
        try:
            labels = task.true[name] if task.plan.variant == "GTstyle" else tidied(see(images[name]), images[name])
            _not_constant(images[name])
        except OpsefError as error:
            log.warning("%s is left out: %s", name, error)
            table.loc[name, "reason"] = str(error)
            continue
        made.append((images[name], labels))
        table.loc[name, ["shown", "objects"]] = (True, labels.count)
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
    if set(item.axes) - set("CYX"):
        return f"axes {item.axes}; a plane is needed"
    channels = item.shape.get("C", 1)
    return "" if channels in (1, 3) else f"{channels} channels; 1 or 3 are needed: choose them when reading"


def _not_constant(image: Image) -> None:
    """Refuse an image that shows nothing: its labels, if it has any, cannot be painted after."""
    pixels = image.array()
    if pixels.min() == pixels.max():
        raise BadImage(f"{image.name} is constant: all its pixels are {pixels.flat[0]}.")


def _not_numbers(image: Image) -> str:
    """Why nobody can work with its pixels; empty if everybody can."""
    try:
        image.checked()
    except OpsefError as error:
        return str(error)
    return ""
