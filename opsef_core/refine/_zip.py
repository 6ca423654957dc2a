"""Zip files from outside, read with limits; nothing in them is ever unpacked to disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..errors import UnreadableFile

MOST_FILES = 200_000
MOST_BYTES = 2**29  # unpacked, of all files together
MOST_BYTES_EACH = 2**26


def members(path: Path, ending: str) -> Iterator[tuple[str, bytes | None]]:
    """Name without folders and ending, and content (None: cannot be read) of each file with this ending, in order.

    Raises:
        UnreadableFile: no zip file, or one that would unpack to far more than any person draws.
    """
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UnreadableFile(f"{path} does not exist.") from None
    except Exception as error:  # a broken directory raises whatever it led to
        raise UnreadableFile(
            f"{path} cannot be read as a zip file ({error}); it may be cut off. Save it anew."
        ) from None
    with archive:
        infos = [info for info in archive.infolist() if info.filename.lower().endswith(ending)]
        if len(infos) > MOST_FILES:
            raise UnreadableFile(f"{path} holds {len(infos)} files; more than {MOST_FILES} are not read.")
        left = MOST_BYTES
        for info in infos:
            content = _content(archive, info, min(left, MOST_BYTES_EACH))
            if content is not None and len(content) > min(left, MOST_BYTES_EACH):
                raise UnreadableFile(
                    f"{path} would unpack to more than {MOST_BYTES >> 20} MB, or {info.filename[:80]!r} in it to more "
                    f"than {MOST_BYTES_EACH >> 20} MB; it is no set of outlines that a person drew."
                )
            left -= len(content or b"")
            yield PurePosixPath(info.filename.replace("\\", "/")).name[: -len(ending)], content


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes | None:
    """The first bytes of a file, one more than allowed if there are too many; None if it is broken or locked."""
    try:
        with archive.open(info) as file:
            return file.read(most + 1)
    except Exception:  # checksums, unknown compression, passwords, offsets that lead nowhere
        return None
