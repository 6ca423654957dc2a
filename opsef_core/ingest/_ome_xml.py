"""What an OME-XML header tells about its images: names, pixel sizes, channel names, files of a set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from ._units import unit_um


@dataclass(frozen=True)
class OmeImage:
    """One image of an OME-XML header.

    Attributes:
        name: may be empty.
        size: (SizeX, SizeY).
        spacing_um: by axis, 0.0 where unknown.
        channels: as named, empty strings where not.
        files: names of the files that hold its planes.
    """

    name: str
    size: tuple[int, int]
    spacing_um: dict[str, float]
    channels: tuple[str, ...]
    files: tuple[str, ...]


def ome_images(xml: str) -> list[OmeImage]:
    """The images of an OME-XML header; an empty list if it cannot be parsed or points to another file."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return []
    return [_image(e) for e in _children(root, "Image")]


def _image(image: ElementTree.Element) -> OmeImage:
    pixels = next(_children(image, "Pixels"), ElementTree.Element("Pixels"))
    spacing = {
        a: _number(pixels.get(f"PhysicalSize{a}")) * unit_um(pixels.get(f"PhysicalSize{a}Unit", "µm")) for a in "ZYX"
    }
    size = (int(_number(pixels.get("SizeX"))), int(_number(pixels.get("SizeY"))))
    channels = tuple(c.get("Name") or "" for c in _children(pixels, "Channel"))
    uuids = (u for data in _children(pixels, "TiffData") for u in _children(data, "UUID"))
    files = tuple(dict.fromkeys(u.get("FileName") or "" for u in uuids))
    return OmeImage(image.get("Name") or "", size, spacing, channels, files)


def _children(element: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    """Direct children of that tag, whatever the version of the schema."""
    return (child for child in element if child.tag.rpartition("}")[2] == tag)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
