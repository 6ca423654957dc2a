"""What a student's runs say: for each kind of image the best grid point, how sure that is, how it fails."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..compare import TYPES, Verdict, lower_is_better, metric_columns, verdict
from ..errors import OpsefError
from ..run import RunConfig
from ..run.errors import image_classes

log = logging.getLogger(__name__)
TEXTS = ("image", "parent", "grid_point", "recipe", "model", "model_title", "key", "image_key")
FIRST = "dsb_score"  # decides where it was scored


@dataclass(frozen=True)
class Finding:
    """One kind of image in one run.

    Attributes:
        lesson: folder below the course's that the run lies in.
        run: folder of the run.
        kind: of image, in words.
        metric: column of the scores that decides.
        said: who is best, and how sure that is.
        scores: the rows of these images.
    """

    lesson: str
    run: Path
    kind: str
    metric: str
    said: Verdict
    scores: pd.DataFrame = field(repr=False)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Grid points, best first: grid_point, mean, low, high, n_images, seconds, recipe, model_title."""
        return [{str(k): v for k, v in row.items()} for row in self.said.ranks.to_dict("records")]

    @property
    def best(self) -> Mapping[str, Any]:
        """The best of `rows`."""
        return self.rows[0]

    @property
    def lower(self) -> bool:
        """Whether the smaller score is the better one."""
        return lower_is_better(self.metric)

    def errors(self, grid_point: str) -> dict[str, int]:
        """Objects of a grid point by error type; empty where there was no truth."""
        rows = self.scores[self.scores["grid_point"] == grid_point]
        columns = {kind: f"n_{kind}" for kind in TYPES}
        if not set(columns.values()) <= set(rows) or rows[list(columns.values())].isna().all(axis=None):
            return {}
        return {kind: int(rows[column].sum()) for kind, column in columns.items()}

    def loss(self, row: Mapping[str, Any]) -> float:
        """How far a grid point's mean is behind the best one's; 0 or more."""
        return float(row["mean"] - self.best["mean"]) * (1 if self.lower else -1)


def findings(folder: Path, kinds: Mapping[str, str]) -> tuple[list[Finding], list[str]]:
    """All scored runs below a folder, a finding for each kind of image; and what could not be read, in words.

    Args:
        folder: of the course.
        kinds: image -> kind, as noted by the lessons; it goes before what a data set says.
    """
    made: list[Finding] = []
    problems: list[str] = []
    files = sorted(folder.rglob("run.yml"))
    homes = {file.parent for file in files}
    for file in files:
        if not homes.isdisjoint(file.parent.parents):  # a run in a run is a part of it, as that of its stability
            continue
        place = file.parent.relative_to(folder).as_posix()
        if not (file.parent / "scores.csv").is_file():
            problems.append(f"The run {place} was not scored.")
            continue
        try:
            made += _of_run(file.parent, place.partition("/")[0], kinds)
        except (OpsefError, ValueError, KeyError, OSError) as error:
            log.warning("the run %s cannot be shown on the card", place, exc_info=True)
            problems.append(f"The run {place} cannot be read: {error}")
    return sorted(made, key=lambda one: (one.kind, one.lesson)), problems


def _of_run(run: Path, lesson: str, kinds: Mapping[str, str]) -> list[Finding]:
    config = RunConfig.load(run / "run.yml")
    scores = pd.read_csv(run / "scores.csv", dtype=dict.fromkeys(TEXTS, str) | {"seen_in_training": "boolean"})
    metric = _deciding(scores)
    if metric is None:
        return []
    known = {str(image): str(kind) for image, kind in image_classes(config).items()} | dict(kinds)
    whose = scores["parent"] if "parent" in scores else scores["image"]
    title = config.title or run.name
    kind = scores["image"].map(known).fillna(whose.map(known)).fillna(title)
    found = []
    for name, rows in scores.groupby(kind, sort=True):
        said = verdict(rows, metric)
        if said.best is not None:
            found.append(Finding(lesson, run, str(name).replace("_", " "), metric, said, rows))
    return found


def _deciding(scores: pd.DataFrame) -> str | None:
    """The DSB score, else the first metric with numbers, else agreement."""
    names = [FIRST, *metric_columns(scores), "agreement"]
    return next((name for name in names if name in scores and scores[name].notna().any()), None)
