"""Whether an adapted model is better than its start: on truth if there is any, else by three signs together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
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
            the change over images), `decides`. Scores are DSB-scores; of steadiness the share of objects found again.
            Where the start model looked at the new images under a recipe: `start_recipe`, what it reaches with that.
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
    scores: pd.DataFrame,
    target: Sequence[Image],
    truth: Sequence[Example],
    device: str,
    recipe: Recipe | None = None,
) -> Judgement:
    """Compare two models.

    Args:
        start: as it was.
        adapted: after the retraining.
        scores: of `Fit`: a row an image that judged the retraining, with `start_dsb_score`, `fitted_dsb_score`, and
            `painted`, whether it is a synthetic one.
        target: unlabelled images of the new kind.
        truth: those of them whose truth is known; empty if none is.
        device: "cpu", "cuda", "mps".
        recipe: under which the start model looked at the new images: that costs no training, so it is compared, too.
    """
    rows = []
    if truth:
        rows.append(_paired(TRUTH, *(_scores(m, truth, device) for m in (start, adapted))))
    for name, painted in ((PAINTED, True), (KNOWN, False)):
        part = scores[scores["painted"] == painted]
        if len(part):
            rows.append(_paired(name, part["start_dsb_score"].to_numpy(), part["fitted_dsb_score"].to_numpy()))
    some = [target[i] for i in np.linspace(0, len(target) - 1, min(LOOKED_AT, len(target))).round().astype(int)]
    rows.append(_steady(start, adapted, some, device))
    table = pd.DataFrame(rows)
    better, why = decide(table.set_index("on"))
    table["decides"] = table["on"].eq(TRUTH) if truth else True
    if recipe is None or not recipe.steps:
        return Judgement(table, better, why)
    steady, _ = steadiness(start, [recipe(image) for image in some], device)
    reached = {STEADINESS: steady}
    if truth:
        seen = [replace(e, image=recipe(e.image)) for e in truth]
        reached[TRUTH] = float(_scores(start, seen, device).mean())
    table["start_recipe"] = table["on"].map(reached)
    return Judgement(table, better, f"{why} {_recipe_told(recipe, table)}")


def stays(why: str) -> Judgement:
    """The start model stays in use without a comparison, since nothing was learned."""
    columns = ["on", "images", "start", "adapted", "change", "low", "high", "decides"]
    return Judgement(pd.DataFrame(columns=columns), False, f"The start model stays in use: {why}")


def _recipe_told(recipe: Recipe, table: pd.DataFrame) -> str:
    """What the start model reaches behind the recipe, on what tells most."""
    row = table[table["start_recipe"].notna()].iloc[0] if table["start_recipe"].notna().any() else None
    if row is None:
        return f"Behind {recipe.title} the start model finds nothing."
    return (
        f"Without any training the start model reaches {row['start_recipe']:.3f} behind {recipe.title}, "
        f"the adapted model {row['adapted']:.3f} ({row['on']})."
    )


def decide(table: pd.DataFrame) -> tuple[bool, str]:
    """With truth that alone; else a gain on painted images, steadiness on the new ones, and not too much forgotten."""
    change = table["change"]
    if TRUTH in change:
        better = bool(change[TRUTH] > 0)
        said = f"{change[TRUTH]:+.3f} on {table['images'].astype(int)[TRUTH]} {TRUTH}"
        return better, f"{'The adapted model is used' if better else 'The start model stays in use'}: {said}."
    limits = {STEADINESS: TOLERANCE, KNOWN: FORGOTTEN}
    against = [f"{change[on]:+.3f} on {on}" for on, limit in limits.items() if on in change and change[on] < -limit]
    if not (change[PAINTED] > 0 if PAINTED in change else change.max() > 0):
        against = [f"no gain on {PAINTED}" if PAINTED in change else "no gain anywhere", *against]
    if against:
        return False, f"The start model stays in use: {'; '.join(against)}."
    gains = zip(change.dropna().index.tolist(), change.dropna().tolist(), strict=True)
    said = "; ".join(f"{gain:+.3f} on {on}" for on, gain in gains)
    return True, f"The adapted model is used: {said}. There is no truth of the new images to be sure by."


def _scores(model: Segmenter, examples: Sequence[Example], device: str) -> NDArray[np.float64]:
    ready = model.ready(device)
    return np.array([overlaps(e.truth.pixels, ready(e.image, device).pixels).dsb_score for e in examples])


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
    both = [steadiness(model, images, device) for model in (start, adapted)]
    found = [bool(n) for _, n in both]
    change = both[1][0] - both[0][0] if all(found) else 1.0 if found[1] else -1.0 if found[0] else float("nan")
    return {
        "on": STEADINESS,
        "images": len(images),
        "start": both[0][0],
        "adapted": both[1][0],
        "change": change,
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
