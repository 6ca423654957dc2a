"""The contract of an export format: images with labels -> a folder a person can open, and back.

A format's file holds one frozen pydantic record decorated with `@format_kind`; its fields are its options. `out` writes
into a folder that is new or its own, atomically file by file, and returns the path to open first. `back` reads what a
person left there; a format that cannot says so. Ids and classes go out and come back as they are; what had to be
repaired, guessed or left out is told as a problem, a sentence each. `back` never writes.

`back` reads what is there now and nothing else: which object of the export became which is found later, by comparing
(`changes.py`), so a format need not keep ids that its files cannot hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ..data import Image, Labels
from ..errors import NothingToShow, OpsefError
from ..registry import Plugin, Registry, build
from ._facts import Entry


@dataclass(frozen=True)
class Returned:
    """What `back` found in a folder.

    Attributes:
        labels: one an image, in the order of the export, named as they were exported; classes in `objects["class"]`.
            An image that is missing was not given back.
        problems: what was repaired, guessed or left out, a sentence each; empty if nothing was.
        unclassed: names of images whose files say nothing of classes. An object there has the class it was exported
            with, whatever number it came back under (`match` sees to it).
    """

    labels: tuple[Labels, ...]
    problems: tuple[str, ...] = ()
    unclassed: frozenset[str] = frozenset()


class Format(Plugin):
    """Base of all formats; see the top of this file for the contract."""

    kind: ClassVar[str] = "format"

    def out(self, folder: Path, pairs: Sequence[tuple[Image, Labels]]) -> Path:
        """Write images and labels; returns the path to open first."""
        raise NotImplementedError

    def back(self, folder: Path) -> Returned:
        """Read labels from a folder that a person may have edited.

        One bad file is a problem, not an error, as long as other images can be read.

        Raises:
            BadRunFolder: the folder holds no such export.
            NothingToShow: the format cannot be read back.
            UnreadableFile, BadLabels: nothing at all can be read.
        """
        raise NothingToShow(f"The format {self.name!r} cannot be read back yet.")


def gathered(entries: Iterable[Entry], read: Callable[[Entry], tuple[Labels | None, Sequence[str]]]) -> Returned:
    """Read one entry of a note after the other; a bad one becomes a problem, unless all of them are bad.

    Args:
        entries: of the note, from `read_entries`.
        read: gives the labels of an entry (None: not given back) and problems.

    Raises:
        OpsefError: of the first entry, if no entry can be read.
    """
    labels, problems, errors = [], list[str](), list[OpsefError]()
    known = list(entries)
    for entry in known:
        try:
            found, said = read(entry)
        except OpsefError as error:
            errors.append(error)
            problems.append(f"{error} The image {entry['name']!r} is left out.")
            continue
        problems += said
        labels += [found] if found is not None else []
    if errors and len(errors) == len(known):
        raise errors[0]
    return Returned(tuple(labels), tuple(problems))


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
