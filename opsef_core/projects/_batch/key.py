"""The key of a data set in a batch: equal where nothing that decides its results has changed."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any

from ...data import digest
from ...errors import OpsefError
from ...ingest import Dataset, ImageSet
from ...models import Segmenter
from ...run import RunConfig, data_of


def key_of(config: RunConfig, notebook: bytes) -> str:
    """Short hash of images, truth, pipeline, weights, notebook and version of the package.

    Images count as in the keys of a run: by content and by how they are read, not by name or place. The device does not
    count. Files are read for their checksums.

    Args:
        config: the pipeline with this data set in place.
        notebook: the file.

    Raises:
        OpsefError: the data cannot be opened, or a name of the pipeline is not known.
    """
    data = data_of(config)
    sweep = config.model_dump(mode="json", exclude={"dataset", "images", "device"})
    return digest(
        [(item.name, item.key) for item in data.images],
        _annotations(data),
        sweep,
        [r.as_list() for r in config.made_recipes()],
        [_weights(m) for m in config.made_models()],
        hashlib.sha256(notebook).hexdigest(),
        importlib.metadata.version("opsef-core"),
    )


def _annotations(data: Dataset | ImageSet) -> list[Any]:
    """Of each image of a data set: checksum of its truth, and what else is known about it."""
    if isinstance(data, ImageSet):
        return []
    return [(f.image, _checksum(data.folder / f.truth) if f.truth else None, f.columns) for f in data.files]


def _checksum(path: Path) -> str:
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _weights(model: Segmenter) -> dict[str, Any]:
    """What a model does, by parameters, versions and weights; a model without its weights fails by itself."""
    try:
        return model.act.as_dict()
    except OpsefError:
        return {"name": model.name, "weights": "missing"}
