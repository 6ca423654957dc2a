"""Measure: labels + image -> one row an object."""

from ._contrast import contrast
from ._objects import objects

__all__ = ["contrast", "objects"]
