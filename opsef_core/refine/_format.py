"""The contract of an export format: images with labels -> a folder a person can open (and, later, back).

A format's file holds one frozen pydantic record decorated with `@format_kind`; its fields are its options. `out` writes
into a folder that is new or its own, atomically file by file, and returns the path to open first. `back` reads what a
person left there; a format that cannot says so. Ids and classes go out and come back as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from ..data import Image, Labels
from ..errors import NothingToShow
from ..registry import Plugin, Registry, build


class Format(Plugin):
    """Base of all formats; see the top of this file for the contract."""

    kind: ClassVar[str] = "format"

    def out(self, folder: Path, pairs: Sequence[tuple[Image, Labels]]) -> Path:
        """Write images and labels; returns the path to open first."""
        raise NotImplementedError

    def back(self, folder: Path) -> list[Labels]:
        """Read labels from a folder that a person may have edited."""
        raise NothingToShow(f"The format {self.name!r} cannot be read back yet.")


FORMATS: Registry[type[Format]] = Registry("format", "opsef_core.refine")


def format_kind(cls: type[Format]) -> type[Format]:
    """Register a format; its name is its file's name."""
    cls.name = FORMATS.add(cls, cls.__module__, cls.__name__.lower())
    return cls


def file_format(name: str, /, **options: Any) -> Any:
    """A format by name, for example `file_format("annotatorj")`.

    Raises:
        UnknownName: no format of that name; the nearest is offered.
        BadParameter: an option that does not exist or cannot have this value.
    """
    return build("format", name, FORMATS.get(name), options)
