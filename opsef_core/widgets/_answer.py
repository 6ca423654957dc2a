"""An answer to the browser: a plain dictionary, and how it travels."""

from __future__ import annotations

from typing import Any

Answer = dict[str, Any]  # values that are bytes travel as buffers


def split(answer: Answer) -> tuple[dict[str, Any], list[bytes]]:
    """An answer as a message: what is not bytes, with the names of what is under `buffers`; and the bytes."""
    large = {name: value for name, value in answer.items() if isinstance(value, bytes)}
    small = {name: value for name, value in answer.items() if not isinstance(value, bytes)}
    return small | {"buffers": list(large)}, list(large.values())
