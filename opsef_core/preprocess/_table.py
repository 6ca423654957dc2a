"""All steps at a glance."""

from __future__ import annotations

import pandas as pd

from ._step import STEPS


def steps_table() -> pd.DataFrame:
    """Every step there is: name, what it does, parameters with their defaults and bounds; made from the registry."""
    return STEPS.table(lambda kind: kind.record)
