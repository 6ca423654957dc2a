"""From files to images: read, choose, project, bin, tile.

`images` reads folders and patterns, `read` one file; the readers, one a file in this room, are plug-ins (`_reader.py`
has their contract).
"""

from ..data import untile
from ._bin import bin_pixels
from ._channel import choose_channel
from ._dataset import Dataset, dataset
from ._dataset_file import known_datasets
from ._datasets import datasets_table
from ._find import find
from ._images import ImageSet, images
from ._load import is_dataset, load
from ._nan import replace_nan
from ._project import project
from ._read import read
from ._reader import READERS, Reader, Scene, reader_kind
from ._substack import substack, substacks
from ._tile import cut, tile

__all__ = [
    "READERS",
    "Dataset",
    "ImageSet",
    "Reader",
    "Scene",
    "bin_pixels",
    "choose_channel",
    "cut",
    "dataset",
    "datasets_table",
    "find",
    "images",
    "is_dataset",
    "known_datasets",
    "load",
    "project",
    "read",
    "reader_kind",
    "replace_nan",
    "substack",
    "substacks",
    "tile",
    "untile",
]
