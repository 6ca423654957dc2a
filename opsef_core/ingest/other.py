"""Every further format that an installed plug-in of bioio reads: the last reader to be asked.

bioio (https://github.com/bioio-devs/bioio) finds its plug-ins by entry points: with bioio-dv installed, .dv files are
images, with bioio-bioformats most that microscopes write. Nothing of bioio is imported before a file turns up that no
other reader is for.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ..registry import Need
from ._reader import READERS, Reader, Scene, reader_kind
from ._stored import Slices, reason
from ._units import unit_um

log = logging.getLogger(__name__)

BIOIO = Need("bioio", "formats")
# What lies beside images, or holds any number of other things. Some plug-ins claim these suffixes, too.
NO_IMAGES = (
    *(".csv", ".tsv", ".xls", ".xlsx", ".txt", ".log", ".md", ".json", ".xml", ".yml", ".yaml", ".ini", ".db"),
    *(".htm", ".html", ".pdf", ".ps", ".zip", ".tar", ".py", ".ipynb", ".roi"),
)
PLACEHOLDER = re.compile(r"(Image|Channel)(:\d+)+")  # names that bioio makes up where a file has none


@reader_kind
class Other(Reader):
    """Reads what installed bioio plug-ins read and no other reader here: one scene a scene, pixels chunk by chunk.

    Axes, names and pixel sizes are those bioio tells. Positions along dimensions beyond T, C, Z, Y, X (views, phases,
    tiles that the plug-in cannot put together) are scenes of their own. A pixel size of 1 without a unit is taken as
    unknown: plug-ins say it when they do not know. Where an image consists of several files, its checksum is that of
    the one that was named.
    """

    needs = (BIOIO,)
    last = True

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Those of the installed plug-ins, less those of other readers and of files that seldom are images."""
        return tuple(sorted(s for s in _plugins() if not s.endswith((*NO_IMAGES, *_taken()))))

    def wrong_suffix(self, path: Path) -> str | None:
        """As all readers; bioio is asked only about files that could be for it."""
        name = path.name.lower()
        if path.is_dir() or name.endswith((*NO_IMAGES, *_taken())):
            return "reads no folders, tables, texts or archives, and no format that another reader is for"
        if name.endswith(self.suffixes):
            return None
        if not BIOIO.installed:
            return (
                f'reads further formats through bioio, which is not installed (pip install "opsef-core[{BIOIO.extra}]")'
            )
        return (
            f"reads {', '.join(self.suffixes) or 'further formats'} through bioio; for another format, "
            "install the bioio plug-in for it (bioio-bioformats reads most)"
        )

    def refusal(self, path: Path) -> str | None:
        """By suffix, and by what each plug-in for it says after a look into the file."""
        why = self.wrong_suffix(path)
        if why:
            return why
        accepted, reasons = _ask(path)
        return None if accepted else f"no installed bioio plug-in for it can read it ({'; '.join(reasons)})"

    def scenes(self, path: Path) -> list[Scene]:
        """All scenes of the file; several, where it has dimensions without a meaning here."""
        accepted, reasons = _ask(path)
        if accepted is None:
            raise UnreadableFile(f"{path.name} cannot be read through bioio: {'; '.join(reasons) or 'no plug-in'}.")
        file = accepted(str(path))
        return [scene for i in range(len(file.scenes)) for scene in _scenes(path, file, i)]


def _taken() -> tuple[str, ...]:
    """The suffixes of all other readers."""
    return tuple(s for reader in READERS.all().values() if not reader.last for s in reader.suffixes)


@lru_cache
def _plugins() -> Mapping[str, list[Any]]:
    """Installed plug-ins by suffix (lower case, with its dot); of one suffix the most specific first."""
    if not BIOIO.installed or not entry_points(group="bioio.readers"):
        return {}
    from bioio.plugins import get_plugins

    try:
        found: Mapping[str, list[Any]] = get_plugins(use_cache=True)
    except Exception as error:  # one broken plug-in is enough
        log.warning("bioio cannot list its plug-ins, so none is used: %s", reason(error))
        return {}
    return found


def _ask(path: Path) -> tuple[Any, list[str]]:
    """The first bioio reader for the suffix of a file that accepts it, or None; and what those before it said."""
    reasons: list[str] = []
    for suffix, plugins in _plugins().items():
        for plugin in plugins if path.name.lower().endswith(suffix) else ():
            try:
                reader = plugin.metadata.get_reader()
                if reader.is_supported_image(str(path)):
                    return reader, reasons
                reasons.append(f"{plugin.entrypoint.name}: not its format")
            except Exception as error:  # whatever a plug-in says, or lacks
                reasons.append(f"{plugin.entrypoint.name}: {reason(error).rstrip('.')}")
    return None, reasons


def _pixels(file: Any, scene: int) -> Any:
    """The lazy pixels of a scene with the names of its dimensions; mosaics put together where the plug-in can."""
    file.set_scene(scene)
    array = file.xarray_dask_data
    if "M" in array.dims:
        try:
            return file.mosaic_xarray_dask_data
        except NotImplementedError:
            log.info("bioio cannot put the tiles of this mosaic together; each is an image of its own.")
    return array


def _scenes(path: Path, file: Any, i: int) -> Iterator[Scene]:
    array = _pixels(file, i)
    sizes = dict(zip(map(str, array.dims), array.shape, strict=True))
    known = [d for d in sizes if d in tuple("TCZYXS")]
    others = [d for d in sizes if d not in known]
    chunks = dict(zip(sizes, array.data.chunksize, strict=True))
    spacing, channels = _spacing(path, file), _names(file.channel_names or ())
    (title,) = _names([file.scenes[i]])
    for at in itertools.product(*(range(sizes[d]) for d in others)):
        fixed = dict(zip(others, at, strict=True))
        place = " ".join(f"{d}{n}" for d, n in fixed.items() if sizes[d] > 1)
        yield Scene(
            name=" ".join(part for part in (title, place) if part),
            dims="".join(known),
            shape=tuple(sizes[d] for d in known),
            dtype=np.dtype(array.dtype),
            load=partial(_load, type(file), str(path), i, fixed),
            unit=tuple(chunks[d] for d in known),
            spacing_um=spacing,
            channels=channels,
        )


def _names(names: Any) -> tuple[str, ...]:
    """Names as the file has them; empty where bioio made them up."""
    return tuple("" if PLACEHOLDER.fullmatch(str(n)) else str(n) for n in names)


def _spacing(path: Path, file: Any) -> dict[str, float]:
    """Pixel size by axis in micrometres, bioio's unit where a plug-in names no other; 0 where unknown."""
    try:
        sizes, about = file.physical_pixel_sizes, file.dimension_properties
    except Exception as error:  # plug-ins fail on what they do not find
        log.info("%s: its pixel size is unknown, bioio cannot read it: %s", path.name, reason(error))
        return {}
    found = {}
    for axis in "ZYX":
        size, unit = getattr(sizes, axis) or 0.0, getattr(about, axis).unit
        placeholder = unit is None and size == 1
        found[axis] = 0.0 if placeholder else float(size) * (1.0 if unit is None else unit_um(str(unit)))
    return found


def _load(reader: Any, path: str, scene: int, fixed: Mapping[str, int], slices: Slices) -> NDArray[Any]:
    """The chunks asked for, then the part of them that is."""
    array = _pixels(reader(path), scene).isel(dict(fixed)).data
    return np.asarray(array[slices].compute(scheduler="synchronous"))
