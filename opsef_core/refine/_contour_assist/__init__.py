"""Contour assist: from a rough line, a box or a click to a contour. One method a file; contract: `_method.py`."""

from ._method import ASSISTS, AssistMethod, assist, assist_method
from ._suggest import Suggestion, suggest

__all__ = ["ASSISTS", "AssistMethod", "Suggestion", "assist", "assist_method", "suggest"]
