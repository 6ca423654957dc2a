"""Fixtures of this room."""

import importlib
from types import SimpleNamespace

import pytest

from opsef_core.ingest import other


def plug_in(name):
    """A bioio plug-in by the name of its package, as bioio lists it; imported when its reader is asked for."""
    module = name.replace("-", "_")
    return SimpleNamespace(
        entrypoint=SimpleNamespace(name=name),
        metadata=SimpleNamespace(get_reader=lambda: importlib.import_module(module).Reader),
    )


@pytest.fixture(autouse=True)
def bioio_plugins(request, monkeypatch):
    """Which plug-ins of bioio there are does not depend on the machine: one. Tests that ask bioio have their own."""
    monkeypatch.setattr(other, "_plugins", lambda: {".lsm": [plug_in("bioio-tifffile")]})
