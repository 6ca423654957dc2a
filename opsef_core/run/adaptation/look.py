"""How the start model sees a new kind of image best: under the recipe with the steadiest results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from ...data import Image, Labels
from ...errors import BadParameter
from ...models import Segmenter
from ...preprocess import Recipe, step
from .judge import steadiness, through_recipe

log = logging.getLogger(__name__)
See = Callable[[Image], Labels]
LOOKED_AT = 4  # images of a style


def usual_recipes(image: Image) -> list[Recipe]:
    """What is tried where nothing is said: as it is, without colour, and the other way round."""
    grey = [step("grey")] if image.shape.get("C", 1) == 3 else []
    return list(dict.fromkeys([Recipe(), Recipe(grey), Recipe([*grey, step("invert")])]))


def steadiest(
    start: Segmenter, images: Sequence[Image], recipes: Sequence[Recipe], device: str
) -> tuple[Recipe, dict[str, float]]:
    """The recipe under which a model finds most of its objects again when the image is mirrored or turned.

    No truth is needed. A model that does not know what it sees is unsteady: measured in `benchmarks/adapt.py`.

    Args:
        start: the model.
        images: a few, evenly taken from those given.
        recipes: alternatives; of equals the first is taken. One that fails on an image where another one does not is
            left out.
        device: "cpu", "cuda", "mps".

    Returns:
        The recipe, and the steadiness of each by its title (NaN where nothing was found); empty for one recipe.

    Raises:
        BadParameter: all of them fail.
    """
    if len(recipes) == 1:
        return recipes[0], {}
    some = [images[i] for i in np.linspace(0, len(images) - 1, min(LOOKED_AT, len(images))).round().astype(int)]
    reasons: dict[str, str] = {}
    through = {recipe.title: through_recipe(recipe, some, reasons) for recipe in recipes}
    most = max(map(len, through.values()))
    if not most:
        raise BadParameter(f"No recipe can be applied to these images. {' '.join(reasons.values())}")
    tried = [r for r in recipes if len(through[r.title]) == most]
    for title in reasons.keys() - {r.title for r in tried}:
        log.warning("The recipe is left out: %s", reasons[title])
    found = {r.title: steadiness(start, through[r.title], device)[0] for r in tried}
    return max(tried, key=lambda r: np.nan_to_num(found[r.title], nan=-1.0)), found


def seeing(start: Segmenter, recipe: Recipe, device: str) -> See:
    """The model behind a recipe, as one."""
    ready = start.ready(device)
    return lambda image: ready(recipe(image), device)
