"""What is known of the official weights of libraries, from their pages, without importing the libraries."""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "_official.csv"


class Official(NamedTuple):
    """One row of `_official.csv`.

    Attributes:
        family: the model that uses them.
        name: what to give as `pretrained`.
        major: the library's major version that can use them; "" if any.
        licence: as the library's authors state it.
        trained_on: likewise, in words.
    """

    family: str
    name: str
    major: str
    licence: str
    trained_on: str


@functools.cache
def all_official() -> tuple[Official, ...]:
    """The official weights, in the order in which they are shown."""
    with FILE.open(encoding="utf8", newline="") as stream:
        return tuple(Official(**row) for row in csv.DictReader(stream))


def is_official(family: str, name: str, major: str = "") -> bool:
    """Whether there are official weights of that name (for a major version of the library)."""
    return any((o.family, o.name, o.major) == (family, name, major) for o in all_official())
