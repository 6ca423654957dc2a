"""Postprocessing: labels -> labels. One pass a file; the contract is in `_pass.py`. Tiles are joined by `stitch`."""

from ._pass import PASSES, Pass, clean, labels_pass
from ._stitch import stitch

__all__ = ["PASSES", "Pass", "clean", "labels_pass", "stitch"]
