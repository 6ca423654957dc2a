"""The datum: images, label images, and the history that says how each came to be."""

from ._act import Act, History, digest
from ._datum import AXES, Pixels
from ._image import RGB, Image, Unreadable
from ._labels import Labels

__all__ = ["AXES", "RGB", "Act", "History", "Image", "Labels", "Pixels", "Unreadable", "digest"]
