"""Plots: tables and images -> figures. They return what they drew and never show it."""

from ._atlas import SHOWN, TITLES, atlas, wall
from ._board import board
from ._changes import changes
from ._forest import forest
from ._gallery import gallery
from ._layouts import layouts
from ._overlay import FOUND, TRUE, Colour, Crop, overlay, overlays
from ._painted import painted
from ._pareto import pareto
from ._sheet import contact_sheet, lens
from ._styles import styles
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
    "changes",
    "contact_sheet",
    "forest",
    "gallery",
    "layouts",
    "lens",
    "overlay",
    "overlays",
    "painted",
    "pareto",
    "styles",
    "thumbnails",
    "wall",
]
