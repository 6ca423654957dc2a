"""What was done, and the short hash that names results after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


def digest(*parts: Any, length: int = 16) -> str:
    """Short hexadecimal hash of JSON-able values and arrays, the same on every machine."""
    h = hashlib.blake2b(digest_size=length // 2)
    for part in parts:
        if isinstance(part, np.ndarray):
            h.update(f"{part.dtype.str}{part.shape}".encode())
            h.update(np.ascontiguousarray(part).data)
        else:
            h.update(json.dumps(part, sort_keys=True, default=str).encode())
        h.update(b"\x00")
    return h.hexdigest()


@dataclass(frozen=True)
class Act:
    """One thing that was done to an image or its labels.

    Attributes:
        kind: "read", "tile", "project", "step", "model", "pass", "hand", ...
        name: of the step, model, pass.
        parameters: JSON-able values, all of them, defaults included.
        version: of whatever did it; another version is another result.
        weights: checksum of the model's weights, if it has any.
    """

    kind: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    version: str = "1"
    weights: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The act as JSON-able values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "parameters": dict(self.parameters),
            "version": self.version,
            "weights": self.weights,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Act:
        """The act that `as_dict` wrote."""
        return cls(**values)


History = tuple[Act, ...]
