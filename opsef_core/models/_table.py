"""All models at a glance."""

from __future__ import annotations

import pandas as pd

from ..errors import OpsefError
from ._segmenter import MODELS


def models_table() -> pd.DataFrame:
    """Every model there is: name, what it does, parameters with defaults and bounds, packages, whether they are here.

    Made from the registry; no heavy library is imported. Columns: model, what it does, parameters, needs (packages),
    installed (whether all of them are), dimensions ("2D", "2D, 3D").
    """
    table = MODELS.table(lambda cls: cls)
    table[["needs", "installed", "dimensions"]] = [_facts(name) for name in table["model"]]
    return table


def _facts(name: str) -> tuple[str, bool, str]:
    try:
        cls = MODELS.get(name)
    except OpsefError:  # the table has the reason
        return "", False, ""
    needs = ", ".join(need.module for need in cls.needs)
    return needs, all(need.installed for need in cls.needs), ", ".join(f"{d}D" for d in cls.dimensions)
