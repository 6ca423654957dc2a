"""How an adaptation is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...adapt import ShapeBank
from ...errors import BadParameter
from ...preprocess import Recipe
from ...registry import explain

Variant = Literal["AUTOstyle", "GTstyle", "NOstyle"]


class AdaptPlan(BaseModel):
    """How an adaptation is done; the defaults suit a CPU.

    Attributes:
        variant: "AUTOstyle": styles are learned from what the start model finds; "GTstyle": from given truth;
            "NOstyle": no style at all, equally many steps on the annotated images alone (for comparison).
        single_style: all images are of one experiment; nothing is clustered.
        styles: into how many styles the images are sorted; None: as their similarity says.
        most_styles: so many of them, the largest, are painted, since each costs a training.
        recipes: under which the start model may look at the new images: `Recipe`s, or lists of `{step: name, ...}`; for
            each style the one with the steadiest results is taken. None: as they are, grey, inverted.
        masks_a_style: synthetic label images painted for each style (published: 20 of 512 px).
        mask_px: their side, in pixels of the style, in which a typical object has `object_px`.
        object_px: diameter that typical objects have for the style model.
        from_bank: part of the shapes taken from annotated nuclei; the others are drawn (published: half).
        shapes_without: image classes of BBBC038 whose shapes are not used.
        style_steps: optimiser steps of one style; None: by the number of its tiles.
        style_hours: time for one style at most; None: half an hour on a CPU (unless `style_steps` are given).
        least_found: how well a mask must be found again in what was painted on it, F1 at an IoU of 0.5; see
            `adapt.gate`, which lets through less if it is clearly more than by chance.
        synthetic_fraction: part of the crops that is taken from painted images (published: 0.1 to 0.5); without
            annotated images all of them are.
        steps, hours, learning_rate, score_every, look_at: of the retraining, as in `Plan`.
        rounds: how often: in the second round styles are learned from what the adapted model finds.
        seed: of everything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: Variant = "AUTOstyle"
    single_style: bool = False
    styles: int | None = Field(None, ge=1)
    most_styles: int = Field(6, ge=1)
    recipes: list[list[dict[str, Any]]] | None = None
    masks_a_style: int = Field(20, ge=2)
    mask_px: int = Field(256, ge=64, le=2048)
    object_px: float = Field(24.0, ge=8, le=80)
    from_bank: float = Field(0.5, ge=0, le=1)
    shapes_without: tuple[str, ...] = ()
    style_steps: int | None = Field(None, ge=1)
    style_hours: float | None = Field(None, gt=0, allow_inf_nan=False)
    least_found: float = Field(0.3, ge=0, le=1)
    synthetic_fraction: float = Field(0.5, gt=0, le=1)
    steps: int | None = Field(None, ge=1)
    hours: float | None = Field(None, gt=0, allow_inf_nan=False)
    learning_rate: float | None = Field(None, gt=0, allow_inf_nan=False)
    score_every: int = Field(50, ge=1)
    look_at: int = Field(48, ge=1)
    rounds: int = Field(1, ge=1, le=5)
    seed: int = Field(0, ge=0, lt=2**31)

    def made_recipes(self) -> list[Recipe]:
        """The recipes that are named; none if it is the usual ones."""
        return [Recipe.from_list(entries) for entries in self.recipes or ()]

    def retraining(self, mixed: bool) -> dict[str, Any]:
        """The options of `fit`; `mixed`: whether annotated images are among the examples."""
        names = ("steps", "hours", "learning_rate", "score_every", "look_at", "seed")
        fraction = self.synthetic_fraction if mixed and self.variant != "NOstyle" else None
        return {name: getattr(self, name) for name in names} | {"synthetic_fraction": fraction}


def plan_of(given: Mapping[str, Any]) -> AdaptPlan:
    """The plan that some keywords make.

    Raises:
        BadParameter, UnknownName: an option, a recipe's step or a class of shapes that does not exist, or an impossible
            value.
    """
    named = dict(given)
    if named.get("recipes") is not None:
        every = [named["recipes"]] if isinstance(named["recipes"], Recipe) else named["recipes"]
        named["recipes"] = [r.as_list() if isinstance(r, Recipe) else r for r in every]
    try:
        plan = AdaptPlan(**named)
    except ValidationError as error:
        raise BadParameter(explain("adapt", AdaptPlan, error)) from None
    plan.made_recipes()  # both are told now, not after hours
    ShapeBank.shipped().without(*plan.shapes_without)
    return plan
