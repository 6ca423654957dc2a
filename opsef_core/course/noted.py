"""Facts of a student's results, as JSON can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadParameter


def as_fact(name: str, value: Any) -> Any:
    """A value of plain types; NaN and infinite numbers become None, a table a list of rows.

    Raises:
        BadParameter: something else, for example an image.
    """
    if isinstance(value, pd.DataFrame):
        value = value.to_dict("records")
    elif isinstance(value, pd.Series):
        value = value.to_dict()
    elif isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): as_fact(name, one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_fact(name, one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, PurePath):
        return value.as_posix()
    raise BadParameter(f"The note {name!r} holds a {type(value).__name__}; numbers, texts, lists and tables are kept.")
