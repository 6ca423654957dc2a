"""Read one file: find its reader, and make an `Image` of each of its scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..backslashes import windows_hint
from ..data import Act, Image
from ..errors import BadParameter, OpsefError, UnknownName, UnreadableFile
from ._checksum import checksum
from ._reader import Reader, Scene, in_turn
from ._scene_to_image import to_image, unique
from ._stored import Load, Slices, reason

Check = Callable[[], object]


def read(path: str | Path, scene: int | str | None = None, **options: Any) -> list[Image]:
    """Every image in a file: pixels (still on disk), axes, pixel size in micrometres, channel names.

    Axes are letters of TCZYX in this order; T, C and Z only where there is more than one position. Colour samples
    become channels ("red", "green", "blue"); alpha is dropped. What the file does not tell stays unknown.

    Args:
        path: of a file, or of an OME-Zarr folder.
        scene: index or name of the one image to read; None for all.
        **options: `axes`: one letter for each dimension as stored, where the file does not tell or is wrong,
            for example "TYX" for a plain TIFF whose pages are time points ("S" for colour samples).

    Returns:
        Images named `file` or, if there is more than one, `file/scene`.

    Raises:
        UnreadableFile: no such file, no reader for it, broken, empty; with the reason.
        MissingPackage: the format needs a package that is not installed.
        UnknownName, BadParameter: no such scene or option, or axes that do not fit.
    """
    axes = options.pop("axes", None)
    for unknown in options:
        raise UnknownName("option of read", unknown, ["axes", "scene"])
    return open_file(Path(path)).images(scene=scene, axes=axes)


@dataclass(frozen=True)
class OpenedFile:
    """A file whose header was read.

    Attributes:
        path: of the file.
        reader: who read it.
        scenes: its images, each with a name of its own.
    """

    path: Path
    reader: Reader
    scenes: list[Scene]

    @property
    def files(self) -> list[Path]:
        """All files it is made of: itself, or the whole of a set of files that belong together."""
        return sorted({f for s in self.scenes for f in s.files}) or [self.path]

    def guarded(self, check: Check) -> OpenedFile:
        """The same file, its pixels handed out only after `check` (picklable) was called and raised nothing."""
        return replace(self, scenes=[replace(s, load=partial(_load_after, check, s.load)) for s in self.scenes])

    def images(self, name: str | None = None, scene: int | str | None = None, axes: str | None = None) -> list[Image]:
        """An `Image` of each scene, or of the one asked for; see `read`. `name` stands in for the file's name."""
        name = name or self.path.name
        source = checksum(self.files)
        several = len(self.scenes) > 1
        made = []
        for one in self._chosen(scene):
            told = {"axes": axes} if axes else {}
            act = Act("read", self.reader.name, {"scene": one.name if several else None, **told}, self.reader.version)
            made.append(to_image(one, self.path.name, f"{name}/{one.name}" if several else name, source, act, axes))
        return made

    def _chosen(self, wanted: int | str | None) -> list[Scene]:
        if wanted is None:
            return self.scenes
        if isinstance(wanted, str):
            found = [s for s in self.scenes if s.name == wanted]
            if not found:
                raise UnknownName(f"scene in {self.path.name}", wanted, [s.name for s in self.scenes])
            return found
        if isinstance(wanted, bool) or not 0 <= wanted < len(self.scenes):
            count = f"{len(self.scenes)} scene{'s' * (len(self.scenes) > 1)}, counted from 0"
            raise BadParameter(f"{self.path.name} has {count}: there is no scene {wanted!r}.")
        return [self.scenes[wanted]]


def _load_after(check: Check, load: Load, slices: Slices) -> NDArray[Any]:
    check()
    return load(slices)


def open_file(path: Path) -> OpenedFile:
    """Read the header of a file.

    Raises:
        UnreadableFile, MissingPackage: as `read`.
    """
    reader = reader_of(path)
    try:
        scenes = reader.scenes(path)
    except OpsefError:
        raise
    except MemoryError as error:
        raise UnreadableFile(f"{path.name} has a broken header: it asks for more memory than there is.") from error
    except Exception as error:  # whatever a library says about a broken file
        raise UnreadableFile(f"{path.name} cannot be read as {reader.name}: {reason(error)}") from error
    if not scenes:
        raise UnreadableFile(f"{path.name} cannot be read: it is a {reader.name} file without an image in it.")
    names = unique([_clean(s.name) or str(i) for i, s in enumerate(scenes)])
    return OpenedFile(path, reader, [replace(s, name=n) for s, n in zip(scenes, names, strict=True)])


def reader_of(path: Path) -> Reader:
    """The reader for a file.

    Raises:
        UnreadableFile: no such file, an empty one, or none that reads it: then each reader says why not.
        MissingPackage: its format needs a package that is not installed.
    """
    if not path.exists():
        raise UnreadableFile(f"There is no file {path}.{_beside(path)}")
    if path.is_file() and path.stat().st_size == 0:
        raise UnreadableFile(f"{path.name} cannot be read: the file is empty (0 bytes).")
    reasons: dict[Reader, str] = {}
    for reader in in_turn():
        why = reader.refusal(path)
        if why is None:
            for need in reader.needs:
                need.check(f"Reading {path.name}")
            return reader
        reasons[reader] = why
    near = [reader for reader in reasons if reader.wrong_suffix(path) is None]
    shown = near or list(reasons)  # with a suffix that is known, only its reader has anything to say
    raise UnreadableFile(f"{path.name} cannot be read. " + " ".join(f"{r.name}: {reasons[r]}." for r in shown))


def _beside(path: Path) -> str:
    folder = path.parent
    if hint := windows_hint(path):
        return hint
    if not folder.is_dir():
        return f" The folder {folder} does not exist, either."
    names = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    return f" In its folder: {', '.join(names[:5]) or 'nothing'}{' ...' if len(names) > 5 else ''}."


def _clean(name: str) -> str:
    """A scene's name without what would make it a path: it comes from a file and is not trusted."""
    kept = "".join("_" if c in "/\\:" or not c.isprintable() else c for c in name).strip(" .")
    return kept[:100]
