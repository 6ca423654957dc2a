"""Refine: labels -> a folder for a person, and back. One format a file; the contract is in `_format.py`.

`suggest` helps the person: from a rough mark to a contour (`_contour_assist/`).
"""

from ._contour_assist import ASSISTS, AssistMethod, Suggestion, assist, assist_method, suggest
from ._facts import facts, labels_from
from ._folder import OUTLINES, file_stem
from ._format import FORMATS, Format, Returned, file_format, format_kind

__all__ = [
    "ASSISTS",
    "FORMATS",
    "OUTLINES",
    "AssistMethod",
    "Format",
    "Returned",
    "Suggestion",
    "assist",
    "assist_method",
    "facts",
    "file_format",
    "file_stem",
    "format_kind",
    "labels_from",
    "suggest",
]
