"""Tables as files for other programs: csv or parquet, by the file's suffix."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pandas as pd

from ..atomic import write_whole
from ..errors import BadParameter

SUFFIXES = (".csv", ".parquet")


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table whole: as csv, or as parquet, which keeps the types and needs pyarrow.

    Raises:
        BadParameter: another suffix, a folder that does not exist, or parquet without pyarrow.
        DiskFull: no space left.
    """
    path = Path(path).expanduser()
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadParameter(f"A table is written as {' or '.join(SUFFIXES)}, by the suffix of its file; not as {path}.")
    if not path.parent.is_dir():
        raise BadParameter(f"There is no folder {path.parent} for the table {path.name}; make it first.")
    if suffix == ".csv":
        return write_whole(path, table.to_csv(index=False).encode())
    if importlib.util.find_spec("pyarrow") is None:
        raise BadParameter(
            f"{path} cannot be written: parquet needs the package pyarrow, which is not installed. Install it with: "
            f"pip install pyarrow - or write {path.with_suffix('.csv').name}."
        )
    content = io.BytesIO()
    table.to_parquet(content, engine="pyarrow", index=False)
    return write_whole(path, content.getvalue())
