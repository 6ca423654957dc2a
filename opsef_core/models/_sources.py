"""All weights there are: shipped (the zoo), official ones of the libraries, bioimage.io, and the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import OpsefError
from . import _bioimageio, _weights
from ._card import BIOIMAGEIO, CARD, ZOO, carded, folder_name, read_card
from ._official import all_official
from ._segmenter import MODELS

COLUMNS = ["model", "weights", "source", "licence", "trained on", "runs here", "on disk", "size_mb"]


@dataclass(frozen=True)
class Source:
    """Weights one can ask for.

    Attributes:
        family: the model that uses them.
        name: what to give as `pretrained`.
        source: "zoo", "official", "bioimage.io" or "own".
        licence: of the weights.
        trained_on: in words.
        lacks: what is missing to run them here, in words; "" if nothing.
        files: the files on this machine; none if they are not here.
    """

    family: str
    name: str
    source: str
    licence: str
    trained_on: str
    lacks: str = ""
    files: tuple[Path, ...] = ()

    @property
    def on_disk(self) -> bool:
        """Whether they are on this machine."""
        return bool(self.files)

    @property
    def size_mb(self) -> float:
        """Size on disk in megabytes; not a number if they are not here."""
        return sum(f.stat().st_size for f in self.files) / 1e6 if self.files else float("nan")


def weights_table() -> pd.DataFrame:
    """All weights there are, one row each: model, weights (give this as `pretrained`), source, licence, trained on, ...

    Columns: model, weights, source (zoo, official, bioimage.io, own), licence, trained on, runs here ("yes" or what is
    missing), on disk, size_mb. No heavy library is imported, nothing is downloaded.
    """
    rows = [
        (s.family, s.name, s.source, s.licence, s.trained_on, s.lacks or "yes", s.on_disk, s.size_mb) for s in sources()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def sources() -> list[Source]:
    """All weights there are: the zoo, official ones, what bioimage.io offers, the user's own."""
    folders = carded()
    known = [of_folder(name, folder) for name, folder in folders.items()]
    here = [of_folder(str(card.parent), card.parent) for card in sorted(Path("models").glob(f"[!.]*/{CARD}"))]
    found = [*known, *here, *official(), _any_of_bioimageio()]
    order = ["zoo", "official", "bioimage.io", "own"]
    return sorted(found, key=lambda s: order.index(s.source))  # the order within a source stays


def of_folder(name: str, folder: Path) -> Source:
    """The weights in a folder with a card; a card that cannot be read says so in its row."""
    origin = "zoo" if folder.parent == ZOO else "own"
    if folder.name.startswith(folder_name(BIOIMAGEIO)):
        origin = "bioimage.io"
    try:
        card = read_card(folder)
    except OpsefError as error:
        return Source("", name, origin, "", str(error), "its card cannot be read")
    files = tuple(folder / file for file in (CARD, card.weights, *card.files))
    missing = [file.name for file in files if not file.is_file()]
    return Source(
        family=card.family,
        name=name,
        source=origin,
        licence=card.licence,
        trained_on=_in_words(card.trained_on),
        lacks=f"{', '.join(missing)} is missing" if missing else _lacks(card.family),
        files=() if missing else files,
    )


def official() -> Iterator[Source]:
    """The official weights of the libraries, here or not."""
    for one in all_official():
        files = OFFICIAL_FILES[one.family](one.name)
        lacks = _lacks(one.family) or _lacks_major(one.major)
        yield Source(one.family, one.name, "official", one.licence, one.trained_on, lacks, files)


def _cellpose_files(name: str) -> tuple[Path, ...]:
    from .cellpose import file as library

    file = _weights.find_official(library.cache() / library.file_name(name))
    size = None if file is None else library.size_file(name, file)
    return tuple(f for f in (file, size) if f is not None)


def _stardist_files(name: str) -> tuple[Path, ...]:
    from .stardist import folder as library

    folder = _weights.find_official(library.cache(name))
    try:
        files = [] if folder is None else library.files(folder)
    except OpsefError:  # there are no weights in it
        return ()
    return tuple(files) if all(f.is_file() for f in files) else ()


def _coco_file(_: str) -> tuple[Path, ...]:
    from .nucleaizer.coco import find_file

    file = find_file()
    return () if file is None else (file,)


OFFICIAL_FILES = {"cellpose": _cellpose_files, "stardist": _stardist_files, "nucleaizer": _coco_file}


def _any_of_bioimageio() -> Source:
    lacks = _lacks("stardist") or ("" if _bioimageio.NEED.installed else _install(_bioimageio.NEED.extra))
    what = "any 2D StarDist model of bioimage.io, by its id"
    return Source("stardist", f"{BIOIMAGEIO}ID", "bioimage.io", "see its page", what, lacks)


def _lacks(family: str) -> str:
    """The command that installs what a model needs; "" if it is here."""
    if family not in MODELS.names():
        return "there is no such model"
    missing = [need.extra for need in MODELS.get(family).needs if not need.installed]
    return _install(missing[0]) if missing else ""


def _lacks_major(wanted: str) -> str:
    """Whether the installed Cellpose is of another major than these weights."""
    from .cellpose.file import major

    return f"needs Cellpose {wanted}" if wanted and wanted != str(major()) else ""


def _install(extra: str) -> str:
    return f'pip install "opsef-core[{extra}]"'


def _in_words(trained_on: dict[str, object]) -> str:
    """The data set and the number of images, where a card says them."""
    said = [str(trained_on["dataset"])] if trained_on.get("dataset") else []
    if trained_on.get("images"):
        said.append(f"{trained_on['images']} images")
    return ", ".join(said)
