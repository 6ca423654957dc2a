"""Where downloads are kept, and whether anything may be downloaded at all.

OPSEF_CACHE    folder of everything that is downloaded (~/.cache/opsef)
OPSEF_DATA     folder of data sets that were fetched or made (`data` in the cache folder)
OPSEF_OFFLINE  set to 1 (or `--offline` behind a command): nothing is downloaded; what is missing is an error at once
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

OFFLINE = "OPSEF_OFFLINE"
CACHE = "OPSEF_CACHE"
DATA = "OPSEF_DATA"


def cache_folder() -> Path:
    """Folder of everything that is downloaded; it may not exist yet."""
    named = os.environ.get(CACHE)
    return (Path(named).expanduser() if named else Path.home() / ".cache" / "opsef").absolute()


def data_folder() -> Path:
    """Where fetched data sets lie, a folder each: environment variable OPSEF_DATA, or `data` in the cache folder."""
    named = os.environ.get(DATA)
    return Path(named).expanduser() if named else cache_folder() / "data"


def offline() -> bool:
    """Whether nothing may be downloaded."""
    return os.environ.get(OFFLINE, "").strip().lower() not in ("", "0", "no", "false")


@contextlib.contextmanager
def staying_offline(stay: bool = True) -> Iterator[None]:
    """Download nothing inside this block, also in processes started from it; with `stay` false nothing changes."""
    before = os.environ.get(OFFLINE)
    if stay:
        os.environ[OFFLINE] = "1"
    try:
        yield
    finally:
        if stay:
            os.environ.pop(OFFLINE)
            if before is not None:
                os.environ[OFFLINE] = before
