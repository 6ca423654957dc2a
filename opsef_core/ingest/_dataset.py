"""Data sets: images with their truth, where they come from, and how to cite them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data import Act, Image, Labels
from ..errors import BadLabels, UnreadableFile
from ._dataset_file import DatasetFile, DatasetInfo, folder_of, read_description, verify
from ._find import names_for
from ._tile import cut

if TYPE_CHECKING:
    from ._images import ImageSet

_TILING = ("tile", "tile_px", "overlap")


def dataset(name_or_folder: str | Path, **options: Any) -> Dataset:
    """Open a data set by name or folder: `dataset("bbbc038_sample", tile=256, overlap=32)`.

    Nothing but its dataset.yml is read yet; checksums are compared when its files are first used. By name, data sets
    are found in the folders that the environment variable OPSEF_DATASETS names, then in `datasets/` of the checkout.

    Args:
        name_or_folder: name, or path of a folder with a dataset.yml.
        **options: how images are read, as for `images` (tile, overlap, channel, z, ...). Truth is cut the same way.

    Raises:
        UnknownName: no data set of that name; those that exist are named.
        BadConfig: its description cannot be understood.
    """
    folder = folder_of(name_or_folder)
    info, files = read_description(folder)
    return Dataset(str(name_or_folder), folder, info, files, options)


class Dataset:
    """Images, their truth, and what is known about them.

    Attributes:
        name: as it was asked for.
        folder: where it lies.
        info: title, source, licence, how to cite, classes.
        files: its files, as described.
        options: how images are read.
    """

    def __init__(
        self, name: str, folder: Path, info: DatasetInfo, files: list[DatasetFile], options: Mapping[str, Any]
    ) -> None:
        self.name, self.folder, self.info, self.files, self.options = name, folder, info, files, dict(options)
        self._by_name = dict(zip(names_for([folder / f.image for f in files]), files, strict=True))

    def __repr__(self) -> str:
        known = sum(f.truth is not None for f in self.files)
        said = ", ".join(f"{k}={v!r}" for k, v in self.options.items())
        lines = [
            f"Dataset {self.name!r}{' with ' + said if said else ''}: {self.info.title}",
            f"  {len(self.files)} images, {known} with truth; classes: {', '.join(self.info.classes) or 'not named'}",
            f"  {self.info.source}; licence {self.info.licence}",
            f"  cite: {self.info.cite or 'nothing given'}{' doi:' + self.info.doi if self.info.doi else ''}",
        ]
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def images(self) -> ImageSet:
        """The images (or their tiles), in the order of dataset.yml, pixels still on disk.

        Raises:
            UnreadableFile: a file is missing, or is not what the checksum says.
        """
        verify(self.folder, self.name, [(f.image, f.image_sha256) for f in self.files])
        made = self._read(self.options)
        made.description = {"dataset": self.name, **{k: v for k, v in made.description.items() if k != "where"}}
        return made

    @cached_property
    def truth(self) -> Truth:
        """True labels by the name of their image (or tile), read when they are used."""
        return Truth(self)

    @cached_property
    def table(self) -> pd.DataFrame:
        """What is known about each image (or tile): index = its name, columns as in dataset.yml."""
        rows = {item.name: self._file_of(item.name) for item in self.images}
        table = pd.DataFrame([{} if f is None else f.columns for f in rows.values()], index=list(rows))
        return table.rename_axis("image")

    def _read(self, options: Mapping[str, Any]) -> ImageSet:
        from ._images import images

        return images([self.folder / f.image for f in self.files], **options)

    @cached_property
    def _wholes(self) -> dict[str, Image]:
        """What tiles were cut from, by name."""
        untiled = {k: v for k, v in self.options.items() if k not in _TILING}
        return {i.name: i for i in self._read(untiled).readable}

    @cached_property
    def _pieces(self) -> dict[str, Image]:
        """The images as they are given out, by name."""
        return {i.name: i for i in self.images.readable}

    def _image(self, name: str) -> Image | None:
        found = self._pieces.get(name)
        return found or (self._wholes.get(name) if name not in self._by_name else None)

    def _file_of(self, name: str) -> DatasetFile | None:
        """The entry an image belongs to: its own, or that of the image it is a piece of."""
        if name in self._by_name:
            return self._by_name[name]
        image = self._image(name)
        return None if image is None or image.parent is None else self._file_of(image.parent)


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
        file = self._data._by_name.get(name)
        if file is None and image is not None and image.parent is not None:
            return cut(self._of(image.parent), image)
        if file is None or file.truth is None:
            raise KeyError(name)
        if self._last is None or self._last[0] != name:  # tiles of one image follow each other
            self._last = (name, self._whole(name, file.truth, file.truth_sha256))
        labels = self._last[1]
        if image is not None and image.parent is None:
            size = {a: n for a, n in image.shape.items() if a in "ZYX"}
            if size != labels.shape:
                raise BadLabels(
                    f"The truth of {name} has the shape {labels.shape}, the image {size}. Images that are binned "
                    "or projected when they are read have no truth."
                )
        return labels

    def _whole(self, name: str, file: str, sha256: str | None) -> Labels:
        data = self._data
        verify(data.folder, data.name, [(file, sha256)])
        pixels = read_labels(data.folder / file)
        if pixels.ndim not in (2, 3):
            raise BadLabels(f"{file}: labels have the axes YX or ZYX; these have the shape {pixels.shape}.")
        axes = "ZYX"[-pixels.ndim :]
        return Labels(pixels, axes, name, history=(Act("truth", "dataset", {"sha256": sha256}),))


def read_labels(path: Path) -> np.ndarray[Any, Any]:
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
