"""Which objects are missed: the share that is found, by size, crowding, contact, contrast, position, class."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .error_types import TYPES

SHARES = ("recall", "missed", "split", "merged")  # of the true objects
GROUPS = 4  # quantile bins of a number
FEWEST = 10  # true objects a bin needs before anything is concluded from it
SURE = 3.0  # standard errors between two bins; of about 30 pairs that are looked at, chance makes less than one in ten


@dataclass(frozen=True)
class Property:
    """A property by which objects are grouped.

    Attributes:
        title: what it is.
        unit: after a number.
        ends: what objects at the low and at the high end are called; for yes or no: at no and at yes.
    """

    title: str
    unit: str = ""
    ends: tuple[str, str] = ("", "")


PROPERTIES = {
    "diameter_px": Property("diameter", " px", ("small objects", "large objects")),
    "neighbour_distance": Property(
        "distance to the nearest neighbour", " diameters", ("crowded objects", "lonely objects")
    ),
    "touching": Property("touches another object", "", ("objects that touch no other", "objects that touch another")),
    "contrast": Property("contrast", "", ("faint objects", "clear objects")),
    "on_border": Property(
        "touches the image's border", "", ("objects inside the image", "objects at the image's border")
    ),
    "image_class": Property("image class"),
}


def breakdown(errors: pd.DataFrame) -> pd.DataFrame:
    """How many of the true objects are found, by property.

    Numbers are grouped into quantiles of all true objects of the table, the same for every grid point; yes or no and
    classes as they are. Objects for which a property is not known (no neighbour, no surroundings) are left out there.

    Args:
        errors: as `object_errors` makes it; grouped by `grid_point` if it has that column. Of `PROPERTIES` those
            columns are used that are there.

    Returns:
        One row a grid point, property and bin: `grid_point`, `property` (column of the errors), `bin` (in words),
        `objects` (what such objects are called), `n_truth`, `recall` (found / n_truth), and the shares `missed`,
        `split`, `merged`.
    """
    true = errors[errors["side"] == "truth"]
    true = true if "grid_point" in true else true.assign(grid_point="")
    rows: list[dict[str, Any]] = []
    bins = {name: _bins(true[name], told) for name, told in PROPERTIES.items() if name in true}
    for point, mine in true.groupby("grid_point", sort=False):
        for name, groups in bins.items():
            for text, objects, inside in groups:
                share = mine.loc[inside[mine.index], "type"].value_counts()
                if n := int(share.sum()):
                    about = {"grid_point": point, "property": name, "bin": text, "objects": objects, "n_truth": n}
                    found = {column: share.get(kind, 0) / n for column, kind in zip(SHARES, TYPES[:-1], strict=True)}
                    rows.append(about | found)
    return pd.DataFrame(rows, columns=["grid_point", "property", "bin", "objects", "n_truth", *SHARES])


def _bins(values: pd.Series[Any], told: Property) -> list[tuple[str, str, pd.Series[bool]]]:
    """(bin in words, what its objects are called, which rows are in it), from low to high."""
    known = values[values.notna()]
    if known.empty:
        return []
    if known.dtype == bool or not pd.api.types.is_numeric_dtype(known):
        names = dict(zip((False, True), told.ends, strict=True)) if known.dtype == bool else {}
        words = [(value, names.get(value, f"objects of the class {value}")) for value in sorted(known.unique())]
        return [(_yes_or_no(value), objects, values == value) for value, objects in words]
    edges = _edges(known.to_numpy(float))
    bounds = [-np.inf, *edges, np.inf]
    made = []
    for low, high in pairwise(bounds):
        text = _between(low, high, told.unit)
        name = told.ends[0] if np.isneginf(low) else told.ends[1] if np.isposinf(high) else "objects"
        made.append((text, f"{name} ({text})" if edges else "all objects", (values >= low) & (values < high)))
    return made


def _edges(values: NDArray[np.float64]) -> list[float]:
    """Inner borders of the quantile bins, rounded to two digits so that they can be read, without doubles."""
    inner = np.quantile(values, np.linspace(0, 1, GROUPS + 1)[1:-1])
    rounded = sorted({float(f"{edge:.2g}") for edge in inner})
    return [edge for edge in rounded if values.min() < edge <= values.max()]


def _between(low: float, high: float, unit: str) -> str:
    if np.isneginf(low):
        return "all" if np.isposinf(high) else f"below {high:g}{unit}"
    return f"{low:g}{unit} and more" if np.isposinf(high) else f"{low:g} to {high:g}{unit}"


def _yes_or_no(value: Any) -> str:
    return {"True": "yes", "False": "no"}.get(str(value), str(value))


def strongest(table: pd.DataFrame) -> str:
    """One sentence for the property on which it depends most whether an object is found; "" if there is none.

    The property is the one whose best and worst bin differ most, if both have at least 10 true objects and differ by
    more than three standard errors (two proportions, pooled; objects are taken as independent, which those of one
    image are not quite). It is a difference, not a cause: small objects may be missed because they lie in dim images.

    Args:
        table: rows of `breakdown` of one grid point.
    """
    most, sentence = 0.0, ""
    for _, rows in table[table["n_truth"] >= FEWEST].groupby("property", sort=False):
        share = rows["recall"].to_numpy()
        ends = rows.iloc[sorted({int(share.argmin()), int(share.argmax())})]
        difference = float(share.max() - share.min())
        if difference > max(most, SURE * _standard_error(ends)):
            first, second = zip(ends["objects"], (100 * ends["recall"]).round().astype(int), strict=True)
            most, sentence = difference, f"{first[0]} are found in {first[1]} %, {second[0]} in {second[1]} %."
    return sentence[:1].upper() + sentence[1:]


def _standard_error(ends: pd.DataFrame) -> float:
    """Of the difference between two shares of found objects, if both were one."""
    share = float((ends["recall"] * ends["n_truth"]).sum() / ends["n_truth"].sum())
    return float(np.sqrt(share * (1 - share) * (1 / ends["n_truth"]).sum()))
