"""The table of the quiz: `quiz.csv`, one row a board that somebody answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ...atomic import write_whole
from ...errors import UnreadableFile
from .judge import COUNTS

FILE = "quiz.csv"
WHICH = ["taker", "images", "seed", "side", "tile_px", "board"]  # of which there is one row
WHOLE = ["seed", "side", "tile_px", "board", *COUNTS]
REAL = ["accuracy", "low", "high", "precision", "recall", "seconds"]
COLUMNS = [*WHICH, *COUNTS, *REAL, "time"]


def quiz_results(folder: str | Path) -> pd.DataFrame:
    """All boards that were answered and stored in a folder, oldest first.

    Args:
        folder: the one that `quiz` was given.

    Returns:
        One row a board: `taker`, `images` (hash of the images that were asked about), `seed`, `side` (tiles a side),
        `tile_px`, `board` (0, 1, ...), the counts `fake_as_fake`, `fake_as_real`, `real_as_fake`, `real_as_real` (what
        it was, what it was taken for), `accuracy`, `low`, `high` (its 95 % interval), `precision` and `recall` of
        "fake" (all 0 to 1, NaN where nothing counts), `seconds`, `time` (UTC, ISO 8601). Empty before the first.
        Boards of several people are put together by adding up the counts.

    Raises:
        UnreadableFile: quiz.csv is damaged.
    """
    file = Path(folder).expanduser() / FILE
    if not file.is_file():
        return pd.DataFrame({name: pd.Series(dtype=_type(name)) for name in COLUMNS})
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return _typed(table)
    except (ValueError, KeyError) as error:  # pandas' own errors are ValueErrors
        advice = "Correct it in a text editor, or move it away to begin anew."
        raise UnreadableFile(f"{file} is damaged: {str(error).strip()}. {advice}") from None


def store(folder: Path, row: dict[str, Any]) -> pd.DataFrame:
    """Add a board; it replaces an earlier answer to the same board.

    Raises:
        DiskFull: it could not be stored; the table is as before.
        UnreadableFile: the table is damaged.
    """
    new = pd.DataFrame([row], columns=COLUMNS).astype({name: _type(name) for name in COLUMNS})
    before = quiz_results(folder)
    table = pd.concat([before, new], ignore_index=True) if len(before) else new
    kept = table.drop_duplicates(WHICH, keep="last", ignore_index=True)
    write_whole(folder / FILE, kept.to_csv(index=False).encode(), "The answer could not be stored: the disk is full.")
    return kept


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes what is too much for names of rows
        raise ValueError("a line has more values than the first line")
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ValueError(f"it has no column {' and no column '.join(missing)}")
    table = table[COLUMNS].copy()
    for name in WHOLE:
        table[name] = table[name].astype("int64")
    for name in REAL:
        table[name] = pd.to_numeric(table[name].replace("", None)).astype("float64")
    wrong = table.index[(table[list(COUNTS)].sum(axis=1) != table["side"] ** 2) | (table[list(COUNTS)] < 0).any(axis=1)]
    if len(wrong):
        raise ValueError(f"the counts of line {wrong[0] + 2} do not add up to the tiles of its board")
    return table


def _type(name: str) -> str:
    return "int64" if name in WHOLE else "float64" if name in REAL else "object"
