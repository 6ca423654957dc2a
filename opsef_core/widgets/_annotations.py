"""What was drawn, read again: images with their truth, and what a person changed."""

from functools import cached_property
from pathlib import Path

import pandas as pd

from ..data import Image, Labels, overlaps
from ..errors import BadRunFolder, NothingToShow
from ._annotation_folder import NOTE, AnnotationFolder
from ._annotation_log import FILE, log_table
from ._sheet import FINISHED, UNTOUCHED, Sheet

CHANGES = ["image", "id", "change", "area_before_px", "area_after_px", "iou", "class_before", "class_after"]


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
    if not (Path(folder) / NOTE).is_file():
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
    def start(self) -> dict[str, Labels]:
        """What it began with, by the name of the image."""
        return {name: sheet.start for name, sheet in self._sheets.items()}

    @property
    def finished(self) -> list[str]:
        """Names of the images that were marked as finished."""
        return [name for name, sheet in self._sheets.items() if sheet.state == FINISHED]

    @property
    def log(self) -> pd.DataFrame:
        """How long it took: `image`, `start`, `end` (UTC), `seconds` of work, `annotator`; one row a sitting.

        Raises:
            UnreadableFile: the log is damaged.
        """
        return log_table(self.folder / FILE)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """One row an object that is not what it was at the start, by its id.

        Returns:
            `image`, `id`, `change` (new, deleted, reshaped, reclassified), `area_before_px`, `area_after_px`, `iou` of
            before and after, `class_before`, `class_after`.
        """
        rows = [row for name, sheet in self._sheets.items() for row in _changes(name, sheet)]
        return pd.DataFrame(rows, columns=CHANGES)

    def __repr__(self) -> str:
        objects = sum(labels.count for labels in self.truth.values())
        return f"Annotations({len(self._sheets)} images, {objects} objects, {len(self.finished)} finished)"


def _changes(name: str, sheet: Sheet) -> list[tuple[object, ...]]:
    before, after = sheet.start, sheet.labels
    areas = [dict(zip(x.ids.tolist(), x.areas_px.tolist(), strict=True)) for x in (before, after)]
    shared = overlaps(before.array(), after.array())
    same = {
        int(a): int(n)
        for a, b, n in zip(shared.truth_ids[shared.rows], shared.pred_ids[shared.columns], shared.shared, strict=True)
        if a == b
    }
    rows: list[tuple[object, ...]] = []
    for number in sorted({*areas[0], *areas[1]}):
        was, now, both = areas[0].get(number, 0), areas[1].get(number, 0), same.get(number, 0)
        named = _class_of(before, number), _class_of(after, number)
        iou = both / (was + now - both)
        if iou == 1 and named[0] == named[1]:
            continue
        change = "new" if not was else "deleted" if not now else "reshaped" if iou < 1 else "reclassified"
        rows.append((name, number, change, was, now, iou, *named))
    return rows


def _class_of(labels: Labels, number: int) -> object:
    if "class" not in labels.objects or number not in labels.objects.index:
        return None
    name: object = labels.objects["class"].to_dict()[number]
    return name if isinstance(name, str) else None
