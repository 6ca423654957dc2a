"""Projects of one's own: new, batch."""

from __future__ import annotations

from ._command import Command


def add(command: Command) -> None:
    """Begin a project; run one for many data sets."""
