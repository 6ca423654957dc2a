"""The score table as a rectangle: images down, grid points across, and which images belong together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import NothingToShow
from .._ranking import counted

PARENT = "parent"  # column of a score table: the whole image a tile is of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Paired:
    """Scores that can be compared image by image; sorted by name, whatever the order of the table.

    Attributes:
        grid_points: names, sorted.
        values: (images, grid points), NaN where a grid point has no score; failures count, see `counted`.
        unit: (images,), number of the unit an image belongs to: tiles of one image are one unit.
        units: how many there are.
        together: the column that told so.
    """

    grid_points: list[str]
    values: Array
    unit: NDArray[np.int_]
    units: int
    together: str

    def by_unit(self, values: Array) -> tuple[Array, Array]:
        """Sums and counts of these values (images, columns) in each unit, (units, columns)."""
        known = ~np.isnan(values)
        sums, counts = np.zeros((self.units, values.shape[1])), np.zeros((self.units, values.shape[1]))
        np.add.at(sums, self.unit, np.where(known, values, 0.0))
        np.add.at(counts, self.unit, known.astype(float))
        return sums, counts


def paired(scores: pd.DataFrame, metric: str, by: str | None = None) -> Paired:
    """The rectangle of a score table.

    Tiles of one image are not independent of each other: what is hard in one is hard in the next. They are kept
    together by the column `parent` where the table has it. `by` names another column that tells what belongs
    together, say the slide or the patient; an image without an entry there stands for itself.

    Raises:
        NothingToShow: the table has no column of the metric, or none called `by`.
    """
    for column in filter(None, (metric, by)):
        if column not in scores:
            known = ", ".join(map(str, scores.columns))
            raise NothingToShow(f"The table of scores has no column {column!r}; it has: {known}.")
    rows = pd.DataFrame(
        {c: scores[c].astype(str) for c in ("image", "grid_point")} | {"value": counted(scores, metric)}
    )
    together = by or (PARENT if PARENT in scores else "image")
    rows["unit"] = scores[together].astype(object).where(scores[together].notna(), scores["image"]).astype(str)
    square = rows.groupby(["unit", "image", "grid_point"])["value"].mean().unstack("grid_point")
    square = square.sort_index(axis=1).dropna(how="all").sort_index()
    names = square.index.get_level_values("unit")
    unit = np.unique(names, return_inverse=True)[1] if len(names) else np.zeros(0, int)
    return Paired([str(c) for c in square.columns], square.to_numpy(float), unit, int(names.nunique()), together)
