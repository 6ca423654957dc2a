"""Pair lists as AnnotatorJ writes them, read whatever machine wrote them: an image and its label images a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import UnreadableFile
from ._folder import inside

MOST_BYTES = 2**26
MARKER = re.compile(r"_MaskClass(\d\d)")  # of the class in a file name; the column says nothing


@dataclass(frozen=True)
class Listed:
    """One line.

    Attributes:
        image: the image, relative to the folder, with forward slashes.
        masks: its label images, the same way; none for an image without a class.
    """

    image: str
    masks: tuple[str, ...]


def read_list(folder: Path, name: str) -> tuple[list[Listed], list[str]]:
    """The lines of a list, and what could not be used of them; LF or CRLF, either separator, leading or not.

    Args:
        folder: the root; paths that leave it are left out.
        name: of the list, relative to the folder.

    Raises:
        UnreadableFile: it is no text, or larger than any such list.
    """
    path = folder / name
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableFile(f"{path} is larger than {MOST_BYTES >> 20} MB; it is no list of images.")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    if b"\0" in content:
        raise UnreadableFile(f"{path} is no text; it may be damaged. Export anew from AnnotatorJ.")
    lines, problems = [], []
    for number, text in enumerate(content.decode("utf-8-sig", errors="replace").splitlines(), start=1):
        parts = [part.strip() for part in text.split(";")]
        paths = [plain(part) for part in parts if part]
        if not paths or parts[0].lower() == "root":
            continue
        if away := [p for p in paths if not inside(folder, p)]:
            problems.append(f"{name}, line {number}: {away[0][:80]!r} lies outside of the folder; it is not read.")
        if paths[0] not in away:
            lines.append(Listed(paths[0], tuple(p for p in paths[1:] if p not in away)))
    return lines, problems


def plain(path: str) -> str:
    """A path with forward slashes and no slash in front."""
    return re.sub(r"/+", "/", path.replace("\\", "/")).lstrip("/")


def class_number(file: str) -> int | None:
    """The class in the name of a label image; None without one."""
    found = MARKER.findall(file.rsplit("/", 1)[-1])
    return int(found[-1]) if found else None


def unclassed(name: str) -> str:
    """A file name without its class: the same for the label image and all its classes."""
    number = class_number(name)
    marked = name if number is None else name.replace(f"_MaskClass{number:02d}", "_Mask")
    return marked.replace("_Mask_", "_").replace("_Mask", "_").casefold()
