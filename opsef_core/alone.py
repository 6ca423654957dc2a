"""One process at a time: a file that the system locks, and lets go whatever becomes of the process."""

from __future__ import annotations

import contextlib
import errno
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .errors import BadRunFolder

log = logging.getLogger(__name__)
BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@contextlib.contextmanager
def alone(file: Path, taken: str) -> Iterator[None]:
    """Hold a file while the block runs, so that no other process, and no other notebook, does the same.

    A process that is killed holds nothing: the system opens the lock. Where a file system knows no locks, nobody is
    held off, and the log says so.

    Args:
        file: made if it does not exist; what is in it does not matter.
        taken: what to say if somebody else holds it.

    Raises:
        BadRunFolder: somebody else holds it, or the file cannot be written.
    """
    try:
        held = file.open("a+b")
    except OSError as error:
        raise BadRunFolder(f"{file} cannot be written: {error.strerror or error}.") from None
    with held:
        try:
            _lock(held)
        except OSError as error:
            if error.errno in BUSY:
                raise BadRunFolder(taken) from None
            log.warning("%s cannot be locked (%s); nobody is held off.", file, error.strerror)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                _unlock(held)  # also where a process begun meanwhile still has the file open


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(2**20)  # what is locked cannot be read there, so it lies behind the end
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _unlock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(2**20)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)
