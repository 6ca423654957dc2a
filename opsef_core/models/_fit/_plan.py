"""How long and how to train."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import BadParameter
from ...registry import explain

Schedule = Literal["cosine", "layer_groups"]
WARM_UP_STEPS, WARM_UP_PART = 100, 0.1  # whichever is over first: a short training is not all warm-up
LAYER_GROUP_RATES = (1.0, 0.5, 0.1)


class Plan(BaseModel):
    """How long and how to train.

    Attributes:
        steps: optimiser steps in all; None: what the family recommends (a quarter of it when it starts from weights).
        hours: training time in all, interruptions not counted; whichever of the two is used up first ends the training,
            and the learning rate has then come down.
        score_every: steps between two looks at the held-out images.
        learning_rate: None: what the family recommends (a third of it when it starts from weights).
        schedule: "cosine", or "layer_groups", where the family has such (nucleAIzer): all layers for a third of the
            training, then the later ones at half the rate, then only the heads at a tenth, without coming down.
        synthetic_fraction: the part of the crops that is taken from synthetic examples; None: as their shares say.
        scratch: start from random weights rather than from the model's own.
        seed: of the held-out images, of the crops, of their augmentation, and of random weights.
        look_at: at most so many held-out images are scored while training (evenly from all kinds); all of them at the
            end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int | None = Field(None, ge=1)
    hours: float | None = Field(None, gt=0, allow_inf_nan=False)
    score_every: int = Field(250, ge=1)
    learning_rate: float | None = Field(None, gt=0, allow_inf_nan=False)
    schedule: Schedule = "cosine"
    synthetic_fraction: float | None = Field(None, ge=0, le=1)
    scratch: bool = False
    seed: int = Field(0, ge=0, lt=2**31)
    look_at: int = Field(48, ge=1)

    def done(self, step: int, steps: int, seconds: float) -> float:
        """How much of the training is over, 0 to 1."""
        time = 0.0 if self.hours is None else seconds / (3600 * self.hours)
        return min(1.0, max(step / steps, time))

    def group(self, done: float) -> int:
        """Which group of layers learns when so much of the training is over: 0 all, 1 the later ones, 2 the heads."""
        return min(int(done * 3 + 1e-9), 2) if self.schedule == "layer_groups" else 0

    def rate(self, highest: float, step: int, done: float) -> float:
        """Learning rate of a step: warm-up over the first 100 steps (a tenth of a shorter training), then the schedule.

        "cosine" comes down along half a cosine to one percent of the highest.
        """
        warm = highest * min(1.0, max((step + 1) / WARM_UP_STEPS, done / WARM_UP_PART))
        if self.schedule == "layer_groups":
            return warm * LAYER_GROUP_RATES[self.group(done)]
        return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def plan_of(options: Mapping[str, Any]) -> Plan:
    """A plan from what a user wrote.

    Raises:
        BadParameter: an option that does not exist or has an impossible value.
    """
    try:
        return Plan(**options)
    except ValidationError as error:
        raise BadParameter(explain("fit", Plan, error)) from None
