"""A style's painted images: a style learned from what was found, new label images, a picture painted on each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...adapt import (
    Layout,
    ShapeBank,
    feature_table,
    gate,
    kid,
    learn_style,
    measure_layout,
    synthetic_masks,
    two_sample,
)
from ...data import Image, Labels
from ...errors import BadRunFolder, CannotWrite, OpsefError
from ...preprocess import Recipe
from .look import See
from .plan import AdaptPlan
from .size import at_size, pieces

log = logging.getLogger(__name__)
Pair = tuple[Image, Labels]
Floats = NDArray[np.float64]
ENOUGH = 8  # real and painted images, below which nobody asks how alike they are


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
        BadRunFolder: the folder holds another style, or a broken one; somebody must decide.
    """
    usable = [(image, labels) for image, labels in sources if labels.count]
    if not usable:
        return Painted(name, said=f"{name}: {_without(sources)}; it is left out.")
    try:
        return _painted(name, usable, see, plan, folder, device, progress)
    except (CannotWrite, BadRunFolder):
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
    target = measure_layout([at_size(labels, plan.object_px) for _, labels in sources])
    masks = _masks(name, target, plan)
    pairs = [(style.paint(mask, seed=plan.seed + n), mask) for n, mask in enumerate(masks)]
    found = [see(image) for image, _ in pairs]
    cut = [p for image, labels in sources for p in pieces(image, labels, plan.object_px, plan.mask_px)]
    real, made = feature_table(cut).to_numpy(float), feature_table([image for image, _ in pairs])
    gated = gate(pairs, found, real, made, least_score=plan.least_found, seed=plan.seed)
    alike = _alike(real, made.to_numpy(float), plan.seed)
    said = f"{name}, learned from {len(sources)} images: {gated.summary}{alike}"
    return Painted(name, gated.kept, pairs, sources, cut, (target, measure_layout(masks)), gated.table, said)


def _without(sources: Sequence[Pair]) -> str:
    """Why there is nothing to learn from."""
    return f"no object was found in its {len(sources)} images" if sources else "none of its images can be used"


def _masks(name: str, target: Layout, plan: AdaptPlan) -> list[Labels]:
    """Synthetic label images like the measured ones; empty ones teach nothing about the style."""
    bank = ShapeBank.shipped().without(*plan.shapes_without) if plan.shapes_without else None
    shape = (plan.mask_px, plan.mask_px)
    made = synthetic_masks(
        target, count=plan.masks_a_style, shape=shape, bank=bank, from_bank=plan.from_bank, seed=plan.seed
    )
    return [replace(mask, name=f"{name}/{n:04d}") for n, mask in enumerate(made, start=1) if mask.count]


def _alike(real: Floats, made: Floats, seed: int) -> str:
    """How well a classifier tells painted images from real ones, and their kernel distance, in words."""
    if min(len(real), len(made)) < ENOUGH:
        return ""
    right, (low, high) = two_sample(real, made, seed)
    apart, error = kid(real, made, seed)
    return (
        f" A classifier tells painted from real in {right:.0%} of cases [{low:.0%}, {high:.0%}]; 50 % is chance. "
        f"KID {apart:.2f} (standard error {error:.2f})."
    )
