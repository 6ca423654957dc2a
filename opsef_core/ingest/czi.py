"""Zeiss CZI, through pylibCZIrw."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ..registry import Need
from ._reader import Reader, Scene, magic_refusal, reader_kind
from ._stored import Slices

log = logging.getLogger(__name__)

TYPES = {
    "Gray8": ("uint8", 1),
    "Gray16": ("uint16", 1),
    "Gray32Float": ("float32", 1),
    "Bgr24": ("uint8", 3),
    "Bgr48": ("uint16", 3),
    "Bgr96Float": ("float32", 3),
}
Rect = tuple[int, int, int, int]  # x, y, width, height
TILE_PX = 2048  # side of what is read at once: the library puts the tiles of a mosaic together


@reader_kind
class Czi(Reader):
    """Reads CZI, mosaics put together; phases, views and the like (Airyscan, light sheet) are scenes of their own."""

    suffixes = (".czi",)
    needs = (Need("pylibCZIrw", "formats"),)

    def refusal(self, path: Path) -> str | None:
        """By suffix and the first bytes."""
        return self.wrong_suffix(path) or magic_refusal(path, (b"ZISRAWFILE",), "CZI")

    def scenes(self, path: Path) -> list[Scene]:
        """One scene a scene of the file and position along its further dimensions."""
        from pylibCZIrw import czi

        with czi.open_czi(str(path)) as file:
            header = ElementTree.fromstring(file.raw_metadata)
            boxes = file.scenes_bounding_rectangle_no_pyramid
            total = file.total_bounding_box_no_pyramid
            blocks = _blocks(file)
            types = dict(file.pixel_types)
        whole = (total["X"][0], total["Y"][0], total["X"][1] - total["X"][0], total["Y"][1] - total["Y"][0])
        rects: dict[int | None, Rect] = {None: whole}
        if len(boxes) > 1:
            rects = {s: (r.x, r.y, r.w, r.h) for s, r in sorted(boxes.items())}
        found = []
        for s, rect in rects.items():
            inside = [place for place, at in blocks if s is None or at == s]
            parts = _parts(inside, types)
            for name, part in parts.items():
                title = " ".join(t for t in (_scene_name(header, s), name if len(parts) > 1 else "") if t)
                found.append(_scene(path, header, title, s, rect, part, types))
        return found


def _blocks(file: Any) -> list[tuple[dict[str, int], int | None]]:
    """Where along each dimension, and in which scene, pixels are stored: of each block of full resolution."""
    found: list[tuple[dict[str, int], int | None]] = []

    def note(_index: int, block: Any) -> bool:
        place = dict(block.coordinate.to_dict())
        scene = place.pop("S", None)
        found.append((place, scene))
        return True

    file.enumerate_subblocks_subset(note, only_layer0=True)
    return found


def _parts(places: list[dict[str, int]], types: Mapping[int, str]) -> dict[str, list[dict[str, int]]]:
    """Blocks that make one image: same position along further dimensions, and all grey or all colour."""
    parts: dict[tuple[Any, ...], list[dict[str, int]]] = {}
    for place in places:
        samples = TYPES.get(types.get(place.get("C", 0), ""), ("", 0))[1]
        further = tuple(sorted((d, n) for d, n in place.items() if d not in "TZC"))
        parts.setdefault((samples, further), []).append(place)
    varying = {d for _, further in parts for d, n in further if any((d, n) not in other for _, other in parts)}
    mixed = len({samples for samples, _ in parts}) > 1
    named = {}
    for (samples, further), part in sorted(parts.items()):
        words = [f"{d}{n}" for d, n in further if d in varying]
        words += ["colour" if samples == 3 else "grey"] if mixed else []
        named[" ".join(words)] = part
    return named


def _scene(
    path: Path,
    header: ElementTree.Element,
    name: str,
    s: int | None,
    rect: Rect,
    places: list[dict[str, int]],
    types: Mapping[int, str],
) -> Scene:
    if not places:
        raise UnreadableFile(f"{path.name} is a broken CZI: its scene {name or s} has no pixels.")
    at = {d: sorted({p.get(d, 0) for p in places}) for d in "TCZ"}
    kinds = {c: types.get(c, "Invalid") for c in at["C"]}
    unknown = sorted(set(kinds.values()) - set(TYPES))
    if unknown:
        raise UnreadableFile(f"{path.name} has pixels of the type {unknown[0]}; only {', '.join(TYPES)} can be read.")
    stored = {tuple(p.get(d, 0) for d in "TCZ") for p in places}
    missing = len(at["T"]) * len(at["C"]) * len(at["Z"]) - len(stored)
    if missing:
        log.warning("%s: %d planes were never recorded; they are read as 0.", path.name, missing)
    samples = TYPES[kinds[at["C"][0]]][1]
    dtype = np.result_type(*(TYPES[k][0] for k in kinds.values()))
    dims = "TCZYX" + ("S" if samples == 3 else "")
    shape = (len(at["T"]), len(at["C"]), len(at["Z"]), rect[3], rect[2], 3)[: len(dims)]
    fixed = {d: n for d, n in places[0].items() if d not in "TZC"}
    used = {d: at[d] for d in "TCZ" if d in places[0]}
    load = partial(_load, str(path), s, rect, used, fixed)
    unit = (1, 1, 1, min(TILE_PX, rect[3]), min(TILE_PX, rect[2]), 3)[: len(dims)]
    return Scene(name, dims, shape, dtype, load, unit, _spacing(header), _channels(header, at["C"]))


def _spacing(header: ElementTree.Element) -> dict[str, float]:
    """Pixel size by axis; the header has metres, 0 where unknown."""
    found = {}
    for distance in header.findall(".//Scaling/Items/Distance"):
        try:
            found[distance.get("Id", "")] = 1e6 * float(distance.findtext("Value") or 0)
        except ValueError:
            continue
    return found


def _channels(header: ElementTree.Element, wanted: list[int]) -> tuple[str, ...]:
    names = [c.get("Name") or "" for c in header.findall(".//Information/Image/Dimensions/Channels/Channel")]
    return tuple(names[c] if c < len(names) else "" for c in wanted)


def _scene_name(header: ElementTree.Element, s: int | None) -> str:
    """The name of a scene by its index; empty if there is only one or it has none."""
    if s is None:
        return ""
    scenes = header.findall(".//Information/Image/Dimensions/S/Scenes/Scene")
    names = {e.get("Index"): e.get("Name") or "" for e in scenes}
    return names.get(str(s)) or f"S{s}"


def _load(
    path: str, s: int | None, rect: Rect, used: Mapping[str, list[int]], fixed: Mapping[str, int], slices: Slices
) -> NDArray[Any]:
    """Plane by plane, the rectangle asked for."""
    from pylibCZIrw import czi

    y, x = slices[3:5]
    roi = (rect[0] + x.start, rect[1] + y.start, x.stop - x.start, y.stop - y.start)
    planes = []
    with czi.open_czi(path) as file:
        for at in itertools.product(*(range(i.start, i.stop) for i in slices[:3])):
            plane = {**fixed, **{d: used[d][n] for d, n in zip("TCZ", at, strict=True) if d in used}}
            planes.append(file.read(roi=roi, plane=plane, scene=s))
    stacked = np.stack(planes)
    if len(slices) == 6:
        stacked = stacked[..., ::-1][..., slices[5]]  # stored blue, green, red
    return stacked.reshape([i.stop - i.start for i in slices])
