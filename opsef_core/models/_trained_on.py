"""Which images weights were trained on, told by their pixels: `trained_on.csv` beside the card.

One row an image: `name`, `fingerprint` (of its pixels, see `Image.fingerprint`), `image_class` (may be empty). A row
without a fingerprint says that there were more images which nobody listed, for example those of official weights from
which the training started.
"""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..atomic import write_whole
from ..data import Image, untile
from ..errors import BadConfig, BadImage
from ._card import find_folder, is_path, read_card

FILE = "trained_on.csv"
UNLISTED = ""  # in place of a fingerprint: there were more images, nobody knows which
FINGERPRINT = re.compile(r"(?:[0-9a-f]{16})?")


class TrainingImage(NamedTuple):
    """One row of the list."""

    name: str
    fingerprint: str
    image_class: str = ""


def trained_on(family: str, pretrained: str | None) -> frozenset[str] | None:
    """Fingerprints of the images that weights were trained on; None if nobody knows (that is not the same as none).

    Args:
        family: the model that reads the weights.
        pretrained: name of shipped weights, or path of a model folder or of the weights file in it.

    Returns:
        Fingerprints. `UNLISTED` among them: there were more images.

    Raises:
        BadConfig: the card or the list beside it cannot be understood.
    """
    folder = _folder(family, pretrained) if pretrained else None
    return None if folder is None else frozenset(row.fingerprint for row in read_list(folder))


def read_list(folder: Path) -> tuple[TrainingImage, ...]:
    """The training images of a model folder, in the order of the file; it is read again only when it changed.

    Raises:
        BadConfig: no such list, or one that cannot be understood.
    """
    file = folder / FILE
    try:
        status = file.stat()
    except OSError:
        raise BadConfig(f"{folder} has no {FILE}, the list of the images its weights were trained on.") from None
    return _read(file.absolute(), status.st_size, status.st_mtime_ns)


def write_list(folder: Path, rows: Iterable[TrainingImage]) -> Path:
    """Write the list of training images of a model folder, and return the file."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(TrainingImage._fields)
    table.writerows(rows)
    return write_whole(folder / FILE, text.getvalue().encode())


def listed(
    images: Iterable[tuple[Image, str]],
    start: frozenset[str] | None = frozenset(),
    beside: Iterable[Image] = (),
) -> list[TrainingImage]:
    """What to write: images with their class, whole images that their tiles make up, what the start weights had seen.

    Args:
        images: all that the training had a part of.
        start: `trained_on` of the weights the training started from; empty for random weights.
        beside: held-out tiles; not listed, but with them an image of which some tiles are listed may be whole.
    """
    pairs = list(images)
    rows = [TrainingImage(image.name, image.fingerprint, kind) for image, kind in pairs]
    rest = [image for image in beside if image.is_tile]
    for parent, kind in {image.parent: kind for image, kind in pairs if image.is_tile}.items():
        try:
            whole = untile([image for image in [*(i for i, _ in pairs), *rest] if image.parent == parent])
        except BadImage:  # there were more tiles
            continue
        rows.append(TrainingImage(whole.name, whole.fingerprint, kind))
    before = [UNLISTED] if start is None else sorted(start - {row.fingerprint for row in rows})
    return rows + [TrainingImage("seen by the weights it started from", fingerprint) for fingerprint in before]


def _folder(family: str, pretrained: str) -> Path | None:
    """The model folder with a card of this family and a list, if these weights have one."""
    folder = find_folder(pretrained)
    if folder is None and is_path(pretrained):  # perhaps the weights file in a model folder
        folder = find_folder(str(Path(pretrained).expanduser().absolute().parent))
    if folder is None or not (folder / FILE).is_file() or read_card(folder).family != family:
        return None
    return folder


@functools.lru_cache(maxsize=64)
def _read(file: Path, size: int, changed: int) -> tuple[TrainingImage, ...]:
    try:
        table = csv.DictReader(io.StringIO(file.read_text(encoding="utf8")), strict=True)
        readable = set(TrainingImage._fields) <= set(table.fieldnames or ())  # an empty file is no empty list
        rows = tuple(TrainingImage(r["name"], r["fingerprint"], r["image_class"]) for r in table) if readable else ()
    except (csv.Error, UnicodeDecodeError):
        readable, rows = False, ()
    if not readable:
        raise BadConfig(f"{file} is no table with the columns {', '.join(TrainingImage._fields)}.")
    if wrong := [r for r in rows if not FINGERPRINT.fullmatch(str(r.fingerprint))]:
        raise BadConfig(f"{file}: {wrong[0].fingerprint!r} of {wrong[0].name!r} is no fingerprint (16 of 0-9, a-f).")
    return rows
