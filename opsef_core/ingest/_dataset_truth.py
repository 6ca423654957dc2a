"""The truth of a data set: label images by the name of their image or tile, read and checked when asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Act, Labels
from ..errors import BadLabels, UnreadableFile
from ._dataset_place import check_content
from ._tile import cut

if TYPE_CHECKING:
    from ._dataset import Dataset
    from ._dataset_file import DatasetFile


class Truth(Mapping[str, Labels]):
    """True labels by the name of their image or tile, read when asked for.

    Images without truth, or whose truth cannot be told (blocks of planes that were projected), are not in it.
    """

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._last: tuple[str, Labels] | None = None

    @cached_property
    def _names(self) -> dict[str, DatasetFile]:
        files = {i.name: self._data._file_of(i.name) for i in self._data.images.readable}
        return {name: file for name, file in files.items() if file is not None and file.truth is not None}

    def __repr__(self) -> str:
        return f"Truth of {len(self)} of the {len(self._data.images)} images of {self._data.name!r}"

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Labels:
        """The true labels of an image or tile; same name, axes and size.

        Raises:
            KeyError: no truth for an image of that name.
            UnreadableFile: the file is missing, broken, or not what the checksum says.
            BadLabels: it is no label image, or not of the size of its image.
        """
        if name not in self._names:
            raise KeyError(name)
        return self._of(name)

    def _of(self, name: str) -> Labels:
        image = self._data._image(name)
        file = self._data.named.get(name)
        if file is None and image is not None and image.parent is not None:
            return cut(self._of(image.parent), image)
        if file is None or file.truth is None:
            raise KeyError(name)
        if self._last is None or self._last[0] != name:  # tiles of one image follow each other
            self._last = (name, self._whole(name, file, file.truth))
        labels = self._last[1]
        if image is not None and image.parent is None:
            size = {a: n for a, n in image.shape.items() if a in "ZYX"}
            if size != labels.shape:
                raise BadLabels(
                    f"The truth of {name} has the shape {labels.shape}, the image {size}. Images that are binned "
                    "or projected when they are read have no truth."
                )
        return labels

    def _whole(self, name: str, file: DatasetFile, truth: str) -> Labels:
        data = self._data
        check_content(data.folder, data.name, truth, file.truth_sha256, data._advice)
        pixels = read_labels(data.folder / truth)
        if pixels.ndim not in (2, 3):
            raise BadLabels(f"{truth}: labels have the axes YX or ZYX; these have the shape {pixels.shape}.")
        if file.truth_objects_sha256 not in (None, objects_sha256(pixels)):
            raise UnreadableFile(
                f"{truth} of the data set {data.name} in {data.folder} has other objects than its description says. "
                f"{data._advice}"
            )
        axes = "ZYX"[-pixels.ndim :]
        told = {"sha256": file.truth_sha256 or file.truth_objects_sha256}
        return Labels(pixels, axes, name, history=(Act("truth", "dataset", told),))


def read_labels(path: Path) -> NDArray[Any]:
    """Ids of a label image, tif or png, as stored.

    Raises:
        UnreadableFile: the file is broken, or no image.
    """
    import imageio.v3 as imageio
    import tifffile

    try:
        tif = path.suffix.lower() in (".tif", ".tiff")
        return np.asarray(tifffile.imread(path) if tif else imageio.imread(path))
    except Exception as error:
        raise UnreadableFile(f"{path} cannot be read as a label image: {error or type(error).__name__}.") from error


def objects_sha256(ids: NDArray[Any]) -> str:
    """SHA-256 of what a label image says, however the file is packed and its objects are numbered.

    Objects are renumbered 1, 2, ... in the order in which they are first met, row by row. The checksum is that of the
    shape as text ("256x320:") followed by the new numbers as little-endian int32.

    Args:
        ids: label image, 0 = background.
    """
    values, first, inverse = np.unique(ids.ravel(), return_index=True, return_inverse=True)
    met = np.argsort(first)
    met = met[values[met] != 0]
    number = np.zeros(len(values), "<i4")
    number[met] = np.arange(1, len(met) + 1)
    h = hashlib.sha256(("x".join(map(str, ids.shape)) + ":").encode())
    h.update(np.ascontiguousarray(number[inverse]).data)
    return h.hexdigest()
