"""Refine: labels -> a folder for a person. One format a file; the contract is in `_format.py`."""

from ._format import FORMATS, Format, file_format, format_kind

__all__ = ["FORMATS", "Format", "file_format", "format_kind"]
