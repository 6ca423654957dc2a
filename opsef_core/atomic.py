"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import secrets
from pathlib import Path

from .errors import DiskFull


def write_whole(path: Path, content: bytes, if_full: str = "") -> Path:
    """Write a file beside its place and move it there; what was there before stays until then.

    Args:
        path: of the file; its folder must exist.
        content: all of it.
        if_full: what to tell the user when no space is left.

    Raises:
        DiskFull: no space left; nothing half-written stays.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                if_full or f"{path} could not be written: the disk is full. Make room and try again."
            ) from None
        raise
    return path
