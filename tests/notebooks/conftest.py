"""Tests import lab and toy_run by name."""

import sys
from pathlib import Path

import pytest
import toy
from level_family import level, pictures  # noqa: F401
from perfect_painter import new, no_pictures, old, painter  # noqa: F401

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def pairs():
    """Two images, of one and of two objects, with their truth."""
    return [toy.one_disc(), toy.touching_discs()]
