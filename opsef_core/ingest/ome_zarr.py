"""OME-Zarr (NGFF) 0.1 to 0.5: single images, bioformats2raw folders, plates."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ..zarr_codecs import strange_codecs
from ._reader import Reader, Scene, reader_kind
from ._stored import Slices
from ._units import unit_um

MARKS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")


@reader_kind
class OmeZarr(Reader):
    """Reads OME-Zarr folders at full resolution; pixels come chunk by chunk."""

    suffixes = (".zarr",)
    folders = True

    def refusal(self, path: Path) -> str | None:
        """A folder with Zarr's own files in it, whatever its name."""
        if path.is_file() and path.name.lower().endswith(".zarr.json"):
            return "this is a description lying beside a .zarr folder; read the folder"
        if path.is_dir() and any((path / mark).is_file() for mark in MARKS):
            return None
        if self.wrong_suffix(path) is None:
            return "the folder has none of the files of a Zarr group (zarr.json, .zgroup)"
        return self.wrong_suffix(path)

    def scenes(self, path: Path) -> list[Scene]:
        """One scene an image: the folder itself, or the images one level down, or the fields of a plate."""
        import zarr

        node = _open(str(path))
        if not isinstance(node, zarr.Group):
            raise UnreadableFile(
                f"{path.name} is a bare Zarr array without a word on its axes; OME-Zarr is needed (a group with "
                "'multiscales')."
            )
        return [_scene(path, name, group) for name, group in _images(path, node)]


def _ome(group: Any) -> Mapping[str, Any]:
    """The OME attributes: under "ome" since 0.5, at the top before."""
    attributes = dict(group.attrs)
    inner = attributes.get("ome")
    return inner if isinstance(inner, Mapping) else attributes


def _images(path: Path, group: Any) -> Iterator[tuple[str, Any]]:
    """Names (paths in the group) and groups of all images.

    Raises:
        UnreadableFile: there is none.
    """
    about = _ome(group)
    if "multiscales" in about:
        yield "", group
        return
    names = _names_below(about, group)
    for name in names:
        if "multiscales" in _ome(group[name]):
            yield name, group[name]
        elif "images" in _ome(group[name]).get("well", {}):
            for field in _ome(group[name])["well"]["images"]:
                yield f"{name}/{field['path']}", group[name][field["path"]]
    if not names:
        raise UnreadableFile(
            f"{path.name} is a Zarr group without OME-Zarr images: neither 'multiscales' nor 'plate' nor "
            f"'bioformats2raw.layout' in its attributes. It holds: {', '.join(sorted(group.keys())) or 'nothing'}."
        )


def _names_below(about: Mapping[str, Any], group: Any) -> list[str]:
    """Where the images of a plate or of a bioformats2raw folder are, in their order."""
    if "plate" in about:
        return [str(well["path"]) for well in about["plate"].get("wells", [])]
    if "bioformats2raw.layout" not in about:
        return []
    series = _ome(group["OME"]).get("series") if "OME" in group else None
    if series:
        return [str(name) for name in series]
    return sorted((name for name in group.group_keys() if name.isdecimal()), key=int)


def _scene(path: Path, name: str, group: Any) -> Scene:
    about = _ome(group)
    image = about["multiscales"][0]
    level = image["datasets"][0]
    array = _checked(group[level["path"]])
    axes = image.get("axes") or list("tczyx"[-array.ndim :] if array.ndim == 5 else "")
    axes = [axis if isinstance(axis, Mapping) else {"name": axis} for axis in axes]
    if len(axes) != array.ndim:
        raise UnreadableFile(
            f"{path.name} is a broken OME-Zarr: {len(axes)} axes are named for the {array.ndim} dimensions of "
            f"{name or level['path']}."
        )
    dims = _letters([str(axis["name"]) for axis in axes])
    where = "/".join(part for part in (name, str(level["path"])) if part)
    labels = tuple(str(c.get("label", "")) for c in about.get("omero", {}).get("channels", []))
    return Scene(
        name=name,
        dims=dims,
        shape=tuple(array.shape),
        dtype=array.dtype,
        load=partial(_load, str(path), where),
        unit=tuple(array.shards or array.chunks),
        spacing_um=_spacing(image, level, axes, dims),
        channels=labels,
    )


def _letters(names: list[str]) -> str:
    """One capital a dimension; names longer than a letter are unknown ones, numbered."""
    spare = iter("QRPHVIB")
    return "".join(n.upper() if n.lower() in tuple("tczyx") else next(spare) for n in names)


def _spacing(image: Mapping[str, Any], level: Mapping[str, Any], axes: list[Any], dims: str) -> dict[str, float]:
    """Scale of the first level times that of the image, where the axis has a unit of length."""
    steps = [*level.get("coordinateTransformations", []), *image.get("coordinateTransformations", [])]
    scales = [s["scale"] for s in steps if s.get("type") == "scale" and len(s["scale"]) == len(dims)]
    if not scales:
        return {}
    total = np.prod(np.asarray(scales, float), axis=0)
    return {d: float(n) * unit_um(axis.get("unit")) for d, n, axis in zip(dims, total, axes, strict=True)}


def _load(path: str, where: str, slices: Slices) -> NDArray[Any]:
    return np.asarray(_checked(_open(path)[where])[slices])


def _checked(array: Any) -> Any:
    """The array, if nothing in it is run when it is unpacked.

    Raises:
        UnreadableFile: it is packed in an uncommon way.
    """
    if strange := strange_codecs(array.metadata.to_dict()):
        raise UnreadableFile(
            f"{array.path or 'The array'} is packed by {', '.join(strange)[:80]}, which is not read; save it with zstd "
            "or gzip."
        )
    return array


def _open(path: str) -> Any:
    import zarr

    # written by many; it does no harm, and each piece that is read would repeat it
    warnings.filterwarnings("ignore", "Found an empty list of filters")
    return zarr.open(path, mode="r")
