"""Where downloads are kept, and whether there may be any."""

import os
from pathlib import Path

import pytest

from opsef_core.places import cache_folder, offline, staying_offline


def test_the_cache_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("OPSEF_CACHE", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"
    for unset in ("", None):
        monkeypatch.setenv("OPSEF_CACHE", unset) if unset == "" else monkeypatch.delenv("OPSEF_CACHE")
        assert cache_folder() == Path.home() / ".cache" / "opsef"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("1", True), ("yes", True), ("True", True), ("0", False), ("", False), ("no", False), (" False ", False)],
)
def test_offline_is_said_by_the_environment(monkeypatch, said, meant):
    assert not offline()
    monkeypatch.setenv("OPSEF_OFFLINE", said)
    assert offline() == meant


def test_offline_for_a_while(monkeypatch):
    with staying_offline():
        assert offline()
        assert os.environ["OPSEF_OFFLINE"] == "1"  # what processes inherit
        with staying_offline(False):
            assert offline()
    assert "OPSEF_OFFLINE" not in os.environ
    monkeypatch.setenv("OPSEF_OFFLINE", "yes")
    with staying_offline():
        pass
    assert os.environ["OPSEF_OFFLINE"] == "yes"
