"""Plots: tables and images -> figures. They return what they drew and never show it."""

from ._atlas import SHOWN, TITLES, atlas, wall
from ._board import board
from ._forest import forest
from ._overlay import FOUND, TRUE, Colour, Crop, overlay, overlays
from ._pareto import pareto
from ._sheet import contact_sheet, lens
from ._thumbnail import thumbnails

__all__ = [
    "FOUND",
    "SHOWN",
    "TITLES",
    "TRUE",
    "Colour",
    "Crop",
    "atlas",
    "board",
    "contact_sheet",
    "forest",
    "lens",
    "overlay",
    "overlays",
    "pareto",
    "thumbnails",
    "wall",
]
