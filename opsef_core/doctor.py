"""What is installed, which device, which weights are on disk, what is missing and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import sys

import pandas as pd

from .models import MODELS, find_device, weights_table
from .places import cache_folder, offline
from .registry import Need

EXTRAS = {
    "torch": "torch",
    "torchvision": "torch",
    "cellpose": "cellpose",
    "stardist": "stardist",
    "tensorflow": "stardist",
    "bioimageio": "bioimageio",
    "bioio": "formats",
    "jupyterlab": "notebook",
    "papermill": "notebook",
    "distributed": "cluster",
}


def findings() -> pd.DataFrame:
    """One row a finding: what, how it is, what to do."""
    rows = [
        ("Python", sys.version.split()[0], ""),
        ("system", f"{platform.system()} {platform.machine()}", ""),
        ("device", find_device("auto"), ""),
    ]
    for module, extra in EXTRAS.items():
        rows.append(_package(module, extra))
    for name in MODELS.names():
        lacking = [n.module for n in MODELS.get(name).needs if not n.installed]
        state = f"lacks {', '.join(lacking)}" if lacking else "can be used"
        rows.append((f"model {name}", state, ""))
    rows.append(("downloads", str(cache_folder()), "none: OPSEF_OFFLINE is set" if offline() else ""))
    here = weights_table().query("`on disk`")
    rows += [
        (f"weights {name}", f"on disk ({source})", "")
        for name, source in zip(here["weights"], here["source"], strict=True)
    ]
    return pd.DataFrame(rows, columns=["what", "state", "to do"])


def _package(module: str, extra: str) -> tuple[str, str, str]:
    if not Need(module, extra).installed:
        return module, "not installed", f'pip install "opsef-core[{extra}]"'
    try:
        return module, importlib.metadata.version(module), ""
    except importlib.metadata.PackageNotFoundError:
        return module, "installed", ""
