"""Preprocessing: image -> image. One step a file; the contract is in `_step.py`."""

from ._ancestor import opsef_projection, opsef_recipe
from ._recipe import Recipe, grid
from ._step import STEPS, Step, step, step_kind
from ._table import steps_table

__all__ = [
    "STEPS",
    "Recipe",
    "Step",
    "grid",
    "opsef_projection",
    "opsef_recipe",
    "step",
    "step_kind",
    "steps_table",
]
