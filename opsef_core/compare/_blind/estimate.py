"""From agreement to an estimate of the score nobody could measure; a few true tiles make it better."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import NothingToShow
from .._metric import lower_is_better
from .._ranking import counted

Numbers = NDArray[np.float64]
AGREEMENT = "agreement"
PRIOR_ROWS = 20  # so many rows of the user's own count as much as the shipped line


@dataclass(frozen=True)
class Calibration:
    """How the score of a result follows from its agreement: score = intercept + slope * agreement.

    Attributes:
        metric: which score.
        intercept, slope: of the line.
        between_sd: of what the line leaves of a grid point's mean over many images.
        within_sd: of what it leaves of a single result, beyond that.
        source: on what it was measured.
    """

    metric: str
    intercept: float
    slope: float
    between_sd: float
    within_sd: float
    source: str


SHIPPED = Calibration(
    metric="dsb_score",
    intercept=0.007,
    slope=0.885,
    between_sd=0.017,
    within_sd=0.096,
    source="BBBC038, 24 images of the training side x 44 grid points of five families (benchmarks/without_truth.py)",
)


def estimates(scores: pd.DataFrame, calibration: Calibration = SHIPPED) -> pd.DataFrame:
    """What each grid point would probably score over all images, from agreement and from what truth there is.

    Without truth it is the shipped line. Rows with a true score shift it in two ways: the line is fitted again, to
    these rows and the shipped line (which counts as much as 20 rows); and each grid point is moved by the mean
    residual of its own true rows, shrunk by what chance alone would do (James-Stein: t2 / (t2 + s2 / n), s and t the
    spread within and between grid points). In the manner of prediction-powered inference (Angelopoulos et al. 2023,
    doi 10.1126/science.adi6000): many cheap numbers, corrected by a few true ones.

    Args:
        scores: one row an image x grid point: `image`, `grid_point`, `agreement`; where some images have truth, the
            column of the calibration's metric (NaN elsewhere).
        calibration: the line to begin with.

    Returns:
        One row a grid point, best first: `grid_point`, `estimate`, `low` and `high` (about 95 %), `agreement` (mean),
        `n_images`, `n_true` (images with truth).

    Raises:
        NothingToShow: there is no column `agreement`.
    """
    if AGREEMENT not in scores:
        raise NothingToShow("The table of scores has no column 'agreement'; it comes from run.agreement().")
    rows = scores.assign(_a=counted(scores, AGREEMENT), _t=_truth(scores, calibration.metric))
    rows = rows[rows["_a"].notna()]
    known = rows[rows["_t"].notna()]
    line = refitted(calibration, known["_a"].to_numpy(float), known["_t"].to_numpy(float))
    by = rows.groupby("grid_point", sort=False)
    table = by.agg(agreement=("_a", "mean"), n_images=("_a", "size"), n_true=("_t", "count")).reset_index()
    residual = known["_t"] - (line.intercept + line.slope * known["_a"])
    offset, error = _offsets(residual.groupby(known["grid_point"]), table, line)
    table["estimate"] = line.intercept + line.slope * table["agreement"] + offset
    within = line.within_sd / np.sqrt(table["n_images"])
    reach = 1.96 * np.sqrt(error**2 + within**2)
    table["low"], table["high"] = table["estimate"] - reach, table["estimate"] + reach
    table[["estimate", "low", "high"]] = table[["estimate", "low", "high"]].clip(0, 1)
    table = table.sort_values("estimate", ascending=lower_is_better(calibration.metric), kind="stable")
    columns = ["grid_point", "estimate", "low", "high", "agreement", "n_images", "n_true"]
    return table[columns].reset_index(drop=True)


def refitted(calibration: Calibration, agreement: Numbers, score: Numbers) -> Calibration:
    """The line through the user's own rows and, worth `PRIOR_ROWS` rows, the shipped line."""
    if not agreement.size:
        return calibration
    known = np.linspace(0, 1, PRIOR_ROWS)
    x, y = np.append(agreement, known), np.append(score, calibration.intercept + calibration.slope * known)
    slope, intercept = np.polyfit(x, y, 1)
    source = f"{calibration.source}; {agreement.size} results with truth"
    return replace(calibration, intercept=float(intercept), slope=float(slope), source=source)


def _truth(scores: pd.DataFrame, metric: str) -> pd.Series[float]:
    return counted(scores, metric) if metric in scores else pd.Series(np.nan, scores.index)


def _offsets(residuals: Any, table: pd.DataFrame, line: Calibration) -> tuple[Numbers, Numbers]:
    """How far each grid point is moved off the line, and how uncertain it is afterwards (sd)."""
    mean = residuals.mean().reindex(table["grid_point"]).fillna(0.0).to_numpy()
    count = table["n_true"].to_numpy(float)
    chance = line.within_sd**2 / np.maximum(count, 1)
    trust = np.where(count > 0, line.between_sd**2 / (line.between_sd**2 + chance), 0.0)
    return trust * mean, line.between_sd * np.sqrt(1 - trust)
