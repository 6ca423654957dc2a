"""The table of a data set: a csv with one row an image, and the choice of rows by what their columns say."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadConfig, BadParameter, UnknownName

if TYPE_CHECKING:
    from ._dataset_file import DatasetFile

Value = bool | int | float | str | None

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")  # 007 is a name, not a number
_REAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_TRUTH = {"true": True, "false": False, "True": True, "False": False}


def read_table(path: Path, fields: Sequence[str]) -> dict[int, dict[str, Any]]:
    """Read a csv table of files: UTF-8, commas, one header line, one row an image.

    Args:
        path: of the table.
        fields: columns that say where a file lies and what its checksum is; `image` must be there. All others are what
            is known about the image; each is read as whole numbers, numbers or true and false if all its values are.
            An empty cell is a value that is not known.

    Returns:
        One entry a row, as they stand in dataset.yml, by line of the file.

    Raises:
        BadConfig: no such file, no csv, no column `image`, a misspelt one, or a row of another length.
    """
    header, rows = _rows(path)
    if "image" not in header:
        raise BadConfig(f"{path} has no column 'image' (path of the image); its columns are: {', '.join(header)}.")
    for column in header:
        near = difflib.get_close_matches(column, fields, n=1, cutoff=0.9)
        if header.count(column) > 1 or not column:
            raise BadConfig(f"{path}: each column needs a name of its own; these are: {', '.join(header)}.")
        if near and near[0] != column:
            raise BadConfig(f"{path} has a column {column!r}. Did you mean {near[0]!r}?")
    known = {c: _typed([row[i] for row in rows.values()]) for i, c in enumerate(header) if c not in fields}
    entries = {}
    for position, (line, row) in enumerate(rows.items()):
        said = {c: v for c, v in zip(header, row, strict=True) if c in fields and v}
        entries[line] = {"image": "", **said, "columns": {c: values[position] for c, values in known.items()}}
    return entries


def _rows(path: Path) -> tuple[list[str], dict[int, list[str]]]:
    """The header, and the other rows by line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            rows: dict[int, list[str]] = {}
            for row in reader:
                if row:
                    rows[reader.line_num] = row
    except FileNotFoundError:
        raise BadConfig(f"There is no table {path}, which the data set names as the list of its files.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadConfig(f"{path} cannot be read as a csv table: {error}.") from None
    if not rows:
        raise BadConfig(f"{path} has no rows; it needs a header line and one row an image.")
    for line, row in rows.items():
        if len(row) != len(header):
            raise BadConfig(f"{path}, line {line} has {len(row)} cells; the header has {len(header)}.")
    return header, rows


def _typed(cells: Sequence[str]) -> list[Value]:
    """A column's values: of one type, the narrowest that fits all of them."""
    filled = [c for c in cells if c]
    if all(c in _TRUTH for c in filled):
        return [_TRUTH.get(c) for c in cells]
    if all(_WHOLE.fullmatch(c) for c in filled):
        return [int(c) if c else None for c in cells]
    if all(_REAL.fullmatch(c) for c in filled):
        return [float(c) if c else None for c in cells]
    return [c or None for c in cells]


def chosen(name: str, files: Mapping[str, DatasetFile], where: Mapping[str, Any]) -> dict[str, DatasetFile]:
    """The files whose columns say what is asked for.

    Args:
        name: of the data set, for errors.
        files: all of them, by name.
        where: column -> value, or a list of values of which any will do; several columns must all fit.

    Raises:
        UnknownName: no such column, or no image with such a value.
        BadParameter: no image fits all of it, or it is no choice by columns.
    """
    if not isinstance(where, Mapping):
        raise BadParameter(f"where={where!r} is not possible; name columns and values: where={{'split': 'train'}}.")
    kept = dict(files)
    for column, wanted in where.items():
        columns = dict.fromkeys(c for f in files.values() for c in f.columns)
        if column not in columns:
            raise UnknownName(f"column of the data set {name}", str(column), columns)
        any_of = list(wanted) if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
        values = {f.columns.get(column) for f in files.values()}
        for value in any_of:
            if value not in values:
                raise UnknownName(f"{column} in the data set {name}", str(value), map(str, values))
        kept = {n: f for n, f in kept.items() if f.columns.get(column) in any_of}
    if not kept:
        raise BadParameter(f"No image of the data set {name} fits all of where={dict(where)!r}.")
    return kept
