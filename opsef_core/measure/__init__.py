"""Measure: labels + image -> one row an object; all rows as one picture, and classes learned from some."""

from ._classify import classify
from ._contrast import contrast
from ._embed import embed
from ._objects import objects

__all__ = ["classify", "contrast", "embed", "objects"]
