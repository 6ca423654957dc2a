"""Refine: labels -> a folder for a person, and back. One format a file; the contract is in `_format.py`.

`suggest` helps the person: from a rough mark to a contour (`_contour_assist/`).
"""

from ._changes import KINDS, Matched, match
from ._contour_assist import ASSISTS, AssistMethod, Suggestion, assist, assist_method, suggest
from ._exported import export_note, keep_exported, read_exported
from ._facts import facts, labels_from, read_entries
from ._folder import OUTLINES, file_stem
from ._format import FORMATS, Format, Returned, file_format, format_kind
from ._summary import summary
from ._times import time_log

__all__ = [
    "ASSISTS",
    "FORMATS",
    "KINDS",
    "OUTLINES",
    "AssistMethod",
    "Format",
    "Matched",
    "Returned",
    "Suggestion",
    "assist",
    "assist_method",
    "export_note",
    "facts",
    "file_format",
    "file_stem",
    "format_kind",
    "keep_exported",
    "labels_from",
    "match",
    "read_entries",
    "read_exported",
    "suggest",
    "summary",
    "time_log",
]
