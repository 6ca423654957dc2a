"""Measure: labels + image -> one row an object."""

from ._objects import objects

__all__ = ["objects"]
