"""What a note says of an image's labels, so that they come back as they were: name, place, history, object table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from ..data import Act, Image, Labels
from ..errors import BadLabels, BadRunFolder, NothingToShow
from ._folder import NOTE, inside

Entry = Mapping[str, Any]  # what a note says of one image: `facts`, and the files it became
MOST_PIXELS = 2**32  # a note that speaks of more was not written by an export


class _Column(BaseModel):
    type: str
    values: list[Any]


class _Objects(BaseModel):
    ids: list[PositiveInt]
    columns: dict[str, _Column]


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: str
    name: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    version: str = "1"
    weights: str | None = None


class _Facts(BaseModel):
    """The part of an entry that `facts` writes; formats add their files to it."""

    model_config = ConfigDict(extra="allow", strict=True)
    name: str
    axes: str = Field(pattern="^Z?YX$")
    size: dict[str, PositiveInt]
    spacing_um: dict[str, float]
    source: str
    history: list[_Act]
    parent: str | None
    origin: dict[str, int]
    parent_shape: dict[str, int]
    objects: _Objects
    image_name: str = ""
    image_key: str = ""


def checked_pairs(pairs: Sequence[tuple[Image, Labels]]) -> list[tuple[Image, Labels]]:
    """The pairs, if each label image has pixels and fits its image.

    Raises:
        NothingToShow: no pair at all.
        BadLabels: labels without pixels, or of another size than their image.
    """
    if not pairs:
        raise NothingToShow("There is nothing to export: the list of images and labels is empty.")
    for image, labels in pairs:
        place = {axis: n for axis, n in image.shape.items() if axis in "ZYX"}
        if place != labels.shape:
            raise BadLabels(
                f"{labels.name}: labels of size {labels.shape} do not fit the image {image.name!r} of size {place}."
            )
        if labels.pixels.size == 0:
            raise BadLabels(f"{labels.name} has no pixels: its size is {labels.shape}.")
    return list(pairs)


def facts(labels: Labels) -> dict[str, Any]:
    """Everything about labels but their pixels, as JSON-able values."""
    return {
        "name": labels.name,
        "key": labels.key,
        "axes": labels.axes,
        "size": labels.shape,
        "spacing_um": {axis: float(um) for axis, um in labels.spacing_um.items()},
        "source": labels.source,
        "history": [act.as_dict() for act in labels.history],
        "parent": labels.parent,
        "origin": {axis: int(n) for axis, n in labels.origin.items()},
        "parent_shape": {axis: int(n) for axis, n in labels.parent_shape.items()},
        "count": labels.count,
        "objects": _table(labels.objects),
    }


def read_entries(folder: Path, note: Mapping[str, Any], *files: str) -> list[Entry]:
    """What a note says of each image, checked as something from outside.

    Args:
        folder: of the export.
        note: from `read_note`.
        files: keys of an entry that must be there and name a file of the folder.

    Raises:
        BadRunFolder: the note was edited into something that no export writes.
    """
    found = note.get("images", [])
    try:
        if not isinstance(found, list):
            raise ValueError("`images` is no list")
        for entry in found:
            facts = _Facts.model_validate(entry)
            if tuple(facts.size) != tuple(facts.axes) or np.prod([float(n) for n in facts.size.values()]) > MOST_PIXELS:
                raise ValueError(f"{facts.name} has the axes {facts.axes} and the size {facts.size}")
            _untable(entry["objects"])
            for key in files:
                if not isinstance(entry.get(key), str) or not inside(folder, entry[key]):
                    raise ValueError(f"`{key}` of {facts.name} names no file of the folder")
    except (ValidationError, ValueError, TypeError, KeyError, OverflowError) as error:
        where = error.errors()[0] if isinstance(error, ValidationError) else None
        reason = f"{'.'.join(map(str, where['loc']))}: {where['msg']}" if where else str(error)
        raise BadRunFolder(f"{folder / NOTE} cannot be understood ({reason}); was it edited?") from None
    return found


def labels_from(known: Mapping[str, Any], pixels: NDArray[Any], *acts: Act) -> Labels:
    """The labels of these facts with pixels read from a file, and what was done to them meanwhile."""
    table = _untable(known["objects"])
    return Labels(
        pixels=pixels,
        axes=known["axes"],
        name=known["name"],
        spacing_um=known["spacing_um"],
        source=known["source"],
        history=(*(Act.from_dict(act) for act in known["history"]), *acts),
        parent=known["parent"],
        origin=known["origin"],
        parent_shape=known["parent_shape"],
        objects=table[table.index.isin(np.unique(pixels[pixels > 0]))],
    )


def _table(objects: pd.DataFrame) -> dict[str, Any]:
    """An object table as JSON-able values: ids, and for each column its type and values (None where missing)."""
    columns = {}
    for name in objects.columns:
        values = [None if pd.isna(v) else v.item() if isinstance(v, np.generic) else v for v in objects[name]]
        columns[str(name)] = {"type": str(objects[name].dtype), "values": values}
    return {"ids": [int(i) for i in objects.index], "columns": columns}


def _untable(table: Mapping[str, Any]) -> pd.DataFrame:
    columns = {
        name: pd.Series(column["values"], index=table["ids"], dtype=column["type"])
        for name, column in table["columns"].items()
    }
    return pd.DataFrame(columns, index=pd.Index(table["ids"], dtype=np.int64, name="id"))
