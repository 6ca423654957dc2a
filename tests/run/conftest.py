import sys
from pathlib import Path

import pytest
from level_family import level, picky, pictures  # noqa: F401
from perfect_painter import new, no_pictures, old, painter  # noqa: F401
from tiny_networks import cellpose_file, stardist_folder  # noqa: F401

sys.path.insert(0, str(Path(__file__).parent))

import fakes
import toy


@pytest.fixture
def pairs():
    return [toy.one_disc(), toy.touching_discs(), toy.empty()]


@pytest.fixture
def network_runs():
    """How often the network of the model `bright` ran since the test began."""
    fakes.Bright.runs.clear()
    return fakes.Bright.runs
