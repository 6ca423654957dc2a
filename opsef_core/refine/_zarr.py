"""Zarr arrays and attributes from outside: metadata is looked at before anything is unpacked.

Some compression methods of Zarr 2 run code that lies in the file (pickles), so only common ones are let through.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadLabels, UnreadableFile
from ..zarr_codecs import strange_codecs
from ._json import as_list, as_map, read_json

MOST_CHUNK_PX = 2**28


def attributes(path: Path) -> Mapping[str, Any]:
    """Attributes of a group or array; none if it has none."""
    if (path / "zarr.json").is_file():
        return as_map(as_map(read_json(path / "zarr.json")).get("attributes"))
    return as_map(read_json(path / ".zattrs")) if (path / ".zattrs").is_file() else {}


def read_array(path: Path, shape: tuple[int, ...]) -> NDArray[Any]:
    """All pixels of an array of whole numbers.

    Args:
        path: its folder.
        shape: that it must have; axes of length 1 do not count.

    Raises:
        UnreadableFile: no array, a broken one, or one that is packed in an uncommon way.
        BadLabels: another shape, or no whole numbers.
    """
    import zarr

    new = (path / "zarr.json").is_file()
    about = as_map(read_json(path / ("zarr.json" if new else ".zarray")))
    if strange := strange_codecs(about):
        raise UnreadableFile(
            f"{path} is packed by {', '.join(strange)[:80]}, which is not read; save it with zstd or gzip."
        )
    found = tuple(n for n in as_list(about.get("shape")) if isinstance(n, int))
    if [n for n in found if n != 1] != [n for n in shape if n != 1]:
        raise BadLabels(f"{path} has the shape {found}, not {shape} as its image; keep the size.")
    try:
        array = zarr.open_array(path, mode="r")
        if math.prod(array.chunks) > MOST_CHUNK_PX or array.dtype.kind not in "ui":
            raise UnreadableFile(
                f"{path} has chunks of {array.chunks} {array.dtype}; whole numbers in small ones are read."
            )
        return np.asarray(array[...]).reshape(shape)
    except UnreadableFile:
        raise
    except Exception as error:  # a broken chunk raises whatever its codec met
        raise UnreadableFile(f"{path} cannot be read as a Zarr array: {error}") from None
