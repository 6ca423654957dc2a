"""What a widget needs to know of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pandas as pd

from ..data import Image, Labels
from ..errors import NothingToShow, UnknownName


class Viewable(Protocol):
    """What a widget needs to know of a run; `opsef_core.Run` has it."""

    folder: Path
    title: str

    @property
    def cells(self) -> pd.DataFrame:
        """One row an image x grid point."""

    @property
    def scores(self) -> pd.DataFrame | None:
        """The same with a column a metric, once scored."""

    def image(self, name: str) -> Image:
        """An image by name."""

    def labels(self, key: str) -> Labels:
        """A result by its key."""

    def truth_of(self, image: str) -> Labels | None:
        """The true labels of an image, if known."""


def finished(run: Viewable) -> pd.DataFrame:
    """The table of cells of a run that has a result.

    Raises:
        NothingToShow: nothing is finished.
    """
    cells = run.cells
    if not len(cells) or not cells["status"].eq("done").any():
        raise NothingToShow(f"The run {run.title!r} has no finished result to show; call run.go() first.")
    return cells


def known(kind: str, asked: str, there: list[str]) -> str:
    """A name that exists.

    Raises:
        UnknownName: it does not.
    """
    if asked not in there:
        raise UnknownName(kind, asked, there)
    return asked
