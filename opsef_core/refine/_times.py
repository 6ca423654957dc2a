"""How long a person worked on an export, where the program they used wrote it down."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

LOG = "annotation_log.csv"  # of the annotator: image, start, end, seconds
ANNOTATORJ = "annotTimes/annotTimes*.csv"  # #, label, time in milliseconds, a row an object; beside the images
COLUMNS = ["image", "seconds", "source"]
LONGEST_S = 86_400.0  # nobody works on one object for more than a day
MOST_BYTES = 2**26


def time_log(folder: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Seconds of work as they were logged in a folder.

    Returns:
        One row an entry: `image` ("" where the log does not say it, as AnnotatorJ's), `seconds`, `source` (the file);
        and what could not be read, a sentence each.
    """
    rows: list[tuple[str, float, str]] = []
    problems: list[str] = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            rows += [(image, seconds, name) for image, seconds in _entries(path)]
        except (OSError, ValueError, csv.Error) as error:
            problems.append(f"{name} cannot be read ({error}); its times do not count.")
    return pd.DataFrame(rows, columns=COLUMNS).astype({"seconds": float}), tuple(problems)


def _files(folder: Path) -> list[Path]:
    patterns = (LOG, ANNOTATORJ, f"*/{ANNOTATORJ}")
    return [p for pattern in patterns for p in sorted(folder.glob(pattern)) if p.is_file()]


def _entries(path: Path) -> Iterator[tuple[str, float]]:
    """Image and seconds of each row.

    Raises:
        ValueError: no such table, or times that are none.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("it is far too large")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        head = lines.readline()
        names = [n.strip() for n in head.split(",")]
        unit = {"seconds": 1.0, "time": 0.001}
        column = next((n for n in unit if n in names), None)
        if column is None:
            raise ValueError("it has no column of times")
        for row in csv.DictReader(lines, names, strict=True):
            seconds = float(row[column] or "nan") * unit[column]
            if not 0 <= seconds <= LONGEST_S:
                raise ValueError(f"{row[column]!r} is no time")
            yield (row.get("image") or "", seconds)
