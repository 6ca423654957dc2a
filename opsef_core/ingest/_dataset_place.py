"""Where the files of a data set lie, whether they are there, and whether they are the right ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..errors import BadConfig, UnreadableFile
from ._checksum import sha256
from ._dataset_file import FILE, DatasetFile, DatasetInfo

_SHOWN = 5


def check_links(home: Path, files: Iterable[DatasetFile]) -> None:
    """Check that no link leads out of a data set whose files lie beside its dataset.yml: somebody else made it.

    Raises:
        BadConfig: a file that is such a link.
    """
    inside = home.resolve()
    for part in (p for f in files for p in (f.image, f.truth) if p):
        if not (home / part).resolve().is_relative_to(inside):
            raise BadConfig(f"{home / FILE}: {part} is a link that leaves the folder of the data set.")


def check_there(folder: Path, name: str, files: Sequence[str], advice: str) -> None:
    """Check that files are there.

    Args:
        folder: where they should be.
        name: of the data set, for the error.
        files: relative paths.
        advice: what the user can do about it.

    Raises:
        UnreadableFile: some are not, or it is not even known which they are.
    """
    missing = [f for f in files if not (folder / f).exists()]
    if files and not missing:
        return
    if len(missing) == len(files) != 1:
        raise UnreadableFile(f"The images of the data set {name} are not in {folder}. {advice}")
    raise UnreadableFile(f"Files of the data set {name} are missing in {folder}: {_some(missing)}. {advice}")


def check_content(folder: Path, name: str, file: str, wanted: str | None, advice: str) -> None:
    """Check that a file is the one that is described. It is read again only when it was touched.

    Raises:
        UnreadableFile: it is gone, or has another content.
    """
    check_there(folder, name, [file], advice)
    if wanted is not None and sha256(folder / file) != wanted:
        raise UnreadableFile(
            f"{file} of the data set {name} in {folder} has changed: its sha256 is not the one in its description. "
            f"{advice}"
        )


def advice_for(home: Path, info: DatasetInfo, name: str) -> str:
    """What to do about files that are missing or wrong."""
    if info.fetch is None:
        return f"Get these files again, or correct {FILE} if the change was meant."
    script = home / info.fetch
    shown = script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script
    return f"Get them: python {shown}. If you have them elsewhere, say where: dataset({name!r}, folder=...)."


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
