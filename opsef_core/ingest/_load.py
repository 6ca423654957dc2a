"""Images from whatever a user names: a data set, or else files."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Any

from ..backslashes import windows_hint
from ..errors import BadParameter, UnknownName, UnreadableFile
from ._dataset import Dataset, dataset
from ._dataset_file import FILE, known_datasets
from ._images import ImageSet, images


def load(place: str | Path, **options: Any) -> Dataset | ImageSet:
    """A data set by name or folder; of another folder, a file or a pattern the images, without truth.

    So a notebook takes either: both have `images`, and `truth`, which is None for an image set.

    Args:
        place: name of a data set, folder with a dataset.yml, folder of images, image file, or pattern ("mine/*.tif").
        **options: how images are read, as for `images`; `where` and `folder` for a data set only, as for `dataset`.

    Raises:
        UnknownName: neither a data set nor a file or folder of that name.
        UnreadableFile: a folder without images, a pattern that nothing matches; a path as Windows writes it.
        BadConfig, BadParameter: as `dataset` and `images`.
    """
    path = Path(place).expanduser()
    if is_dataset(place):
        return dataset(place, **options)
    if not path.exists() and not glob.has_magic(str(place)):
        if hint := windows_hint(str(place)):
            raise UnreadableFile(f"There is no file or folder {place}.{hint}")
        raise UnknownName("data set, file or folder", str(place), known_datasets())
    if "where" in options:
        raise BadParameter(f"where chooses by the columns of a data set, and {place} is none: it has no {FILE}.")
    return images(place, **options)


def is_dataset(place: str | Path) -> bool:
    """Whether `load` takes this for a data set: the name of one, or a folder with a dataset.yml."""
    return str(place) in known_datasets() or (Path(place).expanduser() / FILE).is_file()
