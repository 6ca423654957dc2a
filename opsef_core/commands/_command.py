"""What a group of commands is given to add its commands with."""

from __future__ import annotations

import argparse
from typing import Protocol


class Command(Protocol):
    """Adds a command: its name, the function that does it, and what it does in words."""

    def __call__(self, name: str, function: object, text: str) -> argparse.ArgumentParser: ...
