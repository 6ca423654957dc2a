"""TIFF and OME-TIFF, through tifffile: plain, ImageJ, tiled, with pyramids, sets of several files."""

from __future__ import annotations

import io
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ._ome_xml import OmeImage, ome_images
from ._reader import Reader, Scene, magic_refusal, reader_kind
from ._stored import Slices
from ._units import unit_um

MAGICS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
LARGEST_SEGMENT = 2**31  # bytes of one compressed strip or tile, unpacked: it can only be read whole
LARGEST_RATIO = 50_000  # no codec packs more tightly than this; a header that claims it is broken
PRINT_UM = 25.0  # a plain TIFF's resolution beyond is that of a printer (72 dpi = 353 um), not of a microscope
RGB_PHOTOMETRICS = (2, 6)  # RGB, YCbCr (handed out as RGB)
ALPHA = (1, 2)


@reader_kind
class Tiff(Reader):
    """Reads TIFF and OME-TIFF; pixels come strip by strip or tile by tile."""

    suffixes = (".tif", ".tiff", ".btf", ".tf8")

    def refusal(self, path: Path) -> str | None:
        """By suffix and by the first four bytes."""
        return self.wrong_suffix(path) or magic_refusal(path, MAGICS, "TIFF")

    def scenes(self, path: Path) -> list[Scene]:
        """One scene a series."""
        import tifffile

        with tifffile.TiffFile(path) as tif:
            headers = ome_images(tif.ome_metadata) if tif.is_ome else []
            series = list(tif.series)
            return [_scene(path, tif, i, one, _header(headers, i, len(series))) for i, one in enumerate(series)]


def _header(headers: list[OmeImage], i: int, count: int) -> OmeImage | None:
    """The OME header of a series; none if the numbers do not agree, rather than a wrong one."""
    return headers[i] if len(headers) == count else None


def _scene(path: Path, tif: Any, i: int, series: Any, header: OmeImage | None) -> Scene:
    dims, shape = _dims(series), tuple(series.shape)
    if 0 in shape or series.keyframe is None:
        raise UnreadableFile(f"{path.name} has no pixels: its size is {' x '.join(map(str, shape))}.")
    missing = sum(page is None for page in series.pages)
    if missing:
        wanted = [f for f in header.files if not (path.parent / f).exists()] if header else []
        raise UnreadableFile(
            f"{path.name} belongs to a set of files, and {missing} of its {len(series.pages)} planes are missing. "
            f"Put these files beside it: {', '.join(wanted) or 'unknown'}."
        )
    files = tuple(sorted({Path(page.parent.filehandle.path) for page in _parents(series)}))
    _check_size(path, series, len(files) > 1)
    plain = series.dataoffset is not None and series.keyframe.is_memmappable and len(files) < 2
    load = (
        partial(_load_plain, str(path), series.dataoffset, shape, series.dtype.newbyteorder(tif.byteorder).str)
        if plain
        else partial(_load, str(path), i)
    )
    name = series.name if series.kind != "imagej" else ""
    return Scene(
        name=name,
        dims=dims,
        shape=shape,
        dtype=series.dtype,
        load=load,
        unit=tuple(n if d in "XS" else 1 for d, n in zip(dims, shape, strict=True))
        if plain
        else _unit(series, dims, shape),
        spacing_um=header.spacing_um if header else _spacing(tif, series),
        channels=_channels(tif, dims, shape, header),
        files=files if len(files) > 1 else (),
    )


def _parents(series: Any) -> list[Any]:
    """One page of each file a series lies in."""
    return list({id(page.parent): page for page in series.pages}.values())


def _dims(series: Any) -> str:
    """Axes as tifffile has them; samples that are no colours are channels."""
    page = series.keyframe
    dims = str(series.axes)
    samples = int(page.samplesperpixel)
    colour = int(page.photometric) in RGB_PHOTOMETRICS and samples in (3, 4)
    grey_alpha = samples == 2 and page.extrasamples and int(page.extrasamples[0]) in ALPHA
    if "S" in dims and not colour and not grey_alpha and "C" not in dims:
        return dims.replace("S", "C")
    return dims


def _check_size(path: Path, series: Any, several_files: bool) -> None:
    """A header that promises more than the file holds is refused here, before memory is asked for.

    Raises:
        UnreadableFile: with what is promised and what is there.
    """
    page = series.keyframe
    claimed, there = math.prod(series.shape) * series.dtype.itemsize, path.stat().st_size
    size = " x ".join(str(n) for n in series.shape)
    if page.compression == 1 and series.dataoffset is not None and not several_files:
        end = series.dataoffset + claimed
    else:
        pages = [p for p in series.pages if not several_files or p.parent.filehandle.path == str(path)]
        end = max((o + n for p in pages for o, n in zip(p.dataoffsets, p.databytecounts, strict=False)), default=0)
    if end > there:
        raise UnreadableFile(
            f"{path.name} is truncated: its header promises {size} pixels up to byte {end}, and it has {there} bytes."
        )
    segments = math.prod(page.chunked)
    if len(page.dataoffsets) < segments and series.dataoffset is None:
        raise UnreadableFile(
            f"{path.name} has a broken header: {size} pixels in {segments} strips or tiles are promised, "
            f"and it has {len(page.dataoffsets)}."
        )
    one = math.prod(page.chunks) * page.dtype.itemsize
    if page.compression != 1 and (one > LARGEST_SEGMENT or claimed > LARGEST_RATIO * there) and not several_files:
        raise UnreadableFile(
            f"{path.name} has a broken header: {size} pixels ({claimed:.2g} bytes) cannot be packed into "
            f"{there} bytes, or not be unpacked piece by piece."
        )


def _unit(series: Any, dims: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """What is read at once: a tile, or strips."""
    page = series.keyframe
    chunk = dict(zip(str(page.axes), page.chunks, strict=False))
    chunk.setdefault("C", chunk.get("S", 1))
    return tuple(min(n, int(chunk.get(d, 1))) for d, n in zip(dims, shape, strict=True))


def _load_plain(path: str, offset: int, shape: tuple[int, ...], dtype: str, slices: Slices) -> NDArray[Any]:
    """Uncompressed pixels in one run: read row by row, or in one go where rows are wanted whole.

    Nothing of the header has to be read again. Plain reads take less time and memory than mapping the file.
    """
    part = np.empty([s.stop - s.start for s in slices], dtype)
    whole = len(shape)
    while whole and part.shape[whole - 1] == shape[whole - 1]:
        whole -= 1
    outer = max(whole - 1, 0)  # dimensions to loop over; what lies within is contiguous in the file
    steps = [math.prod(shape[d + 1 :]) for d in range(len(shape))]
    first = sum(s.start * step for s, step in zip(slices, steps, strict=True))
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a str travels lighter than a Path
        for index in np.ndindex(part.shape[:outer]):
            at = first + sum(i * step for i, step in zip(index, steps, strict=False))
            _fill(file, offset + at * part.itemsize, memoryview(part[index]).cast("B"))
    return part


def _fill(file: io.RawIOBase, at: int, room: memoryview) -> None:
    file.seek(at)
    while room:
        count = file.readinto(room)
        if not count:
            raise EOFError("the file ends too early")
        room = room[count:]


def _load(path: str, series: int, slices: Slices) -> NDArray[Any]:
    """Only the strips or tiles that are asked for."""
    import tifffile
    import zarr

    with tifffile.TiffFile(path) as tif, tif.series[series].aszarr(level=0) as store:
        return np.asarray(zarr.open_array(store, mode="r")[slices])


def _spacing(tif: Any, series: Any) -> dict[str, float]:
    """Pixel size from ImageJ's header, or from the resolution of a plain TIFF if a microscope can have it."""
    page = series.keyframe
    imagej = tif.imagej_metadata if tif.is_imagej else None
    if imagej is not None:
        unit = unit_um(imagej.get("unit"))
        found = {a: _resolution(page, a) * unit for a in "YX"}
        z = unit * abs(float(imagej.get("spacing", 0.0)))
        return {"Z": z, "Q": z, **found}
    unit = {2: 25400.0, 3: 1e4, 4: 1e3, 5: 1.0}.get(int(page.resolutionunit or 1), 0.0)
    found = {a: _resolution(page, a) * unit for a in "YX"}
    return {a: um for a, um in found.items() if um < PRINT_UM}


def _resolution(page: Any, axis: str) -> float:
    """Units of length per pixel; 0.0 if unknown."""
    tag = page.tags.get(f"{axis}Resolution")
    if tag is None:
        return 0.0
    pixels, units = tag.value
    return units / pixels if pixels else 0.0


def _channels(tif: Any, dims: str, shape: tuple[int, ...], header: OmeImage | None) -> tuple[str, ...]:
    """From OME, or ImageJ's slice labels where the only slices are channels."""
    if header is not None:
        return header.channels
    imagej = tif.imagej_metadata if tif.is_imagej else None
    labels = (imagej or {}).get("Labels") or []
    if "C" in dims and not set(dims) & set("TZ") and len(labels) == shape[dims.index("C")]:
        return tuple(str(label).splitlines()[0] if label else "" for label in labels)
    return ()
