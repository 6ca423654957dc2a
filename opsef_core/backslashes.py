r"""Paths as Windows writes them, where a backslash means something else: what to tell who wrote one."""

from __future__ import annotations

import os
from pathlib import Path


def windows_hint(path: str | Path) -> str:
    r"""What to write instead of a path with backslashes that do not separate folders; "" for others.

    On Windows they do, but for those that Python or YAML took for something else: "C:\new" has a line break in it.
    """
    told = str(path)
    if any(ord(c) < 32 for c in told) or (os.sep == "/" and "\\" in told):
        return " Here folders are separated by a slash, in YAML files, too: data/my_images."
    return ""


def quoting_hint(error: Exception) -> str:
    r"""What to write instead of "C:\Users" in a YAML file, where \U begins a sign; "" if the file has another error."""
    if "escape" not in str(error):
        return ""
    return (
        " A path is written with a slash there (C:/data/my_images), or on Windows also in single quotes "
        r"('C:\data\my_images')."
    )
