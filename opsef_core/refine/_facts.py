"""What a note says of an image's labels, so that they come back as they were: name, place, history, object table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Act, Image, Labels
from ..errors import BadLabels, NothingToShow


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
