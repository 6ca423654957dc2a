"""Classes of objects, as names and as the small numbers that files have for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..data import Labels
from ..errors import BadLabels


def class_of(labels: Labels) -> dict[int, Any]:
    """Id -> class, of the objects that have one; whole numbers as int even where gaps made the column real."""
    if "class" not in labels.objects:
        return {}
    column = labels.objects["class"].dropna()
    values = [v.item() if isinstance(v, np.generic) else v for v in column]
    whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
    return dict(zip(column.index.tolist(), whole, strict=True))


def numbered(every: Iterable[Labels], most: int, first: int = 1) -> dict[Any, int]:
    """Class -> number from `first` to `most` over all labels.

    Whole numbers in this range stay, other classes are numbered in sorted order.

    Raises:
        BadLabels: more classes than numbers.
    """
    found = {name for labels in every for name in class_of(labels).values()}
    if len(found) > most - first + 1:
        raise BadLabels(
            f"There are {len(found)} classes, and the format has numbers for {most - first + 1}; merge some."
        )
    if all(isinstance(c, int) and not isinstance(c, bool) and first <= c <= most for c in found):
        return {c: c for c in sorted(found)}
    return {c: n for n, c in enumerate(sorted(found, key=lambda c: (str(type(c)), c)), start=first)}


def class_table(classes: Mapping[int, Any]) -> pd.DataFrame:
    """An object table with a column `class`, without it if no object has one."""
    if not classes:
        return pd.DataFrame()
    ids = sorted(classes)
    return pd.DataFrame({"class": [classes[i] for i in ids]}, index=pd.Index(ids, name="id"))


def with_classes(table: pd.DataFrame, classes: Mapping[int, Any]) -> pd.DataFrame:
    """An object table with these classes and no others; untouched if it has them already."""
    now = table["class"] if "class" in table else pd.Series(index=table.index, dtype=object)
    known = {i: v for i, v in now.items() if not pd.isna(v)}
    given = {i: v for i, v in classes.items() if i in table.index}
    if known == given:
        return table
    column = pd.Series([given.get(i) for i in table.index], index=table.index, dtype=object)
    return table.assign(**{"class": column})


def stand_in(names: Iterable[str]) -> str:
    """What objects without a class are called where each must have one: "object", unless a class has that name."""
    taken, name = set(names), "object"
    while name in taken:
        name += "_"
    return name
