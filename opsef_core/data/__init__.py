"""The datum: images, label images, and the history that says how each came to be."""

from ._act import Act, History, digest
from ._datum import AXES, Pixels
from ._image import RGB, Image, Unreadable
from ._labels import Labels
from ._overlaps import THRESHOLDS, Overlaps, overlaps
from ._untile import untile

__all__ = [
    "AXES",
    "RGB",
    "THRESHOLDS",
    "Act",
    "History",
    "Image",
    "Labels",
    "Overlaps",
    "Pixels",
    "Unreadable",
    "digest",
    "overlaps",
    "untile",
]
