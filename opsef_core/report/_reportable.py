"""What a report needs to know of a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ..data import Image, Labels


class Reportable(Protocol):
    """What a report needs to know of a run; `opsef_core.Run` has it."""

    folder: Path
    title: str
    config: Any

    @property
    def cells(self) -> pd.DataFrame:
        """One row an image x grid point."""

    @property
    def scores(self) -> pd.DataFrame | None:
        """The same with a column a metric, once scored."""

    @property
    def estimates(self) -> pd.DataFrame | None:
        """Estimated scores, one row a grid point; None if nobody asked for them."""

    @property
    def ratings(self) -> pd.DataFrame:
        """What people said of the results, one row a rating; may be empty."""

    @property
    def record(self) -> dict[str, Any]:
        """Versions, seed, device, machine, times."""

    def image(self, name: str) -> Image:
        """An image by name."""

    def labels(self, key: str) -> Labels:
        """A result by its key."""

    def truth_of(self, image: str) -> Labels | None:
        """The true labels of an image, if known."""

    def errors(self, grid_points: Iterable[str]) -> pd.DataFrame:
        """What became of every object at these grid points; `NothingToShow` without truth."""
