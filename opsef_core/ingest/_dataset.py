"""Data sets: images with their truth, where they come from, and how to cite them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..backslashes import windows_hint
from ..data import Image
from ..errors import BadParameter
from ._dataset_file import DatasetFile, DatasetInfo, folder_of, place_of, read_description
from ._dataset_place import advice_for, check_content, check_links, check_there
from ._dataset_table import chosen
from ._dataset_truth import Truth
from ._find import names_for

if TYPE_CHECKING:
    from ._images import ImageSet

_CHOOSING = ("folder", "where")
_TILING = ("tile", "tile_px", "overlap")


def dataset(
    name_or_folder: str | Path,
    *,
    where: Mapping[str, Any] | None = None,
    folder: str | Path | None = None,
    **options: Any,
) -> Dataset:
    """Open a data set by name or folder: `dataset("bbbc038", where={"split": "train"}, tile=256, overlap=32)`.

    Nothing but its description is read yet; checksums are compared when pixels of a file are first used. By name, data
    sets are found in the folders that the environment variable OPSEF_DATASETS names, in `datasets/` of the checkout,
    and in the data folder. The files of a large data set are not part of it: its `fetch.py` puts them into the data
    folder (environment variable OPSEF_DATA, or `data` in the cache folder, ~/.cache/opsef/data).

    Args:
        name_or_folder: name, or path of a folder with a dataset.yml.
        where: only images for which a column has this value (or one of a list of values); see `Dataset.table`.
        folder: where the files lie, if not beside dataset.yml or in the data folder.
        **options: how images are read, as for `images` (tile, overlap, channel, z, ...). Truth is cut the same way.

    Raises:
        UnknownName: no data set, column or value of that name; those that exist are named.
        BadParameter: no image fits all of `where`.
        BadConfig: its description cannot be understood.
    """
    if not isinstance(folder, str | Path | None):
        raise BadParameter(f"`folder` is the path of one folder, not {folder!r}.")
    home = folder_of(name_or_folder)
    info, files = read_description(home, folder)
    place = place_of(home, info, folder)
    if place == home:
        check_links(home, files)
    name = str(name_or_folder)
    choice: dict[str, Any] = {} if folder is None else {"folder": str(folder)}
    named = dict(zip(names_for([place / f.image for f in files]), files, strict=True))  # whatever is chosen of them
    if where is not None:
        named = chosen(name, named, where) if named else {}
        choice["where"] = dict(where)
    advice = windows_hint(folder or "").strip() or advice_for(home, info, name)
    return Dataset(name, place, info, named, {**choice, **options}, advice)


class Dataset:
    """Images, their truth, and what is known about them.

    Attributes:
        name: as it was asked for.
        folder: where its files lie.
        info: title, source, licence, how to cite, classes.
        named: its files, as described, by the name of their image; only those that were chosen.
        options: what was asked for: `where`, `folder`, how images are read.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        info: DatasetInfo,
        named: Mapping[str, DatasetFile],
        options: Mapping[str, Any],
        advice: str,
    ) -> None:
        self.name, self.folder, self.info = name, folder, info
        self.named, self.options, self._advice = dict(named), dict(options), advice

    def __repr__(self) -> str:
        known = sum(f.truth is not None for f in self.files)
        images = f"{len(self.files)} images, {known} with truth" if self.files else "not fetched yet"
        said = ", ".join(f"{k}={v!r}" for k, v in self.options.items())
        lines = [
            f"Dataset {self.name!r}{' with ' + said if said else ''}: {self.info.title}",
            f"  {images}; classes: {', '.join(self.info.classes) or 'not named'}",
            f"  {self.info.source}; licence {self.info.licence}",
            f"  cite: {self.info.cite or 'nothing given'}{' doi:' + self.info.doi if self.info.doi else ''}",
        ]
        return "\n".join(lines)

    @property
    def files(self) -> list[DatasetFile]:
        """Its files, as described; only those that were chosen."""
        return list(self.named.values())

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def images(self) -> ImageSet:
        """The images (or their tiles), in the order of the description, pixels still on disk.

        A file that is not what its checksum says gives an error when its pixels are used.

        Raises:
            UnreadableFile: files are missing; the error says how to get them.
        """
        check_there(self.folder, self.name, [f.image for f in self.files], self._advice)
        return self._read(self.options)

    @cached_property
    def truth(self) -> Truth:
        """True labels by the name of their image (or tile), read when they are used."""
        return Truth(self)

    @cached_property
    def table(self) -> pd.DataFrame:
        """What is known about each image (or tile): index = its name, columns as described."""
        rows = {item.name: self._file_of(item.name) for item in self.images}
        table = pd.DataFrame([{} if f is None else f.columns for f in rows.values()], index=list(rows))
        return table.rename_axis("image")

    def _read(self, options: Mapping[str, Any]) -> ImageSet:
        from ._images import Wanted, images_of

        told = {k: v for k, v in options.items() if k in _CHOOSING}
        wanted = [Wanted(self.folder / f.image, name, self._check(f)) for name, f in self.named.items()]
        reading = {k: v for k, v in options.items() if k not in _CHOOSING}
        return images_of(wanted, reading, {"dataset": self.name, **told})

    def _check(self, file: DatasetFile) -> Callable[[], None] | None:
        """What to call before pixels of an image are used."""
        if file.image_sha256 is None:
            return None
        return partial(check_content, self.folder, self.name, file.image, file.image_sha256, self._advice)

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
        return found or (self._wholes.get(name) if name not in self.named else None)

    def _file_of(self, name: str) -> DatasetFile | None:
        """The entry an image belongs to: its own, or that of the image it is a piece of."""
        if name in self.named:
            return self.named[name]
        image = self._image(name)
        return None if image is None or image.parent is None else self._file_of(image.parent)
