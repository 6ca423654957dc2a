"""The table of ratings: `ratings.csv` in the run folder, one row a rater, image and grid point; the last counts."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from ..atomic import write_whole
from ..compare import checked_words
from ..errors import NothingToShow, UnknownName, UnreadableFile

FILE = "ratings.csv"
COLUMNS = ["image", "grid_point", "key", "rating", "rater", "seconds", "time"]
ONE = ["image", "grid_point", "rater"]  # of which there is one row


class Rated(Protocol):
    """What is needed to know of a run; `Run` has it."""

    folder: Path

    @property
    def cells(self) -> pd.DataFrame:
        """One row an image x grid point: `image`, `grid_point`, `key`."""


def ratings(run: Rated) -> pd.DataFrame:
    """All ratings of a run.

    `compare.share_good` makes one number a grid point of them.

    Returns:
        One row a rating, oldest first: `image`, `grid_point`, `key` (of the result that was seen), `rating`, `rater`,
        `seconds` (how long it was looked at; NaN if not known), `time` (UTC, ISO 8601). Empty before the first.

    Raises:
        UnreadableFile: ratings.csv is damaged, or holds a word that is no rating.
    """
    return read_ratings(run.folder / FILE)


def add_ratings(run: Rated, more: pd.DataFrame | str | Path, rater: str | None = None) -> pd.DataFrame:
    """Append ratings that were made elsewhere; of the same rater, image and grid point the added one counts.

    Args:
        run: the run they belong to.
        more: a table or a csv file with the columns `image`, `grid_point`, `rating`; others as in `ratings` if known.
        rater: who rated, if the table does not say.

    Returns:
        All ratings, as `ratings` gives them.

    Raises:
        UnreadableFile: the file is damaged or misses a column, or the run's own is.
        NothingToShow: the table misses a column.
        UnknownName: an image, grid point or rating that does not exist.
    """
    table = more if isinstance(more, pd.DataFrame) else read_ratings(Path(more), must_exist=True)
    table = checked_words(table).reindex(columns=COLUMNS).astype(object)
    cells = run.cells
    for kind, column in (("image", "image"), ("grid point", "grid_point")):
        for name in set(table[column]) - set(cells[column]):
            raise UnknownName(kind, str(name), set(cells[column]))
    keys = cells.set_index(["image", "grid_point"])["key"]
    own = pd.Series([keys[i, p] for i, p in zip(table["image"], table["grid_point"], strict=True)], table.index, object)
    table["key"] = table["key"].fillna(own)
    table["rater"] = table["rater"].fillna(rater or "unknown")
    table["time"] = table["time"].fillna(now())
    return _written(run.folder / FILE, pd.concat([_readable(run), table], ignore_index=True))


def put(run: Rated, row: dict[str, Any]) -> pd.DataFrame:
    """Store one rating at once; it replaces an earlier one of the same rater, image and grid point.

    Raises:
        DiskFull: it could not be stored; the table is as before.
        UnreadableFile: the table is damaged.
    """
    before = _readable(run)
    new = pd.DataFrame([row], columns=COLUMNS).astype(object)
    return _written(run.folder / FILE, pd.concat([before, new], ignore_index=True))


def take_back(run: Rated, row: dict[str, Any]) -> pd.DataFrame:
    """Remove the rating of this rater, image and grid point; errors as in `put`."""
    before = _readable(run)
    same = (before[ONE] == pd.Series({name: row[name] for name in ONE})).all(axis=1)
    return _written(run.folder / FILE, before[~same])


def read_ratings(file: Path, must_exist: bool = False) -> pd.DataFrame:
    """The ratings in a csv file; an empty table if there is none.

    Raises:
        UnreadableFile: damaged, a column missing, a word that is no rating.
    """
    if not file.is_file():
        if must_exist:
            raise UnreadableFile(f"There is no file {file}.")
        return _typed(pd.DataFrame(columns=COLUMNS))
    advice = "Correct it in a text editor, or move it away to begin anew."
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return _typed(checked_words(_table(csv.reader(lines, strict=True))))
    except NothingToShow as error:
        raise UnreadableFile(f"{file} cannot be read: {error} {advice}") from None
    except UnknownName as error:
        raise UnreadableFile(f"{file} holds a rating that is none: {error} {advice}") from None
    except (csv.Error, ValueError) as error:
        raise UnreadableFile(f"{file} is damaged: {error}. {advice}") from None


def now() -> str:
    """The time, as it stands in the table."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _table(lines: Any) -> pd.DataFrame:
    """All lines by the names in the first; a line of another length is an error."""
    names = next(lines, None)
    if names is None:
        raise ValueError("it is empty")
    rows = []
    for values in lines:
        if len(values) != len(names):
            raise ValueError(f"line {lines.line_num} has {len(values)} values, the first line {len(names)}")
        rows.append(values)
    return pd.DataFrame(rows, columns=names)


def _readable(run: Rated) -> pd.DataFrame:
    return read_ratings(run.folder / FILE)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    table = table.reindex(columns=COLUMNS).replace({"": None})
    seconds = pd.to_numeric(table["seconds"]).astype(float)
    return table.drop(columns="seconds").astype(object).assign(seconds=seconds)[COLUMNS]


def _written(file: Path, table: pd.DataFrame) -> pd.DataFrame:
    kept = table.drop_duplicates(ONE, keep="last").reset_index(drop=True)
    write_whole(file, kept.to_csv(index=False).encode(), "The rating could not be stored: the disk is full.")
    return kept
