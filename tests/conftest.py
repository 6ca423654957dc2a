"""Fixtures for all tests. Larger real images are used where they are at hand; their tests skip elsewhere."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent))  # tests import toy by name

# On a machine that judges a change the same cases are tried each time: what is new there is the change.
settings.register_profile("the same each time", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("the same each time")

ROOT = Path(__file__).parents[1]
REAL_DATA = Path(os.environ.get("OPSEF_TEST_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def root():
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def real_data():
    """Folder of real test images that are not shipped (OPSEF_TEST_DATA); skips where there is none."""
    if not REAL_DATA.is_dir():
        pytest.skip("the larger real test images are not here; set OPSEF_TEST_DATA to their folder")
    return REAL_DATA


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path_factory):
    """No test reads or writes the user's downloads, or depends on their settings."""
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    for name in ("OPSEF_WEIGHTS", "OPSEF_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
