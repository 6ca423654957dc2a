"""What is installed, which device, which weights are on disk, what is missing and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from .ingest import datasets_table
from .models import MODELS, find_device, weights_table
from .places import cache_folder, offline
from .registry import Need

PACKAGE = "opsef-core"
EXTRAS = ("torch", "cellpose", "stardist", "bioimageio", "search", "formats", "notebook", "cluster")
SAMPLE = "bbbc038_sample"
OPTIONAL = "official weights"
CHECKOUT = Path(__file__).parents[1]
Finding = tuple[str, str, str]


def findings() -> pd.DataFrame:
    """One row a finding: what, state, to do (the command that mends it; empty where nothing is missing)."""
    rows = [
        ("Python", sys.version.split()[0], ""),
        ("system", f"{platform.system()} {platform.machine()}", ""),
        ("device", find_device("auto"), ""),
        *_packages(),
        *map(_model, MODELS.names()),
        ("downloads", f"{cache_folder()}{', none: OPSEF_OFFLINE is set' if offline() else ''}", ""),
        *_weights(),
        _sample(),
    ]
    return pd.DataFrame(rows, columns=["what", "state", "to do"])


def lacking(found: pd.DataFrame) -> int:
    """How many of the findings are something missing; official weights are there for those who want them."""
    return int(((found["to do"] != "") & ~found["what"].str.startswith(OPTIONAL)).sum())


def _packages() -> Iterator[Finding]:
    """Every package of every extra, as the installed opsef-core names them."""
    try:
        asked = importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        yield PACKAGE, "not installed, used from its folder", _again()
        return
    for line in asked:
        found = re.match(r'([\w.-]+).*extra == "(\w+)"', line)
        if found and found[2] in EXTRAS and found[1] != PACKAGE:
            yield _package(found[1], found[2])


def _package(name: str, extra: str) -> Finding:
    module = name.replace("-", "_").partition(".")[0]
    if not Need(module, extra).installed:
        return name, "not installed", _install(extra)
    try:
        return name, importlib.metadata.version(name), ""
    except importlib.metadata.PackageNotFoundError:
        return name, "installed", ""


def _model(name: str) -> Finding:
    lacking = [need for need in MODELS.get(name).needs if not need.installed]
    if not lacking:
        return f"model {name}", "can be used", ""
    extras = ",".join(dict.fromkeys(need.extra for need in lacking))
    return f"model {name}", f"lacks {', '.join(need.module for need in lacking)}", _install(extras)


def _weights() -> Iterator[Finding]:
    """Those on disk, those a model takes unless told otherwise and that are not there, and what can be downloaded."""
    table = weights_table()
    here = table[table["on disk"]]
    for name, source in zip(here["weights"], here["source"], strict=True):
        yield f"weights {name}", f"on disk ({source})", ""
    damaged = table[~table["on disk"] & table["source"].isin(["zoo", "own"])]
    for row in damaged.to_dict("records"):
        yield f"weights {row['weights']}", str(row["runs here"]), _bring(row["weights"], row["source"])
    for name in MODELS.names():
        field = MODELS.get(name).model_fields.get("pretrained")
        if field and isinstance(field.default, str) and field.default not in set(table["weights"]):
            yield (
                f"weights {field.default}",
                f"not on disk, model {name} needs them",
                _bring(field.default, "zoo"),
            )
    elsewhere = table[~table["on disk"] & (table["source"] == "official") & (table["runs here"] == "yes")]
    for family, rows in elsewhere.groupby("model", sort=False):
        names = ", ".join(rows["weights"])
        yield f"{OPTIONAL} of {family}", f"not on disk: {names}", "opsef models --fetch NAME"


def _sample() -> Finding:
    known = {row["data_set"]: row for row in datasets_table().to_dict("records")}
    row = known.get(SAMPLE, {"on_disk": 0, "images": 1})
    if row["on_disk"] == row["images"]:
        return "sample images", f"{row['on_disk']} on disk", ""
    if _is_checkout():
        return "sample images", "not all on disk", f"git checkout -- {shlex.quote(str(CHECKOUT / 'datasets'))}"
    return "sample images", "not part of an installed package", "work in a clone of the project, after make venv"


def _bring(name: str, source: str) -> str:
    """How weights whose files are missing come back."""
    if source == "own":
        return "opsef bundle --install FILE, packed where they are whole"
    place = Path(__file__).parent / "models" / "zoo" / name
    return f"git checkout -- {shlex.quote(str(place))}" if _is_checkout() else _again()


def _again() -> str:
    if _is_checkout():
        return f"pip install -e {shlex.quote(str(CHECKOUT))}"
    return f"pip install --force-reinstall --no-deps {PACKAGE}"


def _install(extras: str) -> str:
    return f'pip install "{PACKAGE}[{extras}]"'


def _is_checkout() -> bool:
    return (CHECKOUT / "pyproject.toml").is_file()
