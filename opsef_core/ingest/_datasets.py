"""Which data sets there are, and which of their files are on this machine."""

from __future__ import annotations

import pandas as pd

from ..errors import OpsefError
from ._dataset import Dataset, dataset
from ._dataset_file import known_datasets

COLUMNS = ["data_set", "title", "images", "on_disk", "licence", "get_with", "folder"]


def datasets_table() -> pd.DataFrame:
    """All data sets that can be opened by name.

    Returns:
        One row a data set: its name, title, number of images (NA where that is known only when they are fetched), how
        many of them are on disk, licence, the script that gets them ("" if they are part of it), and where they lie.
        One whose description cannot be understood says so in place of its title.
    """
    table = pd.DataFrame([_row(name) for name in known_datasets()], columns=COLUMNS)
    return table.astype({"images": "Int64", "on_disk": "Int64"})


def _row(name: str) -> dict[str, object]:
    try:
        return {"data_set": name, **_facts(dataset(name))}
    except OpsefError as error:
        return {"data_set": name, "title": str(error), "on_disk": 0}


def _facts(data: Dataset) -> dict[str, object]:
    return {
        "title": data.info.title,
        "images": len(data.files) or None,
        "on_disk": sum((data.folder / f.image).is_file() for f in data.files),
        "licence": data.info.licence,
        "get_with": data.info.fetch or "",
        "folder": str(data.folder),
    }
