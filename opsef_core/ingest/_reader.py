"""The contract of a reader: from a file to its scenes, of which nothing but the description is read yet.

A reader's file holds one class decorated with `@reader_kind`. It says

- `suffixes`: which files it is for (lower case; upper case is the same);
- `refusal(path)`: why it does not read this one, from a glance at the name and the first bytes; None if it does;
- `scenes(path)`: one `Scene` for each image in the file: dimensions as stored, size, type, channel names, pixel
  size, and `load`, a function that can be pickled, opens the file, reads slices of the stored dimensions and closes it.

What every format needs - order of axes, colour, alpha, lazy arrays, checksum, names, errors in words - happens
outside, once. A reader lets the errors of its library through: they are put into words there, too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..registry import Need, Registry
from ._stored import Load


@dataclass(frozen=True)
class Scene:
    """One image of a file, as the file stores it.

    Attributes:
        name: the file's name for it; empty if it has none.
        dims: one letter a stored dimension. T, C, Z, Y, X; S for colour samples (1 grey, 2 grey and alpha, 3 red,
            green, blue, 4 with alpha); any other letter for a dimension whose meaning is not known.
        shape: size of each stored dimension.
        dtype: type of the stored pixels.
        load: slices of the stored dimensions -> pixels; picklable.
        unit: what the file stores in one piece, by dimension (a tile, a plane).
        spacing_um: size of a pixel by letter of `dims`, micrometres; 0 or nonsense means unknown.
        channels: one name a position along C, or none.
        files: all files it is made of, if more than the one asked for.
    """

    name: str
    dims: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    load: Load
    unit: tuple[int, ...]
    spacing_um: Mapping[str, float] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


class Reader(ABC):
    """Base of all readers; see the top of this file for the contract."""

    name: ClassVar[str] = ""
    needs: ClassVar[tuple[Need, ...]] = ()
    version: ClassVar[str] = "1"
    folders: ClassVar[bool] = False  # whether an image of this format is a folder
    last: ClassVar[bool] = False  # whether it is asked only about what no other reader reads

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Which files it is for, in lower case; most readers have a plain attribute instead."""
        return ()

    def refusal(self, path: Path) -> str | None:
        """Why this reader does not read a file; None if it does. Default: by suffix alone."""
        return self.wrong_suffix(path)

    def wrong_suffix(self, path: Path) -> str | None:
        """Why the name of a file is none of this reader's; None if it is."""
        if path.name.lower().endswith(self.suffixes) and path.is_dir() == self.folders:
            return None
        return f"reads {', '.join(self.suffixes)}{' folders' if self.folders else ''}"

    @abstractmethod
    def scenes(self, path: Path) -> list[Scene]:
        """All images of a file, in the file's order."""


READERS: Registry[Reader] = Registry("reader", "opsef_core.ingest")


def reader_kind(cls: type[Reader]) -> type[Reader]:
    """Register a reader; its name is its file's name."""
    cls.name = READERS.add(cls(), cls.__module__, cls.__name__.lower())
    return cls


def in_turn() -> list[Reader]:
    """All readers in the order in which they are asked: by name, the last resort last."""
    return sorted(READERS.all().values(), key=lambda reader: reader.last)


def magic_refusal(path: Path, magics: tuple[bytes, ...], what: str) -> str | None:
    """Why the first bytes of a file are not those of its format; None if they are.

    Example of the answer: "it does not begin like a PNG file but with b'hello world'".
    """
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(magics):
        return None
    other = next((name for name, magic in _KNOWN if head.startswith(magic)), None)
    found = f"is a {other} file" if other else f"begins with {head!r}"
    return f"it does not begin like a {what} file; it {found}"


_KNOWN = (
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("JPEG", b"\xff\xd8\xff"),
    ("TIFF", b"II*\x00"),
    ("TIFF", b"MM\x00*"),
    ("BigTIFF", b"II+\x00"),
    ("BigTIFF", b"MM\x00+"),
    ("CZI", b"ZISRAWFILE"),
    ("LIF", b"\x70\x00\x00\x00"),
    ("ND2", b"\xda\xce\xbe\x0a"),
    ("zip", b"PK\x03\x04"),
    ("GIF", b"GIF8"),
    ("PDF", b"%PDF"),
    ("HDF5", b"\x89HDF\r\n\x1a\n"),
)
