"""What a process that runs a notebook is told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Task:
    """A notebook to run.

    Attributes:
        notebook: the file to begin with.
        folder: of the data set in the batch folder.
        parameters: for the notebook.
        record: what is known of the data set before; see `docs/file-formats.md`.
    """

    notebook: str
    folder: str
    parameters: dict[str, Any]
    record: dict[str, Any]

    @property
    def place(self) -> Path:
        """Its folder."""
        return Path(self.folder)

    def line(self) -> bytes:
        """The task as a line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Task:
        """The task a line tells."""
        return cls(**json.loads(line))
