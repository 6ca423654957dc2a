"""A style's painted images: a style learned from what was found, new label images, a picture painted on each."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import pandas as pd

from ...adapt import (
    Layout,
    ShapeBank,
    feature_table,
    gate,
    kid,
    learn_style,
    measure_layout,
    scaled_ids,
    scales_to,
    synthetic_masks,
    two_sample,
)
from ...data import Image, Labels
from ...errors import BadRunFolder, CannotWrite, MissingPackage, MissingWeights, NothingToShow, OpsefError
from ...preprocess import Recipe
from .look import See
from .plan import AdaptPlan
from .size import pieces

log = logging.getLogger(__name__)
Pair = tuple[Image, Labels]
ENOUGH = 8  # real and painted pictures, below which nobody asks how alike they are
ENOUGH_IMAGES = 4  # that the real ones are cut from
EMPTY = 20  # label images drawn for each that is asked for, where most come out empty


@dataclass(frozen=True)
class Painted:
    """What came of a style.

    Attributes:
        name: of the style.
        pairs: painted images with their label images that the gate let through.
        tried: all of them, let through or not.
        sources: the images that stand for the style, with the labels it was learned from.
        real: these images as they are compared with painted ones: at the style's object size and on its scale of
            intensities, in pieces as large; for `widgets.quiz`, too.
        layouts: measured in these labels, and in the synthetic ones, at the style's object size.
        likeness: `two_sample`, the accuracy with which a classifier tells painted pictures from real pieces (0.5 is
            chance), its interval `low` and `high`; `kid`, their kernel distance, and `kid_error`. Empty where there are
            fewer than eight of either, or fewer than four real images.
        gate: one row a painted image: `score`, `chance`, `distance`, `kept`, `reason`.
        said: in a sentence what came of it.
        recipe: under which the start model looked at it.
    """

    name: str
    pairs: Sequence[Pair] = ()
    tried: Sequence[Pair] = ()
    sources: Sequence[Pair] = ()
    real: Sequence[Image] = ()
    layouts: tuple[Layout, Layout] | None = None
    likeness: Mapping[str, float] = field(default_factory=dict)
    gate: pd.DataFrame = field(default_factory=pd.DataFrame)
    said: str = ""
    recipe: Recipe = field(default_factory=Recipe)


def painted(
    name: str, sources: Sequence[Pair], see: See, plan: AdaptPlan, folder: Path, device: str, progress: bool
) -> Painted:
    """Learn a style and paint with it; what goes wrong becomes the sentence of the result, and other styles go on.

    Args:
        name: of the style.
        sources: its images with what was found in them, or their truth.
        see: the start model, which must find the masks again.
        plan: how.
        folder: of the painter; a training in it goes on, a finished one is used.
        device: "cpu", "cuda", "mps".
        progress: show a progress bar.

    Raises:
        CannotWrite, DiskFull: no room; that is nothing the next style could do better.
        BadRunFolder, MissingWeights: the folder holds another style, or a broken one; somebody must decide.
        MissingPackage: what learns a style is not installed.
    """
    usable = [(image, labels) for image, labels in sources if labels.count]
    if not usable:
        return Painted(name, said=f"{name}: {_without(sources, plan)}; it is left out.")
    try:
        return _painted(name, usable, see, plan, folder, device, progress)
    except (CannotWrite, BadRunFolder, MissingPackage, MissingWeights):
        raise
    except OpsefError as error:
        log.warning("%s is left out: %s", name, error)
        return Painted(name, sources=usable, said=f"{name} is left out: {error}")


def _painted(
    name: str, sources: list[Pair], see: See, plan: AdaptPlan, folder: Path, device: str, progress: bool
) -> Painted:
    style = learn_style(
        sources,
        folder,
        name=name,
        object_px=plan.object_px,
        steps=plan.style_steps,
        hours=plan.style_hours,
        device=device,
        seed=plan.seed,
        progress=progress,
    )
    factors = scales_to(plan.object_px, [labels for _, labels in sources])
    target = measure_layout([scaled_ids(labels.array(), f) for (_, labels), f in zip(sources, factors, strict=True)])
    masks = _masks(name, target, plan)
    pairs = [(style.paint(mask, seed=plan.seed + n), mask) for n, mask in enumerate(masks)]
    found = [see(image) for image, _ in pairs]
    cut = [p for (image, _), f in zip(sources, factors, strict=True) for p in pieces(image, f, plan.mask_px)]
    real, made = feature_table(cut), feature_table([image for image, _ in pairs])
    gated = gate(pairs, found, real.to_numpy(float), made, least_score=plan.least_found, seed=plan.seed)
    likeness = _likeness(real, _colours_of(cut), made, _colours_of([image for image, _ in pairs]), plan.seed)
    few = f"Too few to ask a classifier: {len(real)} real pieces of {len(sources)} images, {len(made)} painted."
    said = f"{name}, learned from {len(sources)} images: {gated.summary} {_told(likeness) or few}"
    if len(masks) < plan.masks_a_style:
        said += f" So sparse are its nuclei that only {len(masks)} of {plan.masks_a_style} label images got any."
    layouts = (target, measure_layout(masks))
    return Painted(name, gated.kept, pairs, sources, cut, layouts, likeness, gated.table, said)


def _without(sources: Sequence[Pair], plan: AdaptPlan) -> str:
    """Why there is nothing to learn from."""
    if plan.variant == "GTstyle":
        return "the truth of its images has no object" if sources else "no image of it that can be used has a truth"
    return f"no object was found in its {len(sources)} images" if sources else "none of its images can be used"


def _masks(name: str, target: Layout, plan: AdaptPlan) -> list[Labels]:
    """Synthetic label images like the measured ones; empty ones teach nothing about the style, others are drawn."""
    bank = ShapeBank.shipped().without(*plan.shapes_without) if plan.shapes_without else None
    shape, most = (plan.mask_px, plan.mask_px), EMPTY * plan.masks_a_style
    drawn = synthetic_masks(target, count=most, shape=shape, bank=bank, from_bank=plan.from_bank, seed=plan.seed)
    made = list(islice((mask for mask in drawn if mask.count), plan.masks_a_style))
    if not made:
        raise NothingToShow(
            f"So sparse are its nuclei that all of {most} label images of {plan.mask_px} px stayed empty; a larger "
            "mask_px holds more of them."
        )
    return [replace(mask, name=f"{name}/{n:04d}") for n, mask in enumerate(made, start=1)]


def _colours_of(pictures: Sequence[Image]) -> dict[str, str]:
    """By name of a real piece or a painted picture: the image it is cut from, or whose colours it was painted in."""
    return {picture.name: str(picture.history[-1].parameters["colours_of"]) for picture in pictures}


def _likeness(
    real: pd.DataFrame, cut_from: Mapping[str, str], made: pd.DataFrame, like: Mapping[str, str], seed: int
) -> dict[str, float]:
    """How well a classifier tells painted pictures from real pieces, and their kernel distance; of enough pictures."""
    of_real, of_made = [cut_from[name] for name in real.index], [like[name] for name in made.index]
    if min(len(real), len(made)) < ENOUGH or len(set(of_real)) < ENOUGH_IMAGES:
        return {}
    x, y = real.to_numpy(float), made.to_numpy(float)
    right, (low, high) = two_sample(x, y, seed, images=(of_real, of_made))
    apart, error = kid(x, y, seed)
    return {"two_sample": right, "low": low, "high": high, "kid": apart, "kid_error": error}


def _told(likeness: Mapping[str, float]) -> str:
    """The same in words; empty of too few."""
    if not likeness:
        return ""
    return (
        "A classifier tells painted from real in {two_sample:.0%} of cases [{low:.0%}, {high:.0%}]; 50 % is chance. "
        "KID {kid:.2f} (standard error {kid_error:.2f})."
    ).format(**likeness)


def overview(styles: Sequence[Painted]) -> pd.DataFrame:
    """What came of the styles: a row a style, `learned_from`, `painted`, `passed`, `recipe`, and its likeness."""
    rows = [
        {
            "style": p.name,
            "learned_from": len(p.sources),
            "painted": len(p.tried),
            "passed": len(p.pairs),
            "recipe": p.recipe.title,
            **p.likeness,
        }
        for p in styles
    ]
    columns = ["style", "learned_from", "painted", "passed", "recipe", "two_sample", "low", "high", "kid", "kid_error"]
    return pd.DataFrame(rows, columns=columns).set_index("style")
