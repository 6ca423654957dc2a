"""Many files at once: an image set, in which a file that cannot be read has its place and its reason."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..data import Image, Unreadable
from ..errors import BadParameter, OpsefError, UnknownName
from ..registry import explain
from ._bin import bin_pixels
from ._channel import choose_channel
from ._checksum import checksum
from ._find import Where, find, listed, names_for
from ._nan import replace_nan
from ._project import PROJECTIONS, project
from ._read import Check, OpenedFile, open_file
from ._substack import substack
from ._tile import tile

log = logging.getLogger(__name__)

Item = Image | Unreadable
SHOWN = 10


class ImageSet(Sequence[Item]):
    """Images in a fixed order, and the files among them that could not be read.

    Attributes:
        description: what to give to `images` to get the same set again: {"where": [...], option: value, ...}.
    """

    truth = None  # an image set has none; a data set may

    def __init__(self, items: Iterable[Item], description: Mapping[str, Any] | None = None) -> None:
        self._items = tuple(items)
        self.description: dict[str, Any] = dict(description or {})

    @property
    def images(self) -> ImageSet:
        """Itself, as what a run takes: every file has its row there, the unreadable ones with their reason."""
        return self

    @property
    def readable(self) -> list[Image]:
        """Only the images."""
        return [i for i in self._items if isinstance(i, Image)]

    @property
    def failed(self) -> list[Unreadable]:
        """Only the files that could not be read."""
        return [i for i in self._items if isinstance(i, Unreadable)]

    @property
    def table(self) -> pd.DataFrame:
        """What the files say, one row an image: index = its name; nothing is read for it but what is known already.

        Columns: `axes`; `size` along them; `type` of a pixel; `channels` and `spacing_um` (empty where the file does
        not tell); `unread`, whether the pixels are still on disk; `problem`, why a file could not be read, else empty.
        """
        rows = [_told(i) if isinstance(i, Image) else {"problem": i.reason} for i in self]
        columns = ["axes", "size", "type", "channels", "spacing_um", "unread", "problem"]
        names = pd.Index([i.name for i in self], name="image")
        return pd.DataFrame(rows, index=names, columns=columns).astype(object).fillna("")

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> ImageSet: ...
    def __getitem__(self, index: int | slice) -> Item | ImageSet:
        if not isinstance(index, slice):
            return self._items[index]
        kept = self._items[index]
        return ImageSet(kept, self.description if kept == self._items else None)  # some of them are another set

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __repr__(self) -> str:
        n, bad = len(self.readable), self.failed
        head = f"ImageSet: {n} image{'s' * (n != 1)}" + (f", {len(bad)} unreadable" if bad else "")
        lines = [f"  {image!r}" for image in self.readable[:SHOWN]] + (["  ..."] if n > SHOWN else [])
        lines += [f"  unreadable: {u.name}: {u.reason}" for u in bad[:SHOWN]] + (["  ..."] if len(bad) > SHOWN else [])
        return "\n".join([head, *lines])


def _told(image: Image) -> dict[str, Any]:
    """What a file says about its image."""
    return {
        "axes": image.axes,
        "size": " x ".join(map(str, image.shape.values())),
        "type": str(image.pixels.dtype),
        "channels": ", ".join(image.channels),
        "spacing_um": ", ".join(f"{axis} {value:g}" for axis, value in image.spacing_um.items()),
        "unread": image.lazy,
    }


@dataclass(frozen=True)
class Wanted:
    """A file to read.

    Attributes:
        path: of the file.
        name: for its images.
        check: called before its pixels are handed out (it can be pickled); raises if it is not the right file.
    """

    path: Path
    name: str
    check: Check | None = None


class _Options(BaseModel):
    """How images are read; see `images`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scene: int | str | None = None
    axes: str | None = None
    t: int | None = None
    z: int | tuple[int, int] | None = None
    channel: int | str | tuple[int | str, ...] | None = None
    project: str | None = None
    replace_nan: float | None = Field(None, allow_inf_nan=False)
    bin: int | tuple[int, ...] | dict[str, int] = 1
    tile_px: int | tuple[int, ...] | None = None
    overlap: int | tuple[int, ...] = 0


def images(
    where: Where,
    *,
    tile: int | Sequence[int] | None = None,
    tile_px: int | Sequence[int] | None = None,
    overlap: int | Sequence[int] = 0,
    channel: int | str | Sequence[int | str] | None = None,
    project: str | None = None,
    z: int | Sequence[int] | None = None,
    t: int | None = None,
    scene: int | str | None = None,
    bin: int | Sequence[int] | Mapping[str, int] = 1,
    axes: str | None = None,
    replace_nan: float | None = None,
    **unknown: Any,
) -> ImageSet:
    """Read a folder, a pattern, a file, or a list: `images("my_folder/*.tif", tile=512, overlap=64)`.

    Files come in the natural order of their names. Nothing but headers and checksums is read before pixels are used.
    A file that cannot be read becomes an `Unreadable` with the reason. What is done to an image is done in the order
    scene, t, z, channel, project, replace_nan, bin, tile, and stands in its history.

    Args:
        where: files; see `find` for patterns and folders.
        tile: size of tiles in pixels, one number or (y, x) or (z, y, x); None for whole images.
        tile_px: the same.
        overlap: pixels that neighbouring tiles share; the diameter of the largest object.
        channel: one channel by name or index, or several.
        project: "max", "mean", "median" or "sum" along Z.
        z: a plane, or (first, one after the last).
        t: a time point.
        scene: one image of a file that has several, by index or name; None for all.
        bin: pixels to average along Y and X.
        axes: one letter for each dimension as stored, where files do not tell; see `read`.
        replace_nan: a number to put where pixels are NaN or infinite.
        **unknown: none; another name gives an error that offers the nearest.

    Raises:
        UnreadableFile: nothing there to read.
        UnknownName, BadParameter: an option that does not exist, or a value that no file allows.
    """
    given = {"channel": channel, "project": project, "z": z, "t": t, "scene": scene, "bin": bin, "axes": axes}
    more = {"tile": tile, "tile_px": tile_px, "overlap": overlap, "replace_nan": replace_nan, **unknown}
    options = _checked({**given, **more})
    entries = listed(where)
    paths = find(entries)
    wanted = [Wanted(path, name) for path, name in zip(paths, names_for(paths), strict=True)]
    return _read_all(wanted, options, {"where": [str(e) for e in entries]})


def images_of(wanted: Iterable[Wanted], options: Mapping[str, Any], description: Mapping[str, Any]) -> ImageSet:
    """Read files that somebody has found and named; see `images` for the options.

    Args:
        wanted: the files, in order.
        options: how to read them.
        description: where they come from; the options are added.

    Raises:
        UnknownName, BadParameter: as `images`.
    """
    return _read_all(list(wanted), _checked(options), description)


def _checked(given: Mapping[str, Any]) -> _Options:
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    if values.get("tile") is not None and values.get("tile_px") is not None:
        raise BadParameter("tile and tile_px are the same; give one of them.")
    size = values.pop("tile", None)
    if size is not None:
        values["tile_px"] = size
    try:
        options = _Options(**values)
    except ValidationError as error:
        raise BadParameter(explain("images", _Options, error)) from None
    if options.project is not None and options.project not in PROJECTIONS:
        raise UnknownName("projection", options.project, PROJECTIONS)
    if options.overlap != 0 and options.tile_px is None:
        raise BadParameter(f"overlap={options.overlap} is for tiles; give their size, too: tile=512.")
    return options


def _changed(options: _Options) -> dict[str, Any]:
    return options.model_dump(mode="json", exclude_defaults=True)


def _read_all(wanted: list[Wanted], options: _Options, description: Mapping[str, Any]) -> ImageSet:
    """Every file once: the files of a set that belongs together count as one.

    Raises:
        UnknownName, BadParameter: if the options fit none of the files.
    """
    items: list[Item] = []
    mistakes: list[OpsefError] = []
    done: set[Path] = set()
    for file in wanted:
        path, name = file.path, file.name
        if path.resolve() in done:
            continue
        try:
            opened = _opened(file)
            done |= {f.resolve() for f in opened.files if len(opened.files) > 1}
            items += _images_of(opened, name, options)
        except (OpsefError, OSError) as error:
            if isinstance(error, UnknownName | BadParameter):
                mistakes.append(error)
            log.warning("%s cannot be used: %s", name, error)
            items.append(Unreadable(name, str(error), _checksum_if_possible(path)))
    if mistakes and len(mistakes) == len(items):
        raise mistakes[0]
    return ImageSet(items, {**description, **_changed(options)})


def _opened(file: Wanted) -> OpenedFile:
    """A file that was opened, or the reason why not: that it is another one than it should be comes first."""
    if file.check is None:
        return open_file(file.path)
    try:
        return open_file(file.path).guarded(file.check)
    except OpsefError:
        file.check()
        raise


def _images_of(opened: OpenedFile, name: str, options: _Options) -> list[Image]:
    """The images of a file with all that is asked done to them."""
    made: list[Image] = []
    for image in opened.images(name, options.scene, options.axes):
        made += _prepared(image, options)
    return made


def _prepared(image: Image, options: _Options) -> list[Image]:
    image = _chosen(image, options)
    if options.channel is not None:
        image = choose_channel(image, options.channel)
    if options.project is not None:
        image = project(image, options.project)
    if options.replace_nan is not None:
        image = replace_nan(image, options.replace_nan)
    if options.bin != 1:
        image = bin_pixels(image, options.bin)
    return [image] if options.tile_px is None else tile(image, options.tile_px, options.overlap)


def _chosen(image: Image, options: _Options) -> Image:
    """Time point and planes; position 0 of an axis the image does not have is the image itself."""
    t = None if options.t == 0 and "T" not in image.axes else options.t
    z = None if options.z == 0 and "Z" not in image.axes else options.z
    return image if t is None and z is None else substack(image, z=z, t=t)


def _checksum_if_possible(path: Path) -> str:
    try:
        return checksum([path])
    except OSError:
        return ""
