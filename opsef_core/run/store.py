"""The run folder: where things lie, what exists. Results are files under content keys, written atomically.

    run.yml           what was asked for (RunConfig)
    record.json       versions, device, machine, times
    cells/KEY.json    one result of the grid: status, seconds, memory, counts, reason
    labels/KEY.tif    its label image (int32, zlib)
    objects/KEY.csv   its per-object columns (score, class), if it has any
    fingerprints/KEY  checksum of an image's pixels, KEY the image's (to tell images a model was trained on)
    cells.csv, scores.csv, report.html, export/

Nothing in it holds an absolute path, so the folder can be moved.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from ..atomic import write_whole
from ..backslashes import windows_hint
from ..data import Act, Image, Labels
from ..errors import BadRunFolder, NothingToShow
from .config import RunConfig
from .written import FORMAT

SETTINGS, RECORD = "run.yml", "record.json"
NOTE = "opsef-core labels "  # before the JSON, or tifffile would take it for its own


class Store:
    """Reads and writes a run folder; it knows paths and formats, and nothing else."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()

    # --- the folder -------------------------------------------------------------------------------------------

    def open(self) -> Store:
        """Make the folder, or check that it is a run folder of this format.

        Raises:
            BadRunFolder: it holds something else, or a run of another format version.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise BadRunFolder(f"{self.folder} is a file; a run needs a folder of its own.")
        if self.folder.is_dir() and any(self.folder.iterdir()) and not (self.folder / SETTINGS).exists():
            raise BadRunFolder(f"The folder {self.folder} is not empty and holds no run; choose another one.")
        self._check_format()
        try:
            for part in ("cells", "labels", "objects", "fingerprints"):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadRunFolder(
                f"The run folder {self.folder} cannot be made: {error.strerror}. Choose a folder that you may write in."
            ) from None
        return self

    def _check_format(self) -> None:
        file = self.folder / SETTINGS
        if not file.exists():
            return
        try:
            found = yaml.safe_load(file.read_text(encoding="utf8"))["format"]
        except (yaml.YAMLError, TypeError, KeyError, UnicodeDecodeError):
            raise BadRunFolder(f"{file} is damaged: it does not say the format of the run folder.") from None
        if found != FORMAT:
            raise BadRunFolder(
                f"The run folder {self.folder} has format {found!r}, this version of opsef-core works with format "
                f"{FORMAT}. Choose a new folder, or open it with the version that made it."
            )

    def write_settings(self, config: RunConfig) -> None:
        """Keep what was asked for; a run that is opened again as it was is not written, so it may be read-only."""
        file, text = self.folder / SETTINGS, config.to_yaml().encode()
        if not file.exists() or file.read_bytes() != text:
            self.write(SETTINGS, text)

    def read_settings(self) -> RunConfig:
        """What was asked for.

        Raises:
            BadRunFolder: the folder holds no run.
        """
        if not (self.folder / SETTINGS).is_file():
            raise BadRunFolder(f"There is no run in {self.folder}: it has no {SETTINGS}.{windows_hint(self.folder)}")
        self._check_format()
        return RunConfig.load(self.folder / SETTINGS)

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Keep versions, device, machine, times."""
        self.write(RECORD, json.dumps(record, indent=1, default=str).encode())

    def read_record(self) -> dict[str, Any]:
        """Versions, device, machine, times of the last `go`; empty before the first."""
        file = self.folder / RECORD
        return dict(json.loads(file.read_text(encoding="utf8"))) if file.exists() else {}

    # --- results ----------------------------------------------------------------------------------------------

    def keys(self) -> set[str]:
        """Keys of all results, done and failed."""
        return {e.name[:-5] for e in os.scandir(self.folder / "cells") if e.name.endswith(".json")}

    def row(self, key: str) -> dict[str, Any] | None:
        """What is known of a result; None if there is none, or only a damaged file."""
        try:
            return dict(json.loads((self.folder / "cells" / f"{key}.json").read_bytes()))
        except (FileNotFoundError, ValueError):
            return None

    def put_row(self, key: str, row: Mapping[str, Any]) -> None:
        """Keep what is known of a result. Written last: a result without a row does not exist."""
        self.write(f"cells/{key}.json", json.dumps(row, default=str).encode())

    def has_labels(self, key: str) -> bool:
        """Whether a label image is there."""
        return (self.folder / "labels" / f"{key}.tif").exists()

    def put_labels(self, labels: Labels) -> None:
        """Keep a label image and its object table under its key."""
        import tifffile

        file = io.BytesIO()
        acts = [act.as_dict() for act in labels.history]
        about = NOTE + json.dumps({"axes": labels.axes, "history": acts}, default=str)
        packed = {"compression": "zlib", "compressionargs": {"level": 1}}
        tifffile.imwrite(file, labels.pixels, **packed, description=about, metadata=None)
        if len(labels.objects.columns):
            self.write(f"objects/{labels.key}.csv", labels.objects.to_csv().encode())
        self.write(f"labels/{labels.key}.tif", file.getvalue())

    def labels(self, key: str, image: Image) -> Labels:
        """The label image of a result.

        Raises:
            NothingToShow: there is none under this key.
        """
        import tifffile

        path = self.folder / "labels" / f"{key}.tif"
        if not path.exists():
            raise NothingToShow(f"There are no labels {key} in {self.folder}; run go() first.")
        with tifffile.TiffFile(path) as file:
            pixels = file.asarray()
            about = json.loads(file.pages.first.description.removeprefix(NOTE))
        table = self.folder / "objects" / f"{key}.csv"
        objects = pd.read_csv(table, index_col=0) if table.exists() else pd.DataFrame()
        return Labels(
            pixels=np.asarray(pixels).reshape([image.shape[a] for a in about["axes"]]),
            axes=about["axes"],
            name=image.name,
            spacing_um=image.spacing_um,
            source=image.source,
            history=tuple(Act.from_dict(act) for act in about["history"]),
            parent=image.parent,
            origin=image.origin,
            parent_shape=image.parent_shape,
            objects=objects,
        )

    def fingerprint(self, key: str) -> str | None:
        """The fingerprint of an image, by the image's key; None if it has not been computed yet."""
        try:
            return (self.folder / "fingerprints" / key).read_text(encoding="ascii") or None
        except (FileNotFoundError, ValueError):
            return None

    def put_fingerprint(self, key: str, fingerprint: str) -> None:
        """Keep the fingerprint of an image."""
        self.write(f"fingerprints/{key}", fingerprint.encode())

    def write_table(self, name: str, table: pd.DataFrame) -> Path:
        """Keep a table as csv."""
        return self.write(name, table.to_csv(index=False).encode())

    def write(self, name: str, content: bytes) -> Path:
        """Write a file of the run folder so that it is there whole or not at all.

        Raises:
            DiskFull, CannotWrite: no space left, or read-only; what was there before is untouched.
        """
        path = self.folder / name
        return write_whole(
            path,
            content,
            f"The disk is full: {path.name} could not be written to {path.parent}. All results so far are "
            "kept; make space and call go() again, it continues where it stopped.",
        )
