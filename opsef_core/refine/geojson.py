"""GeoJSON as QuPath exports and imports it: objects as polygons in pixels, with name and classification."""

from __future__ import annotations

import colorsys
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ._classes import class_of
from ._drawing import BROKEN, NO_AREA, Drawing, Sketch
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._json import as_id, as_list, as_map, read_json
from ._outlines import Loop, outlines
from ._parts import polygons

GOLDEN = 0.618034  # of the colour circle: neighbouring numbers look different


@format_kind
class Geojson(FileFormat):
    """A folder with one GeoJSON file an image for QuPath (drag it onto the image); exact to the pixel, with holes.

    The name of an object is its id, its classification its class as text; coordinates are pixels, corners at pixel
    corners. An object of a stack has a feature on each of its planes. The pixel size is not kept, QuPath has it from
    the image.

    Attributes:
        objects: what QuPath makes of them: "annotation" (a person can edit them) or "detection" (fast with many).

    `back` and `read` take polygons and multipolygons, as a FeatureCollection, a list or a single feature. A point with
    a radius is a disc; other points and lines have no area. Of a cell, the outline counts, not the nucleus.
    """

    stacks: ClassVar[bool] = True
    objects: Literal["annotation", "detection"] = "annotation"

    def files(self, sheet: Sheet) -> list[str]:
        """The file."""
        return [f"{sheet.stem}.geojson"]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The file."""
        features = list(self._features(sheet))
        content = {"type": "FeatureCollection", "features": features}
        yield self.files(sheet)[0], json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def _features(self, sheet: Sheet) -> Iterator[dict[str, Any]]:
        classes, pixels = class_of(sheet.labels), sheet.labels.pixels
        planes = [pixels] if pixels.ndim == 2 else list(pixels)
        found = [(number, z, loops) for z, plane in enumerate(planes) for number, loops in outlines(plane).items()]
        for number, z, loops in sorted(found, key=lambda one: one[:2]):
            properties: dict[str, Any] = {"objectType": self.objects, "name": str(number)}
            if number in classes:
                colour = _colour(sheet.numbers[classes[number]])
                properties["classification"] = {"name": str(classes[number]), "color": colour}
            name = f"{sheet.labels.key}/{sheet.labels.name}/{number}/{z}"
            yield {
                "type": "Feature",
                "id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
                "geometry": {**_geometry(loops), **({"plane": {"c": -1, "z": z, "t": 0}} if pixels.ndim > 2 else {})},
                "properties": properties,
            }

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image."""
        path = folder / entry["file"]
        return _read(path, entry["size"], {str(c): c for c in opened.values()}) if path.exists() else None

    def read(self, path: Path, size: Mapping[str, int]) -> Drawing:
        """The objects of any GeoJSON file in pixels.

        Args:
            path: of the file.
            size: of its image, by axis: {"Y": 512, "X": 512}, with "Z" first for a stack.

        Raises:
            UnreadableFile: no GeoJSON.
        """
        return _read(Path(path), size, {})


def _geometry(loops: list[NDArray[np.int32]]) -> dict[str, Any]:
    found = [[[*ring.tolist(), ring[0].tolist()] for ring in polygon] for polygon in polygons(loops)]
    if len(found) == 1:
        return {"type": "Polygon", "coordinates": found[0]}
    return {"type": "MultiPolygon", "coordinates": found}


def _colour(number: int) -> list[int]:
    return [round(255 * v) for v in colorsys.hsv_to_rgb(number * GOLDEN % 1, 0.8, 0.9)]


def _read(path: Path, size: Mapping[str, int], classes: Mapping[str, Any]) -> Drawing:
    sketch = Sketch(path.name, size)
    for position, feature in enumerate(_list_of_features(path), start=1):
        about = as_map(feature)
        properties, geometry = as_map(about.get("properties")), as_map(about.get("geometry"))
        title = properties.get("name")
        name = str(title if title is not None else about.get("id", position))[:40]
        found = as_map(properties.get("classification")).get("name")
        plane = as_id(as_map(geometry.get("plane")).get("z"))
        try:
            loops = _loops(geometry, properties)
        except (ValueError, TypeError, OverflowError):
            sketch.tally.add(BROKEN, name)
            continue
        if loops is None:
            sketch.tally.add(NO_AREA, name)
            continue
        sketch.outline(
            loops,
            name=name,
            id=as_id(title),
            label=None if found is None else classes.get(str(found), str(found)),
            plane=(plane or 0) if "Z" in size else None,
        )
    return sketch.drawing()


def _list_of_features(path: Path) -> list[Any]:
    content = read_json(path)
    if isinstance(content, list):
        return content
    if isinstance(content, dict) and isinstance(content.get("features"), list):
        return list(content["features"])
    if isinstance(content, dict) and "geometry" in content:
        return [content]
    raise UnreadableFile(f"{path} is JSON, but not GeoJSON: there are no features in it.")


def _loops(geometry: Mapping[str, Any], properties: Mapping[str, Any]) -> list[Loop] | None:
    """The rings of a geometry; None for points and lines.

    Raises:
        ValueError, TypeError, OverflowError: no coordinates, or no geometry.
    """
    kind, given = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        return [_ring(ring) for ring in as_list(given)]
    if kind == "MultiPolygon":
        return [_ring(ring) for polygon in as_list(given) for ring in as_list(polygon)]
    if kind == "GeometryCollection":
        parts = [_loops(as_map(one), properties) for one in as_list(geometry.get("geometries"))]
        return [loop for part in parts for loop in part or []] or None
    if kind == "Point" and (radius := float(properties.get("radius") or 0)) > 0:
        turn = np.linspace(0, 2 * np.pi, 73)[:-1]
        return [_ring([given])[0] + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)]
    if kind in ("Point", "MultiPoint", "LineString", "MultiLineString"):
        return None
    raise ValueError("no geometry")


def _ring(points: Any) -> Loop:
    ring = np.array([point[:2] for point in points], np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2:
        raise ValueError("no pairs of coordinates")
    return ring
