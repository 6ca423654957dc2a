"""Under which conditions a run was made: versions, machine, device, seed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterable
from typing import Any

from ..errors import OpsefError
from ..models import Segmenter

CORE = ("opsef-core", "numpy", "scipy", "scikit-image", "tifffile")
NETWORKS = ("torch", "cellpose", "stardist", "tensorflow")


def record_of(seed: int, device: str, models: Iterable[Segmenter]) -> dict[str, Any]:
    """Versions of what can decide a result, the machine, and whether a model ran on random weights."""
    models = list(models)
    wanted = [*CORE, *NETWORKS, *(m.library for m in models if m.library)]
    return {
        "python": sys.version.split()[0],
        "versions": {name: version for name in dict.fromkeys(wanted) if (version := _version(name))},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPU cores",
        "device": device,
        "device_name": _device_name(device),
        "seed": seed,
        "untrained": sorted({m.title for m in models if _untrained(m)}),
    }


def _untrained(segmenter: Segmenter) -> bool:
    """Whether a model runs on random weights; one whose weights are not here fails by itself, with its reason."""
    try:
        return bool(segmenter.untrained)
    except OpsefError:
        return False


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _device_name(device: str) -> str:
    if device.startswith("cuda"):
        import torch

        return str(torch.cuda.get_device_name(device))
    return platform.processor() or device
