"""A model folder and its card: what the weights are, what they were trained on, whether the files are whole.

A name means a folder in one of three places, looked into in this order: the zoo shipped with the package, the folder
named by OPSEF_WEIGHTS (say, a course's shared folder), `weights` in the cache folder (OPSEF_CACHE). Anything with a
slash is a path, so nothing in the current folder is taken by accident: write `./name`.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from ..atomic import write_whole
from ..backslashes import windows_hint
from ..errors import BadConfig, MissingWeights, OpsefError
from ..places import cache_folder
from ..registry import explain

ZOO = Path(__file__).parent / "zoo"
CARD = "model.yml"
BIOIMAGEIO = "bioimageio:"  # begins the name of a model of bioimage.io


def _plain(name: str) -> str:
    """A file name without a folder: a card cannot point out of its folder."""
    if name in ("", ".", "..", CARD) or any(sign in name for sign in "/\\\0"):
        raise ValueError(f"{name!r} is no name of a file beside {CARD}")
    return name


FileName = Annotated[str, AfterValidator(_plain)]


class Card(BaseModel):
    """`model.yml` beside the weights.

    Attributes:
        family: the model that reads these weights, e.g. "unet".
        weights: file name, in the card's folder.
        sha256: of that file.
        trained_on: data set, split, number of images, checksum of the list of ids.
        training: steps or epochs, hours, machine, seed, date.
        scores: what was measured, where, by image class.
        architecture: the network in words: encoder, depth, rays, ...
        input: what the network wants to see: object size in its pixels, normalisation, channels.
        version: raised when the weights are trained anew under the same name.
        files: further files of the folder and their sha256, e.g. StarDist's config.json and thresholds.json, and
            trained_on.csv (name and pixel fingerprint of each training image).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    title: str
    version: str = "1"
    architecture: str = ""
    input: dict[str, Any] = {}
    weights: FileName
    sha256: str
    files: dict[FileName, str] = {}
    licence: str
    trained_on: dict[str, Any]
    training: dict[str, Any]
    scores: dict[str, Any] = {}
    notes: str = ""

    def check(self, folder: Path) -> Path:
        """The weights file, if it and all `files` are there and whole; what did not change is not read again.

        Raises:
            MissingWeights: one is absent or its checksum is another.
        """
        for name, sha256 in {self.weights: self.sha256, **self.files}.items():
            file = folder / name
            if not file.is_file():
                raise MissingWeights(f"The file {file} of {self.title!r} is missing; put it there again.")
            if (found := sha256_of(file)) != sha256:
                raise MissingWeights(
                    f"The file {file} of {self.title!r} is damaged: its checksum is {found[:12]}..., its card says "
                    f"{sha256[:12]}.... Put the original file back."
                )
        return folder / self.weights


def write_card(card: Card, folder: Path) -> Path:
    """Write a card as `model.yml` of its folder, whole or not at all, and return the file."""
    content = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)
    return write_whole(folder / CARD, content.encode())


def sha256_of(file: Path) -> str:
    """Checksum of a file; it is read again only when the file changed."""
    status = file.stat()
    return _sha256(file.absolute(), status.st_size, status.st_mtime_ns, status.st_ino)


@functools.lru_cache(maxsize=1024)
def _sha256(file: Path, size: int, changed: int, inode: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_path(name: str) -> bool:
    """Whether a name means a file or folder: it has a slash in it."""
    return not name.startswith(BIOIMAGEIO) and ("/" in name or os.sep in name)


def weights_folder() -> Path:
    """Where weights are kept that were downloaded, installed from a bundle, or are a user's own; it may not exist."""
    return cache_folder() / "weights"


def folders() -> list[Path]:
    """Where names are looked for, in this order."""
    shared = os.environ.get("OPSEF_WEIGHTS")
    return [ZOO, *([Path(shared).expanduser()] if shared else []), weights_folder()]


def folder_name(name: str) -> str:
    """The name of a model's folder: its own, but for models of bioimage.io, whose ids may hold a slash."""
    return name.replace(":", "-").replace("/", "-") if name.startswith(BIOIMAGEIO) else name


def find_folder(name: str) -> Path | None:
    """The folder with a card that a name or path means, or None."""
    places = [Path(name).expanduser()] if is_path(name) else [folder / folder_name(name) for folder in folders()]
    return next((place for place in places if (place / CARD).is_file()), None)


def find_card(family: str, name: str) -> tuple[Card, Path]:
    """Card and folder of a model by name or path.

    Raises:
        MissingWeights: there is none; says which there are.
        BadConfig: the card cannot be understood, or is another family's.
    """
    folder = find_folder(name)
    if folder is None:
        raise unknown(family, name)
    return card_for(family, folder), folder


def known_card(family: str, name: str) -> Card | None:
    """The card of a model by name or path; None where there is none that can be used: loading it then says why."""
    try:
        return find_card(family, name)[0]
    except (MissingWeights, BadConfig):
        return None


def card_for(family: str, folder: Path) -> Card:
    """The card of a folder whose weights are to be used by a family.

    Raises:
        BadConfig: the card cannot be understood, or is another family's.
    """
    card = read_card(folder)
    if card.family != family:
        raise BadConfig(f"{folder} holds weights for {card.family!r}, not for {family!r}.")
    return card


def unknown(
    family: str, name: str, official: Iterable[str] = (), library: str = "", kind: str = "folder"
) -> MissingWeights:
    """The error for weights that nobody knows: what there is for this family, and how to name one's own.

    Args:
        family: the model that was to use them.
        name: what was asked for.
        official: names its library can download.
        library: as users read it; the family if there is none.
        kind: what the weights of this family are, "file" or "folder".
    """
    library = library or family
    if name.startswith(BIOIMAGEIO):
        return MissingWeights(
            f"{name} cannot be used by {family}: of bioimage.io, opsef-core runs 2D StarDist models, "
            f"model('stardist', pretrained={name!r})."
        )
    if is_path(name) or windows_hint(name):
        return MissingWeights(f"There is no {kind} {name} with {library} weights.{windows_hint(name)}")
    known = [*official, *names(family)]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return MissingWeights(
        f"There are no {library} weights called {name!r}.{hint} Known: {', '.join(known) or 'none'}. "
        f"Or give a {kind} of yours by its path (./{name} for one in this folder)."
    )


def read_card(folder: Path) -> Card:
    """The card of a model folder; the file is read again only when it changed.

    Raises:
        BadConfig: the file is no YAML mapping with the fields of a card.
    """
    file = folder / CARD
    status = file.stat()
    return _read(file.absolute(), status.st_size, status.st_mtime_ns, status.st_ino)


@functools.lru_cache(maxsize=256)
def _read(file: Path, size: int, changed: int, inode: int) -> Card:
    try:
        return Card(**yaml.safe_load(file.read_text(encoding="utf8")))
    except (yaml.YAMLError, TypeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{file} is not a model card: {error}") from None
    except ValidationError as error:
        raise BadConfig(explain(f"model card {file}", Card, error)) from None


def carded() -> dict[str, Path]:
    """Every model folder that can be called by name, with its folder."""
    found: dict[str, Path] = {}
    for place in folders():
        for card in sorted(place.glob(f"[!.]*/{CARD}")):
            found.setdefault(card.parent.name, card.parent)
    return found


def names(family: str) -> list[str]:
    """Names of all model folders of a family: the zoo's, then the user's own."""
    return [name for name, folder in carded().items() if _is_of(folder, family)]


def zoo_names(family: str | None = None) -> list[str]:
    """Names of the shipped weights, of one family or of all."""
    return [n for n, folder in carded().items() if folder.parent == ZOO and (family is None or _is_of(folder, family))]


def _is_of(folder: Path, family: str) -> bool:
    """Whether a folder's card names this family; a card that cannot be read is nobody's."""
    try:
        return read_card(folder).family == family
    except OpsefError:
        return False
