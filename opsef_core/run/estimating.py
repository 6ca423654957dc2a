"""What a run says about its grid points without truth, or with truth for a few images only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..compare import Hindsight, NotedTable, estimates, hindsight, noted, plausibility
from ..data import Labels
from ..errors import NothingToShow
from .judge import agreements
from .ratings import ratings
from .store import Store

FILE = "estimates.csv"
METRIC = "dsb_score"  # of which the shipped line tells


class Estimating:
    """The part of `Run` that estimates; it needs the results, and the scores where there is truth."""

    folder: Path
    labels: Callable[[str], Labels]
    _store: Store

    @property
    def cells(self) -> pd.DataFrame:
        """One row an image x grid point."""
        raise NotImplementedError

    def score(self, truth: Any = None, annotated: Any = None) -> NotedTable:
        """Score every result."""
        raise NotImplementedError

    def estimate(self, truth: Mapping[str, Labels] | Iterable[Any] | None = None) -> NotedTable:
        """What DSB score each grid point would probably get over all images, best first.

        From the agreement between families of methods, and from the true scores of those images that have truth: a few
        tiles annotated at random are enough to correct the estimate.

        Args:
            truth: true labels of some images; what is known already if left out.

        Returns:
            See `compare.estimates`; also `blind`, the estimate from agreement alone, and `plausibility`, the mean of
            `compare.plausibility`, which does not enter it. Where all images have truth, `attrs["hindsight"]` says how
            well that would have ranked. Kept as estimates.csv, for the report.

        Raises:
            NothingToShow: nothing is finished.
        """
        cells = self.cells
        if not cells["status"].eq("done").any():
            raise NothingToShow("No result is finished; call run.go() first.")
        agreed = pd.DataFrame.from_dict(agreements(cells, self.labels), orient="index")
        scores = self.score(truth)
        known = [METRIC] if METRIC in scores else []
        rows = cells[["image", "grid_point", "status"]].join(agreed).join(pd.DataFrame(scores)[known])
        blind = estimates(rows[["image", "grid_point", "status", "agreement"]]).set_index("grid_point")["estimate"]
        made = estimates(rows)
        made["blind"] = made["grid_point"].map(blind)
        made["plausibility"] = made["grid_point"].map(self._plausible(cells))
        self._store.write_table(FILE, made)
        table = noted(made, str(scores.attrs.get("warning", "")))
        if known and (found := judged(rows, blind)) is not None:
            table.attrs["hindsight"] = found
        return table

    def _plausible(self, cells: pd.DataFrame) -> pd.Series[float]:
        """Mean share of plausible objects by grid point."""
        done = cells[cells["status"] == "done"]
        shares = [plausibility(self.labels(key)) for key in done["key"]]
        return pd.Series(shares, done["grid_point"], dtype=float).groupby(level=0).mean()

    @property
    def estimates(self) -> pd.DataFrame | None:
        """The table the last `estimate` made; None before."""
        file = self._store.folder / FILE
        return pd.read_csv(file, dtype={"grid_point": str}) if file.exists() else None

    @property
    def ratings(self) -> pd.DataFrame:
        """What people said of the results, one row a rating; see `widgets.rate`."""
        return ratings(self)


def judged(rows: pd.DataFrame, blind: pd.Series[float]) -> Hindsight | None:
    """How well agreement alone ranks, where all that has an agreement has a true score; None elsewhere."""
    there = rows[rows["agreement"].notna()]
    if there.empty or there[METRIC].isna().any():
        return None
    return hindsight(blind, there.groupby("grid_point")[METRIC].mean())
