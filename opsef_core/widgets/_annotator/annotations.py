"""What was drawn, read again: images with their truth, and what a person changed."""

from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ...data import Image, Labels
from ...errors import BadRunFolder, NothingToShow
from ...models import Fit, Segmenter
from ...refine import match, summary
from ...run import BeforeAfter, Run, before_after
from .folder import NOTE, AnnotationFolder
from .log import FILE, log_table
from .sheet import FINISHED, UNTOUCHED, Sheet


def annotations(folder: str | Path = "annotations", *, finished_only: bool = False) -> "Annotations":
    """Images and truth that were annotated, ready for `opsef.fit(model("unet"), ...)`.

    Args:
        folder: that `annotate` wrote.
        finished_only: only images that were marked as finished; else also those that were edited.

    Raises:
        BadRunFolder: the folder holds no annotations.
        NothingToShow: nothing was edited, or nothing is finished.
        UnreadableFile, BadLabels: a file is broken or does not fit the others.
    """
    if not (Path(folder).expanduser() / NOTE).is_file():
        raise BadRunFolder(f"{folder} holds no annotations: there is no {NOTE}. Make some with opsef.widgets.annotate.")
    home = AnnotationFolder(folder)
    sheets = {name: home.sheet(name) for name in home.names}
    wanted = {n: s for n, s in sheets.items() if s.state != UNTOUCHED and (s.finished or not finished_only)}
    if not wanted:
        what = "marked as finished (Enter does it)" if finished_only else "edited"
        raise NothingToShow(f"None of the {len(sheets)} images in {folder} was {what} yet.")
    return Annotations(home, wanted)


class Annotations:
    """Annotated images, as a data set: `images`, and `truth` by name.

    Attributes:
        folder: where they are stored.
        classes: names of the classes.
    """

    def __init__(self, home: AnnotationFolder, sheets: dict[str, Sheet]) -> None:
        self.folder, self.classes, self._sheets = home.folder, list(home.classes), sheets

    @property
    def images(self) -> list[Image]:
        """The images, in the order in which they were begun."""
        return [sheet.image for sheet in self._sheets.values()]

    @cached_property
    def truth(self) -> dict[str, Labels]:
        """What was drawn, by the name of the image."""
        return {name: sheet.labels for name, sheet in self._sheets.items()}

    @property
    def labels(self) -> dict[str, Labels]:
        """The same as `truth`; what `plots.changes` shows."""
        return self.truth

    @property
    def looked_at(self) -> list[str]:
        """Names of the images."""
        return list(self._sheets)

    @property
    def found_images(self) -> dict[str, Image]:
        """The images, by name."""
        return {name: sheet.image for name, sheet in self._sheets.items()}

    @cached_property
    def exported(self) -> dict[str, Labels]:
        """What it began with, by the name of the image."""
        return {name: sheet.start for name, sheet in self._sheets.items()}

    @property
    def finished(self) -> list[str]:
        """Names of the images that were marked as finished."""
        return [name for name, sheet in self._sheets.items() if sheet.state == FINISHED]

    @property
    def log(self) -> pd.DataFrame:
        """How long these images took: `image`, `start`, `end` (UTC), `seconds` of work, `annotator`; a row a sitting.

        Raises:
            UnreadableFile: the log is damaged.
        """
        table = log_table(self.folder / FILE)
        return table[table["image"].isin(list(self._sheets))].reset_index(drop=True)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """One row an object of the start or of now, as of `reimport`; see `refine.match`. Ids are the annotator's."""
        pairs = [(self.exported[name], labels) for name, labels in self.truth.items()]
        tables = [match(before, after, keep_ids=True).table for before, after in pairs]
        return pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)

    @property
    def summary(self) -> pd.DataFrame:
        """What was changed, counted by image and in all, and the `minutes` it took; see `refine.summary`."""
        return summary(self.changes, list(self.truth), self.log)

    def before_after(self, run: Run, fitted: Fit | Segmenter, **options: Any) -> BeforeAfter:
        """Was it worth it: the score before and after learning from this, on images nobody corrected.

        Args:
            run: that was annotated.
            fitted: what came out of `fit`, or the model.
            options: `truth`, `grid_point`, `metric`, `progress`; these and all errors as in `run.before_after`.
        """
        return before_after(self, run, fitted, **options)

    def __repr__(self) -> str:
        objects = sum(labels.count for labels in self.truth.values())
        return f"Annotations({len(self._sheets)} images, {objects} objects, {len(self.finished)} finished)"
