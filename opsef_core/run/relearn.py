"""Was it worth it: the score before and after learning from corrections, on images nobody corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from ..compare import SEEN, NotedTable, interval_of_mean, noted, training_warning
from ..data import Image, Labels
from ..errors import BadParameter, NothingToShow, OpsefError
from ..models import UNLISTED, Fit, Segmenter
from .inputs import Truth
from .judge import Judge
from .plan import grid_point as titled
from .run import Run

FOLDER = "relearned"


class Corrected(Protocol):
    """What is needed of corrections; `reimport` and the annotator's `annotations` give it."""

    @property
    def images(self) -> Iterable[Image]:
        """The corrected images."""

    @property
    def exported(self) -> Mapping[str, Labels]:
        """The labels before, by image."""

    @property
    def log(self) -> pd.DataFrame:
        """Logged work, with a column `seconds`."""


@dataclass(frozen=True, eq=False)
class BeforeAfter:
    """The score on images nobody corrected, before and after learning from the corrections.

    Attributes:
        table: one row an image: `image`, `before`, `after`, `gain`; `start`, if the fit began from another model than
            the corrected one.
        metric: the one that was scored.
        grid_point: that was corrected.
        corrected: how many images were corrected (and are therefore not in the table).
        minutes: logged work; NaN if nothing was logged.
        low, high: 95 % bootstrap interval of the mean gain over images.
    """

    table: NotedTable
    metric: str
    grid_point: str
    corrected: int
    minutes: float
    low: float
    high: float

    @property
    def before(self) -> float:
        """Mean score before."""
        return float(self.table["before"].mean())

    @property
    def after(self) -> float:
        """Mean score after."""
        return float(self.table["after"].mean())

    @property
    def gain(self) -> float:
        """How much better it became; negative if it became worse, or for an error if it became better."""
        return self.after - self.before

    @property
    def learned(self) -> float:
        """The part of the gain that comes from learning, not from going over to another model: `after` less `start`."""
        return self.after - float(self.table["start"].mean()) if "start" in self.table else self.gain

    @property
    def gain_per_hour(self) -> float:
        """What was learned, an hour of logged work; NaN if nothing was logged."""
        return self.learned / (self.minutes / 60) if self.minutes > 0 else float("nan")

    def __repr__(self) -> str:
        worked = f"{self.minutes:.1f} minutes of correcting, {self.gain_per_hour:+.3f} an hour"
        spent = worked if self.minutes > 0 else "no time was logged"
        sure = "" if len(self.table) < 2 else f" (95 % interval {self.low:+.3f} to {self.high:+.3f})"
        said = (
            f"{self.metric} on {len(self.table)} images nobody corrected: {self.before:.3f} before, {self.after:.3f} "
            f"after learning from {self.corrected} corrected ones: {self.gain:+.3f}{sure}"
        )
        if "start" in self.table:
            said += f", of which {self.learned:+.3f} was learned: the model the fit began from is another one"
        said += f"; {spent}."
        note = self.table.attrs.get("warning")
        return f"Warning: {note}\n{said}" if note else said


def before_after(
    corrected: Corrected,
    run: Run,
    fitted: Fit | Segmenter,
    *,
    truth: Truth | None = None,
    grid_point: str | None = None,
    metric: Any = None,
    progress: bool = True,
) -> BeforeAfter:
    """Score the grid point that was corrected, and the same recipe and passes with the fitted model.

    Only on images with truth that were not corrected and that the fitted model was not trained on: corrected images
    would flatter it. If the fit began from another model than the corrected one, that is scored as well, because going
    over to it is no gain of the corrections. All are computed in the folder `relearned` of the run, and kept.

    Args:
        corrected: from `reimport`, or the annotator's.
        run: the run that was exported.
        fitted: what came out of `fit`; or only the model, then it is not known from which one the fit began.
        truth: true labels; those the run knows if left out.
        grid_point: title of the one that was corrected; found by what was exported if left out.
        metric: as in `Run`; the run's first one if left out.
        progress: show a progress bar.

    Raises:
        NothingToShow: no image is left: all with truth were corrected or trained on.
        UnknownName: no such grid point or metric.
        BadParameter: which grid point was corrected is not known.
    """
    title = grid_point or _corrected_point(corrected, run)
    run.chosen(title)  # or there is no such grid point
    cell = next(c for c in run.plan().cells if c.grid_point == title)
    model = fitted.fitted if isinstance(fitted, Fit) else fitted
    points = {"before": cell.model, "after": model}
    if isinstance(fitted, Fit) and fitted.start is not None and fitted.start.title != cell.model.title:
        points["start"] = fitted.start
    theirs = list(corrected.images)
    judge = run._judge.told(truth, None, run.images)
    second = Run(
        run.folder / FOLDER,
        _others(run, theirs, judge),
        [cell.recipe],
        list({m.title: m for m in points.values()}.values()),  # a fit that lost gives its start back
        passes=run.passes,
        metrics=[metric] if metric is not None else run.metrics[:1],
        seed=run.seed,
        device=run.device,
        title=f"{run.title}, before and after",
    )
    second._judge = judge
    second.go(progress=progress)
    titles = {name: titled(cell.recipe, m, second.passes) for name, m in points.items()}
    table = _table(second.score(), second.metrics[0].title, titles, _not_learned(model, theirs))
    seconds = float(corrected.log["seconds"].sum()) if len(corrected.log) else float("nan")
    low, high = interval_of_mean(table["gain"].to_numpy(float))
    return BeforeAfter(table, second.metrics[0].title, title, len(theirs), seconds / 60, low, high)


def _corrected_point(corrected: Corrected, run: Run) -> str:
    """The grid point that was corrected, as the export says or by the key of its labels.

    Raises:
        BadParameter: none, or more than one.
    """
    if said := str(getattr(corrected, "grid_point", "")):
        return said
    keys = {labels.key for labels in corrected.exported.values()}
    points = {cell.grid_point for cell in run.plan().cells if cell.key in keys}
    if len(points) != 1:
        raise BadParameter("Say which grid point was corrected: before_after(..., grid_point='raw -> threshold').")
    return points.pop()


def _others(run: Run, corrected: list[Image], judge: Judge) -> list[Image]:
    """The images of a run with truth that nobody corrected, under whatever name.

    Raises:
        NothingToShow: there is none.
    """
    known = [i for i in run.images if isinstance(i, Image) and i.name in judge.truth]
    if not known:
        raise NothingToShow("No image of this run has truth, so there is no score before and after; give `truth`.")
    names = {image.name for image in corrected}
    others = [image for image in known if not {image.name, image.parent} & names]
    if others:  # the pixels are read only where names leave a doubt
        prints = {image.fingerprint for image in corrected}
        others = [image for image in others if image.fingerprint not in prints]
    if not others:
        raise NothingToShow(
            f"All {len(known)} images with truth were corrected, and a corrected image is no test: the model has seen "
            "the answer. Give the truth of other images, or correct fewer."
        )
    return others


def _not_learned(model: Segmenter, corrected: list[Image]) -> str:
    """Says when a model was not trained on any corrected image; nothing where that is not known."""
    try:
        known = model.trained_on
    except OpsefError:
        return ""
    if known is None or UNLISTED in known or any(image.fingerprint in known for image in corrected):
        return ""
    return f"{model.title} was not trained on any of the corrected images, so what it gains is not learned from them."


def _table(scores: pd.DataFrame, metric: str, titles: Mapping[str, str], warning: str) -> NotedTable:
    """One row an image the fitted model was not trained on, scores of the models beside each other.

    Args:
        scores: of all models.
        metric: column of them.
        titles: grid point by what it is called here: before, after, start.
        warning: that is shown with the table.

    Raises:
        NothingToShow: it was trained on all of them, or nothing could be computed.
    """
    trained = scores.loc[scores["grid_point"].eq(titles["after"]) & scores[SEEN].eq(True).fillna(False), "image"]
    new = scores[~scores["image"].isin(trained)]
    by_point = new.pivot(index="image", columns="grid_point", values=metric)
    table = by_point[list(set(titles.values()))].dropna(axis=0) if len(by_point) else by_point
    if not len(table):
        reasons = scores["reason"][scores["status"] == "failed"] if "reason" in scores else pd.Series(dtype=str)
        raise NothingToShow(
            f"No image is left to compare on: of {scores['image'].nunique()} the fitted model was trained on "
            f"{trained.nunique()}{''.join(f'; failed: {r}' for r in reasons[:1])}."
        )
    numbers = {name: table[title].to_numpy(float) for name, title in titles.items()}
    made = pd.DataFrame({"image": table.index, **numbers, "gain": numbers["after"] - numbers["before"]})
    return noted(made, " ".join(filter(None, (warning, training_warning(new)))))
