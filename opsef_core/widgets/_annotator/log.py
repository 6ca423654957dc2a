"""How long each image took: `annotation_log.csv`, one row a sitting."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import pandas as pd

from ...atomic import make_folder, write_whole
from ...errors import UnreadableFile

FILE = "annotation_log.csv"
COLUMNS = ["image", "start", "end", "seconds", "annotator"]
LEAST_S = 0.5  # a glance is no work


class AnnotationLog:
    """The log of a folder.

    Args:
        folder: of the annotations.
        annotator: who is at work; may be empty.
    """

    def __init__(self, folder: Path, annotator: str = "") -> None:
        self._file, self._who = folder / FILE, annotator
        self._sitting: dict[str, str] = {}

    def opened(self, image: str) -> None:
        """A sitting begins, unless this image is open already."""
        self._sitting.setdefault(image, _now())

    def worked(self, image: str, seconds: float) -> None:
        """So many seconds of work on an image since it was opened; the row of this sitting is written.

        Raises:
            DiskFull: it could not be stored.
            UnreadableFile: the log is damaged.
        """
        self.opened(image)
        if not LEAST_S <= seconds < float("inf"):
            return
        row = [image, self._sitting[image], _now(), f"{seconds:.1f}", self._who]
        rows = [r for r in read_rows(self._file) if (r[0], r[1], r[4]) != (row[0], row[1], row[4])]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows, row])
        make_folder(self._file.parent)
        write_whole(self._file, text.getvalue().encode(), "The annotation log could not be stored: the disk is full.")

    def left(self, image: str) -> None:
        """The sitting is over."""
        self._sitting.pop(image, None)


def read_rows(file: Path) -> list[list[str]]:
    """The rows of a log without the first line; none if there is no file.

    Raises:
        UnreadableFile: it is damaged.
    """
    if not file.exists():
        return []
    try:
        with file.open(encoding="utf8", newline="") as lines:
            rows = list(csv.reader(lines, strict=True))
    except (csv.Error, ValueError, OSError) as error:
        raise UnreadableFile(f"{file} is damaged: {error}. Move it away to begin anew.") from None
    if rows[:1] != [COLUMNS] or any(len(row) != len(COLUMNS) for row in rows):
        raise UnreadableFile(
            f"{file} is damaged: its columns are not {', '.join(COLUMNS)}. Move it away to begin anew."
        )
    return rows[1:]


def log_table(file: Path) -> pd.DataFrame:
    """The log: `image`, `start`, `end` (UTC, ISO 8601), `seconds` (of work: pauses do not count), `annotator`."""
    table = pd.DataFrame(read_rows(file), columns=COLUMNS)
    return table.assign(seconds=pd.to_numeric(table["seconds"], errors="coerce").astype(float))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
