"""Files that are there whole or not at all, and their folders; what keeps them from being written is told in words."""

from __future__ import annotations

import contextlib
import errno
import secrets
from pathlib import Path

from .errors import CannotWrite, DiskFull


def write_whole(path: Path, content: bytes, if_full: str = "") -> Path:
    """Write a file beside its place and move it there; what was there before stays until then.

    Args:
        path: of the file; its folder must exist.
        content: all of it.
        if_full: what to tell the user when no space is left.

    Raises:
        DiskFull: no space left; nothing half-written stays.
        CannotWrite: the folder is read-only or does not exist, or a program keeps the file open.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise _in_words(path, error, if_full) from None
    return path


def make_folder(folder: Path) -> Path:
    """Make a folder, and those above it, if they do not exist.

    Raises:
        DiskFull: no space left.
        CannotWrite: it cannot be made there, or is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _in_words(folder, error) from None
    return folder


def _in_words(path: Path, error: OSError, if_full: str = "") -> CannotWrite:
    """What to tell the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(if_full or f"{path} could not be written: the disk is full. Make room and try again.")
    open_elsewhere = isinstance(error, PermissionError) and path.is_file()  # Windows keeps what a program shows
    close = " If a program shows this file, close it there." if open_elsewhere else ""
    return CannotWrite(
        f"{path} cannot be written: {error.strerror or error}.{close} Choose a folder that exists and that you may "
        "write in (in a notebook: run_folder)."
    )
