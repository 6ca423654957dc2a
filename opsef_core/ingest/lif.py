"""Leica LIF, through liffile."""

from __future__ import annotations

import itertools
import struct
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..registry import Need
from ._reader import Reader, Scene, magic_refusal, reader_kind
from ._scene_to_image import planes_unit
from ._stored import Slices

WAVELENGTHS = "λΛ"  # emission, excitation: a sweep over wavelengths is a row of channels


@reader_kind
class Lif(Reader):
    """Reads LIF; x-z scans keep their Z axis and get a Y of one pixel, wavelength sweeps become channels."""

    suffixes = (".lif",)
    needs = (Need("liffile", "formats"),)

    def refusal(self, path: Path) -> str | None:
        """By suffix and the first bytes."""
        why = self.wrong_suffix(path) or magic_refusal(path, (b"\x70\x00\x00\x00",), "LIF")
        return why or _broken_header(path)

    def scenes(self, path: Path) -> list[Scene]:
        """One scene an image; positions along rotation, mosaic and other dimensions are scenes of their own."""
        import liffile

        with liffile.LifFile(path) as file:
            return [s for i, image in enumerate(file.images) for s in _scenes(path, i, image)]


def _broken_header(path: Path) -> str | None:
    """Why the header cannot be right: it is longer than the file, and would be read whole; None if it may be."""
    with path.open("rb") as file:
        head = file.read(13)  # 0x70, size of what follows, 0x2a, number of 16-bit characters
    length = 2 * struct.unpack("<i", head[9:13])[0] if len(head) == 13 else -1
    if 0 <= length <= path.stat().st_size:
        return None
    return "the header of the LIF file is broken; it is longer than the file"


def _scenes(path: Path, i: int, image: Any) -> list[Scene]:
    sizes = {str(d): int(n) for d, n in image.sizes.items()}
    sweep = [d for d in WAVELENGTHS if sizes.get(d, 1) > 1]
    as_channels = sweep[0] if len(sweep) == 1 and sizes.get("C", 1) == 1 else None
    known = [d for d in sizes if d in "TCZYXS" or d == as_channels]
    if as_channels and "C" in known:
        known.remove("C")
    others = [d for d in sizes if d not in known]
    shape = tuple(sizes[d] for d in known)
    dims = "".join("C" if d == as_channels else d for d in known)
    spacing = {d: _step_um(image, d) for d in "ZYX"}
    channels = _wavelengths(image, as_channels) if as_channels else _luts(image)
    unit = planes_unit(dims, shape)
    scenes = []
    for at in itertools.product(*(range(sizes[d]) for d in others)):
        fixed = dict(zip(others, at, strict=True))
        place = " ".join(f"{d}{n}" for d, n in fixed.items() if sizes[d] > 1)
        name = " ".join(part for part in (str(image.path), place) if part)
        load = partial(_load, str(path), i, tuple(known), fixed)
        scenes.append(Scene(name, dims, shape, np.dtype(image.dtype), load, unit, spacing, channels))
    return scenes


def _step_um(image: Any, dim: str) -> float:
    """Distance of two positions; coordinates are in metres."""
    at = image.coords.get(dim)
    return 0.0 if at is None or len(at) < 2 else abs(float(at[-1] - at[0])) / (len(at) - 1) * 1e6


def _wavelengths(image: Any, dim: str) -> tuple[str, ...]:
    at = image.coords.get(dim)
    return () if at is None else tuple(f"{float(metres) * 1e9:.0f} nm" for metres in at)


def _luts(image: Any) -> tuple[str, ...]:
    """The colours the microscope shows the channels in: the only names a LIF has for them."""
    return tuple(c.get("LUTName") or "" for c in image.xml_element.iter("ChannelDescription"))


def _load(path: str, i: int, known: tuple[str, ...], fixed: dict[str, int], slices: Slices) -> NDArray[Any]:
    """The frames asked for, then the part of them that is."""
    import liffile

    wanted = dict(zip(known, slices, strict=True))
    with liffile.LifFile(path) as file:
        image = file.images[i]
        inner = list(image.frames.frame_dims)
        outer = [d for d in known if d not in inner]
        frames = []
        for at in itertools.product(*(range(wanted[d].start, wanted[d].stop) for d in outer)):
            frame = image.frame(**fixed, **dict(zip(outer, at, strict=True)))
            frames.append(frame[tuple(wanted[d] for d in inner)])
    stacked = np.stack(frames).reshape([wanted[d].stop - wanted[d].start for d in (*outer, *inner)])
    return stacked.transpose([(*outer, *inner).index(d) for d in known])
