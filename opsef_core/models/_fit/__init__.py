"""Fit a model to annotated images: one loop for every family; what a family adds is its `Trainer`."""

from ._examples import Example, Examples, examples_of, held_out
from ._fit import Fit, fit
from ._folder import About
from ._plan import Plan, plan_of
from ._trainer import Crop, Trainer

__all__ = [
    "About",
    "Crop",
    "Example",
    "Examples",
    "Fit",
    "Plan",
    "Trainer",
    "examples_of",
    "fit",
    "held_out",
    "plan_of",
]
