"""Whether an adapted model is better than its start: on truth if there is any, else by three signs together."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...compare import interval_of_mean
from ...data import Act, Image, overlaps
from ...errors import OpsefError
from ...models import Example, Segmenter
from ...preprocess import Recipe
from ..stability import CHANGES

log = logging.getLogger(__name__)
TOLERANCE = 0.02  # of steadiness: a loss that is taken for chance where the other sign speaks for the adapted model
FORGOTTEN = (
    0.1  # of the score on images it knew: more is another model; less is told, for it is the new images that count
)
STEADY = ("mirrored", "turned")
START = "The start model"
LOOKED_AT = 12  # target images whose steadiness is measured

TRUTH = "target images with truth"
PAINTED = "painted images that nothing was learned from"
KNOWN = "annotated images, held out"
STEADINESS = "target images, found again when mirrored or turned"


@dataclass(frozen=True)
class Judgement:
    """What speaks for the adapted model and what against it.

    Attributes:
        table: one row a kind of evidence: `on`, `images`, `start`, `adapted`, `change`, `low`, `high` (95 % interval of
            the change over images), `decides`. Scores are DSB-scores; of steadiness the share of objects found again,
            NaN for a model that finds nothing. What cannot be segmented is left out. Where the start model looked at
            the new images under a recipe: `start_recipe`, what it reaches with that.
        better: whether the adapted model is to be used.
        why: the decision in a sentence.
    """

    table: pd.DataFrame
    better: bool
    why: str

    def __repr__(self) -> str:
        return f"{self.why}\n{self.table.round(3).to_string(index=False)}"


def judge(
    start: Segmenter,
    adapted: Segmenter,
    evidence: Mapping[str, Sequence[Example]],
    target: Sequence[Image],
    device: str,
    recipe: Recipe | None = None,
    called: str = START,
) -> Judgement:
    """Compare two models.

    Args:
        start: as it was.
        adapted: after the retraining.
        evidence: what both are scored on, by kind: `TRUTH` (new images whose truth is known), `PAINTED`, `KNOWN`;
            nothing that was learned from or that chose the best state of the retraining, if there is enough of it.
        target: unlabelled images of the new kind.
        device: "cpu", "cuda", "mps".
        recipe: under which the start model looked at the new images: that costs no training, so it is compared, too.
        called: what the start model is called.
    """
    scored = {on: _scores((start, adapted), evidence.get(on, ()), device) for on in (TRUTH, PAINTED, KNOWN)}
    rows = [_paired(on, *both.to_numpy().T) for on, both in scored.items() if len(both)]
    some = [target[i] for i in np.linspace(0, len(target) - 1, min(LOOKED_AT, len(target))).round().astype(int)]
    rows.append(_steady(start, adapted, some, device))
    table = pd.DataFrame(rows)
    better, why = decide(table.set_index("on"), called)
    table["decides"] = table["on"].eq(TRUTH) if len(scored[TRUTH]) else True
    if recipe is None or not recipe.steps:
        return Judgement(table, better, why)
    reasons: dict[str, str] = {}
    steady, _ = steadiness(start, through_recipe(recipe, some, reasons), device)
    reached = {STEADINESS: steady}
    seen = [replace(e, image=i) for e in evidence.get(TRUTH, ()) for i in through_recipe(recipe, [e.image], reasons)]
    for reason in reasons.values():
        log.warning("Not all images can be compared behind the recipe %s", reason)
    behind = _scores((start,), seen, device)
    if len(behind) and behind.index.equals(scored[TRUTH].index):  # of other images it could not be compared
        reached[TRUTH] = float(behind[0].mean())
    table["start_recipe"] = table["on"].map(reached)
    return Judgement(table, better, f"{why} {_recipe_told(recipe, table, called)}")


def stays(why: str, called: str = START) -> Judgement:
    """The start model stays in use without a comparison, since nothing was learned."""
    columns = ["on", "images", "start", "adapted", "change", "low", "high", "decides"]
    return Judgement(pd.DataFrame(columns=columns), False, f"{called} stays in use: {why}")


def through_recipe(recipe: Recipe, images: Sequence[Image], reasons: dict[str, str]) -> list[Image]:
    """The images that a recipe can be applied to; why not to others is noted under its title."""
    made = []
    for image in images:
        try:
            made.append(recipe(image))
        except OpsefError as error:
            reasons[recipe.title] = f"{recipe.title}: {error}"
    return made


def _recipe_told(recipe: Recipe, table: pd.DataFrame, called: str) -> str:
    """What the start model reaches behind the recipe, on what tells most."""
    name = _in_a_sentence(called)
    row = table[table["start_recipe"].notna()].iloc[0] if table["start_recipe"].notna().any() else None
    if row is None:
        return f"Behind {recipe.title} {name} finds nothing."
    return (
        f"Without any training {name} reaches {row['start_recipe']:.3f} behind {recipe.title}, "
        f"the adapted model {row['adapted']:.3f} ({row['on']})."
    )


def decide(table: pd.DataFrame, called: str = START) -> tuple[bool, str]:
    """With truth that alone; else a gain on painted images, steadiness on the new ones, and not too much forgotten."""
    change = table["change"]
    if TRUTH in change:
        better = bool(change[TRUTH] > 0)
        said = f"{change[TRUTH]:+.3f} on {table['images'].astype(int)[TRUTH]} {TRUTH}"
        return better, f"{'The adapted model is used' if better else f'{called} stays in use'}: {said}."
    limits = {STEADINESS: TOLERANCE, KNOWN: FORGOTTEN}
    against = [f"{change[on]:+.3f} on {on}" for on, limit in limits.items() if on in change and change[on] < -limit]
    if not (change[PAINTED] > 0 if PAINTED in change else change.max() > 0):
        against = [f"no gain on {PAINTED}" if PAINTED in change else "no gain anywhere", *against]
    if STEADINESS in change and np.isnan(table["adapted"][STEADINESS]):
        against.append("the adapted model finds nothing in the new images")
    if against:
        return False, f"{called} stays in use: {'; '.join(against)}."
    gains = zip(change.dropna().index.tolist(), change.dropna().tolist(), strict=True)
    said = "; ".join(f"{gain:+.3f} on {on}" for on, gain in gains)
    if STEADINESS in change and np.isnan(table["start"][STEADINESS]):
        said += f"; {_in_a_sentence(called)} found nothing in the new images"
    return True, f"The adapted model is used: {said}. There is no truth of the new images to be sure by."


def _in_a_sentence(called: str) -> str:
    return called[0].lower() + called[1:]


def _scores(models: Sequence[Segmenter], examples: Sequence[Example], device: str) -> pd.DataFrame:
    """A row an image, a column a model; an image that one of them cannot take is left out."""
    ready = [model.ready(device) for model in models]
    names, made = [], []
    for e in examples:
        try:
            found = [one(e.image, device) for one in ready]
        except OpsefError as error:
            log.warning("%s is left out of the comparison: %s", e.image.name, error)
            continue
        names.append(e.image.name)
        made.append([overlaps(e.truth.pixels, labels.pixels).dsb_score for labels in found])
    return pd.DataFrame(made, names, range(len(ready)), float)


def _paired(on: str, start: NDArray[np.float64], adapted: NDArray[np.float64]) -> dict[str, object]:
    """A row: means, and the change with its interval."""
    low, high = interval_of_mean(adapted - start)
    return {
        "on": on,
        "images": len(start),
        "start": start.mean(),
        "adapted": adapted.mean(),
        "change": (adapted - start).mean(),
        "low": low,
        "high": high,
    }


def _steady(start: Segmenter, adapted: Segmenter, images: Sequence[Image], device: str) -> dict[str, object]:
    """Share of objects that are found again, over all images; one who finds nothing has no such share."""
    before, after = (steadiness(model, images, device)[0] for model in (start, adapted))
    return {
        "on": STEADINESS,
        "images": len(images),
        "start": before,
        "adapted": after,
        "change": after - before,
        "low": float("nan"),
        "high": float("nan"),
    }


def steadiness(model: Segmenter, images: Sequence[Image], device: str) -> tuple[float, int]:
    """(share of objects found again at IoU 0.5 when the image is mirrored or turned, objects found); NaN for none.

    F1 between the two results, all objects of all images together: a model that finds nothing gets no credit for it.
    An image that the model cannot take is left out.
    """
    ready = model.ready(device)
    matched = found = 0
    for image in images:
        try:
            plain = ready(image, device).array()
        except OpsefError as error:
            log.warning("%s is left out of the comparison: %s", image.name, error)
            continue
        for name in STEADY:
            change = CHANGES[name]
            other = image.then(Act("change", name, {}), change.there(image.array()))
            again = change.back(ready(other, device).array(), plain.shape)
            tp, fp, fn = overlaps(plain, again).counts(0.5)
            matched, found = matched + 2 * tp, found + 2 * tp + fp + fn
    return (matched / found if found else float("nan")), found
