"""JSON files from outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import UnreadableFile

MOST_BYTES = 2**31


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        UnreadableFile: it does not exist, is no JSON, or is too large.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES >> 30} GB")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UnreadableFile(f"{path} does not exist.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableFile(f"{path} cannot be read as JSON: {error}") from None


def as_map(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A JSON list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def as_id(value: Any) -> int | None:
    """A whole number, also as text or real number; None for anything else."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value) if abs(value) < 2**63 else None
