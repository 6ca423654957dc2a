"""Postprocessing: labels -> labels. One pass a file; the contract is in `_pass.py`."""

from ._pass import PASSES, Pass, clean, labels_pass

__all__ = ["PASSES", "Pass", "clean", "labels_pass"]
