"""OME-Zarr (NGFF 0.4 and 0.5): images with label images beside them; read by napari, Fiji (MoBIE) and bioio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..data import Image, Labels
from ..errors import UnreadableFile
from ._classes import class_of
from ._drawing import Drawing, from_ids
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._folder import inside
from ._format import format_kind
from ._json import as_id, as_list, as_map
from ._zarr import attributes, read_array

NAME = "objects"  # of the label image
CHUNK_PX = 1024
KINDS = {"T": "time", "C": "channel"}


@format_kind
class OmeZarr(FileFormat):
    """A folder with one `0001_<name>.ome.zarr` an image: the image, and its objects in `labels/objects`, at full size.

    Ids are the pixel values (int32), classes are in `properties` of the label image, the pixel size in its scale (µm);
    overlaps are not kept.

    Attributes:
        ngff: version of the format; "0.4" is on Zarr 2, which older readers need, "0.5" on Zarr 3.

    `back` and `read` take the first label image, at full size, compressed by the common methods only.
    """

    stacks: ClassVar[bool] = True
    ngff: Literal["0.4", "0.5"] = "0.4"

    def out(self, folder: Path, pairs: Sequence[tuple[Image, Labels]]) -> Path:
        """Write the folder; returns the first image's folder. See `FileFormat.out`."""
        mark = super().out(folder, pairs)
        for root in Path(folder).glob("*.ome.zarr"):  # of an earlier export, which had more images
            if not any(path.is_file() for path in root.rglob("*")):
                for empty in sorted([root, *root.rglob("*")], reverse=True):
                    empty.rmdir()
        return mark.parents[2]

    def files(self, sheet: Sheet) -> list[str]:
        """All files there may be; chunks without objects are not written."""
        root, mark = f"{sheet.stem}.ome.zarr", ".zattrs" if self.ngff == "0.4" else "zarr.json"
        places = ("", "/0", "/labels", f"/labels/{NAME}", f"/labels/{NAME}/0")
        marks = (".zattrs", ".zgroup", ".zarray") if self.ngff == "0.4" else ("zarr.json",)
        files = [f"{root}/labels/{NAME}/{mark}", *(f"{root}{place}/{m}" for place in places for m in marks)]
        between = "" if self.ngff == "0.4" else "c/"
        for place, shape in (("0", sheet.image.pixels.shape), (f"labels/{NAME}/0", sheet.labels.pixels.shape)):
            counts = [-(-n // c) for n, c in zip(shape, _chunks(shape), strict=True)]
            files += [f"{root}/{place}/{between}{'/'.join(map(str, at))}" for at in np.ndindex(*counts)]
        return list(dict.fromkeys(files))

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The image and the label image."""
        store: dict[str, Any] = {}
        image, labels, classes = sheet.image, sheet.labels, class_of(sheet.labels)
        about = {"image-label": {
            "version": self.ngff,
            "source": {"image": "../../"},
            "properties": [
                {"label-value": i, **({"class": classes[i]} if i in classes else {})} for i in labels.ids.tolist()
            ],
        }}  # fmt: skip
        self._put(store, "", image.array(), self._multiscales(image))
        self._put(store, "labels", None, {"labels": [NAME]})
        self._put(store, f"labels/{NAME}", labels.pixels, {**self._multiscales(labels), **about})
        for name, content in store.items():
            yield f"{sheet.stem}.ome.zarr/{name}", content.to_bytes()

    def object_files(self, folder: Path, entry: Entry) -> list[str]:
        """Everything in the label image's folder."""
        root = folder / Path(entry["file"]).parent
        return [entry["file"], *(p.relative_to(folder).as_posix() for p in root.rglob("*") if p.is_file())]

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image."""
        root = folder / Path(entry["file"]).parent.parent.parent
        return self.read(root, entry["size"]) if root.is_dir() else None

    def read(self, path: Path, size: Mapping[str, int], name: str | None = None) -> Drawing:
        """The objects of any OME-Zarr image with a label image.

        Args:
            path: folder of the image.
            size: of the image, by axis.
            name: of the label image; the first one if left out.

        Raises:
            UnreadableFile: no such folder, or no label image in it.
            BadLabels: another size, or pixels that are no ids.
        """
        path = Path(path)
        names = [n for n in as_list(_ome(path / "labels").get("labels")) if isinstance(n, str)]
        chosen = name if name is not None else next(iter(names), NAME)
        home = path / "labels" / chosen
        if not inside(path, f"labels/{chosen}") or not home.is_dir():
            raise UnreadableFile(f"{path} has no label image {chosen!r}; there are: {', '.join(names) or 'none'}.")
        about = _ome(home)
        scales = as_map(next(iter(as_list(about.get("multiscales"))), None))
        level = str(as_map(next(iter(as_list(scales.get("datasets"))), None)).get("path", "0"))
        if not inside(home, level):
            raise UnreadableFile(f"{home} names a file outside of itself; it is not read.")
        properties = map(as_map, as_list(as_map(about.get("image-label")).get("properties")))
        classes = {
            i: p["class"] for p in properties if (i := as_id(p.get("label-value"))) and _is_class(p.get("class"))
        }
        return from_ids(path.name, size, read_array(home / level, tuple(size.values())), classes)

    def _put(self, store: dict[str, Any], place: str, pixels: NDArray[Any] | None, about: dict[str, Any]) -> None:
        """A group with these attributes and, if there are pixels, one array at full size."""
        import zarr
        from zarr.storage import MemoryStore

        new, inner = self.ngff == "0.5", f"{place}/" if place else ""
        words = {"ome": {"version": self.ngff, **about}} if new else about
        zarr.create_group(MemoryStore(store), path=place, attributes=words, zarr_format=3 if new else 2)
        if pixels is not None:
            pixels = pixels.astype(np.uint8) if pixels.dtype == bool else pixels
            array = zarr.create_array(
                MemoryStore(store),
                name=f"{inner}0",
                shape=pixels.shape,
                dtype=pixels.dtype,
                chunks=_chunks(pixels.shape),
                zarr_format=3 if new else 2,
                chunk_key_encoding={"name": "default" if new else "v2", "separator": "/"},
            )
            array[...] = pixels

    def _multiscales(self, datum: Image | Labels) -> dict[str, Any]:
        axes: list[dict[str, Any]] = []
        for axis in datum.axes:
            unit = {"unit": "micrometer"} if axis in datum.spacing_um else {}
            axes.append({"name": axis.lower(), "type": KINDS.get(axis, "space"), **unit})
        scale = [float(datum.spacing_um.get(axis, 1.0)) for axis in datum.axes]
        levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scale}]}]
        version = {} if self.ngff == "0.5" else {"version": self.ngff}
        return {"multiscales": [{**version, "name": datum.name, "axes": axes, "datasets": levels}]}


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*(1 for _ in shape[:-2]), *(min(n, CHUNK_PX) for n in shape[-2:]))


def _ome(path: Path) -> Mapping[str, Any]:
    """The OME attributes of a group: under "ome" since 0.5, at the top before."""
    about = attributes(path)
    return as_map(about.get("ome")) or about


def _is_class(value: Any) -> bool:
    return isinstance(value, str | int | float) and value == value
