"""Checksum of what an image is read from: its content, never its name or date."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path


def checksum(paths: Iterable[Path]) -> str:
    """Checksum (blake2b, 32 hexadecimal digits) of files and folders, streamed.

    A folder counts with the relative paths and contents of all files in it, whatever the order on disk.
    """
    h = hashlib.blake2b(digest_size=16)
    for path in paths:
        if path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                relative = file.relative_to(path).as_posix().encode()
                h.update(b"%d:%s:%d:" % (len(relative), relative, file.stat().st_size))
                _add(h, file)
        else:
            _add(h, path)
    return h.hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file, as data sets and cards write it; read again only when the file was touched."""
    status = path.stat()
    return _sha256(path.absolute(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=2**16)
def _sha256(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add(h: hashlib.blake2b, path: Path) -> None:
    with path.open("rb") as file:
        while block := file.read(2**20):
            h.update(block)
