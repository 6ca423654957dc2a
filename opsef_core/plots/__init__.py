"""Plots: tables and images -> figures. They return what they drew and never show it."""

from ._board import board
from ._overlay import FOUND, TRUE, Colour, Crop, overlay, overlays
from ._sheet import contact_sheet, lens

__all__ = ["FOUND", "TRUE", "Colour", "Crop", "board", "contact_sheet", "lens", "overlay", "overlays"]
