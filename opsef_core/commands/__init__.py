"""The commands of the command line, a group a file; `add` of each tells what it takes."""

from __future__ import annotations

from . import back, comparing, course, learning, lists, projects, results, sweep

GROUPS = (sweep, projects, results, back, comparing, learning, course, lists)

__all__ = ["GROUPS"]
