"""How the start model sees a new kind of image best: under the recipe with the steadiest results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from ...data import Image, Labels
from ...errors import BadParameter, OpsefError
from ...models import Segmenter
from ...preprocess import Recipe, step
from .judge import steadiness

log = logging.getLogger(__name__)
See = Callable[[Image], Labels]
LOOKED_AT = 4  # images of a style


def usual_recipes(image: Image) -> list[Recipe]:
    """What is tried where nothing is said: as it is, without colour, and the other way round."""
    grey = [] if image.shape.get("C", 1) == 1 else [step("grey")]
    return list(dict.fromkeys([Recipe(), Recipe(grey), Recipe([*grey, step("invert")])]))


def steadiest(
    start: Segmenter, images: Sequence[Image], recipes: Sequence[Recipe], device: str
) -> tuple[Recipe, dict[str, float]]:
    """The recipe under which a model finds most of its objects again when the image is mirrored or turned.

    No truth is needed. A model that does not know what it sees is unsteady: measured in `benchmarks/adapt.py`.

    Args:
        start: the model.
        images: a few, evenly taken from those given.
        recipes: alternatives; of equals the first is taken. One that fails is left out.
        device: "cpu", "cuda", "mps".

    Returns:
        The recipe, and the steadiness of each by its title (NaN where nothing was found); empty for one recipe.

    Raises:
        BadParameter: all of them fail.
    """
    if len(recipes) == 1:
        return recipes[0], {}
    some = [images[i] for i in np.linspace(0, len(images) - 1, min(LOOKED_AT, len(images))).round().astype(int)]
    found: dict[str, float] = {}
    reasons = []
    for recipe in recipes:
        try:
            found[recipe.title] = steadiness(start, [recipe(image) for image in some], device)[0]
        except OpsefError as error:
            reasons.append(f"{recipe.title}: {error}")
            log.warning("The recipe %s is left out: %s", recipe.title, error)
    tried = [r for r in recipes if r.title in found]
    if not tried:
        raise BadParameter(f"No recipe can be applied to these images. {' '.join(reasons)}")
    return max(tried, key=lambda r: np.nan_to_num(found[r.title], nan=-1.0)), found


def seeing(start: Segmenter, recipe: Recipe, device: str) -> See:
    """The model behind a recipe, as one."""
    ready = start.ready(device)
    return lambda image: ready(recipe(image), device)
