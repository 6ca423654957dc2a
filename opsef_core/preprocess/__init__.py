"""Preprocessing: image -> image. One step a file; the contract is in `_step.py`."""

from ._ancestor import opsef_recipe
from ._recipe import Recipe, grid
from ._step import STEPS, Step, step, step_kind

__all__ = ["STEPS", "Recipe", "Step", "grid", "opsef_recipe", "step", "step_kind"]
