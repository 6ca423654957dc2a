"""Refine: labels -> a folder for a person, and back. One format a file; the contract is in `_format.py`."""

from ._folder import OUTLINES, file_stem
from ._format import FORMATS, Format, Returned, file_format, format_kind

__all__ = ["FORMATS", "OUTLINES", "Format", "Returned", "file_format", "file_stem", "format_kind"]
