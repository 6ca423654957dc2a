"""From what a user writes - a folder, a pattern, a file, a list of those - to image files, and a name for each."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..backslashes import windows_hint
from ..errors import UnreadableFile
from ._reader import in_turn

Where = str | Path | Iterable[str | Path]


def find(where: Where) -> list[Path]:
    """Image files, those of one entry in the natural order of their names (2 before 10), none twice.

    A folder stands for the image files directly in it; hidden files and files of other kinds do not count. In a
    pattern, capitals of the suffix do not matter, and ** stands for any depth. A file named in full always counts.

    Raises:
        UnreadableFile: no such file or folder, no image in a folder, nothing matches a pattern; and what is there.
    """
    found: dict[Path, Path] = {}
    for entry in listed(where):
        for path in _of(Path(entry).expanduser()):
            found.setdefault(path.resolve(), path)
    if not found:
        raise UnreadableFile("No images were asked for: the list of files is empty.")
    return list(found.values())


def listed(where: Where) -> list[str | Path]:
    """What was asked for, as a list.

    Raises:
        UnreadableFile: nothing that can name files.
    """
    if not isinstance(where, Iterable | Path):
        raise UnreadableFile(f"Images are given as a folder, a pattern, a file or a list of these, not as {where!r}.")
    return [where] if isinstance(where, str | Path) else list(where)


def names_for(paths: list[Path]) -> list[str]:
    """File names; those that occur more than once with the folders in which they differ."""
    counts = Counter(p.name for p in paths)
    names = []
    for path in paths:
        if counts[path.name] == 1:
            names.append(path.name)
            continue
        common = os.path.commonpath([p.absolute().parent for p in paths if p.name == path.name])
        names.append(path.absolute().relative_to(common).as_posix())
    return names


def natural(path: Path) -> tuple[list[tuple[bool, int, str]], str]:
    """Sorting key: numbers in a name by value, capitals beside small letters."""
    text = path.as_posix()
    parts = [p for p in re.split(r"(\d+)", text) if p]
    return [(not p.isdecimal(), int(p) if p.isdecimal() else 0, p.lower()) for p in parts], text


def _of(entry: Path) -> list[Path]:
    if not entry.exists() and glob.has_magic(str(entry)):
        return _matching(str(entry))
    if not entry.exists():
        said = windows_hint(str(entry)) or f" {_holds(_nearest(entry))}"
        raise UnreadableFile(f"There is no file or folder {entry}.{said}")
    if entry.is_file() or _image_folder(entry):
        return [entry]
    found = [p for p in entry.iterdir() if not p.name.startswith(".") and _image_name(p)]
    if not found:
        raise UnreadableFile(f"No image in the folder {entry}. {_holds(entry)} {_kinds()}")
    return sorted(found, key=natural)


def _matching(pattern: str) -> list[Path]:
    paths = [Path(p) for p in glob.glob(_any_case(pattern), recursive=True)]  # noqa: PTH207 - absolute patterns, too
    outside = [p for p in paths if not any(_image_folder(parent) for parent in p.parents)]
    found = [p for p in outside if _image_name(p)]
    if found:
        return sorted(found, key=natural)
    if paths:
        some = ", ".join(sorted(p.name for p in paths)[:5])
        raise UnreadableFile(f"Nothing that matches {pattern} is an image: {some}. {_kinds()}")
    fixed = Path(*Path(pattern).parts[: next(i for i, p in enumerate(Path(pattern).parts) if glob.has_magic(p))])
    raise UnreadableFile(f"Nothing matches {pattern}.{windows_hint(pattern) or ' ' + _holds(_nearest(fixed))}")


def _any_case(pattern: str) -> str:
    """The pattern with a suffix that matches capitals and small letters alike."""
    before, dot, suffix = pattern.rpartition(".")
    if not suffix.isalnum():
        return pattern
    return before + dot + "".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else c for c in suffix)


def _kinds() -> str:
    """Which files are images, in sentences."""
    suffixes = sorted({s for reader in in_turn() for s in reader.suffixes})
    return f"Images end in {', '.join(suffixes)}. For another format, install the bioio plug-in for it."


def _image_name(path: Path) -> bool:
    """Whether a path looks like an image by name alone."""
    return any(r.wrong_suffix(path) is None for r in in_turn()) or _image_folder(path)


def _image_folder(path: Path) -> bool:
    """Whether a folder is one image, by its name or by what lies in it."""
    return path.is_dir() and any(r.refusal(path) is None for r in in_turn() if r.folders)


def _nearest(path: Path) -> Path:
    """A path or the nearest folder above it, whichever is a folder."""
    return next(p for p in (path, *path.parents) if p.is_dir())


def _holds(folder: Path) -> str:
    """What a folder holds, in a sentence: "The folder x holds 3 .csv and 1 .txt, and the folders a, b."."""
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    files = Counter(p.suffix.lower() or "files without a suffix" for p in entries if not p.is_dir())
    inner = [p.name for p in entries if p.is_dir()]
    parts = [f"{n} {suffix}" for suffix, n in sorted(files.items())]
    if inner:
        parts.append(f"the folders {', '.join(inner[:5])}{' ...' if len(inner) > 5 else ''}")
    return f"The folder {folder} holds {', '.join(parts) or 'nothing'}."
