"""One process at a time: a file that the system locks, and lets go whatever becomes of the process."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .errors import BadRunFolder

log = logging.getLogger(__name__)
WORKING = ".working"  # in a folder in which one process at a time computes
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
        raise BadRunFolder(
            f"{file} cannot be written: {error.strerror or error}. Choose a folder that you may write in."
        ) from None
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


@contextlib.contextmanager
def working(folder: Path) -> Iterator[None]:
    """Compute in a folder while the block runs; others may read what is there, and are told who works if they try to.

    Args:
        folder: must exist; a file `.working` in it says who was the last, and stays.

    Raises:
        BadRunFolder: somebody else computes there, or the folder cannot be written.
    """
    file = folder / WORKING
    try:
        who = f" ({file.read_text(encoding='utf8')})"
    except (OSError, UnicodeDecodeError):
        who = ""
    taken = (
        f"Another notebook or program computes in {folder} now{who}. Wait until it is done and do this again; what it "
        "has computed is not computed twice. Or give another folder (in a notebook: run_folder), or stop the other "
        "one: in Jupyter, Kernel > Shut Down."
    )
    with alone(file, taken):
        with contextlib.suppress(OSError):
            file.write_text(f"process {os.getpid()} on {platform.node()}, since {time.strftime('%d %b %H:%M')}", "utf8")
        yield


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
