"""A weights folder and its card: what the weights are, what they were trained on, and whether the file is whole."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from ..atomic import write_whole
from ..errors import BadConfig, MissingWeights
from ..registry import explain

ZOO = Path(__file__).parent / "zoo"
CARD = "model.yml"


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


def find_card(family: str, name_or_folder: str) -> tuple[Card, Path]:
    """Card and folder of zoo weights by name, or of a user's model folder by path.

    Raises:
        MissingWeights: neither; says what the zoo has for this family.
        BadConfig: the card cannot be understood, or is another family's.
    """
    candidates = [ZOO / name_or_folder, Path(name_or_folder).expanduser()]
    folder = next((c for c in candidates if (c / CARD).is_file()), None)
    if folder is None:
        raise MissingWeights(
            f"There are no {family} weights called {name_or_folder!r}. In the zoo: "
            f"{', '.join(zoo_names(family)) or 'none'}. Or give the folder of a model of yours (it holds a {CARD})."
        )
    card = read_card(folder)
    if card.family != family:
        raise BadConfig(f"{folder} holds weights for {card.family!r}, not for {family!r}.")
    return card, folder


def read_card(folder: Path) -> Card:
    """The card of a weights folder.

    Raises:
        BadConfig: the file is no YAML mapping with the fields of a card.
    """
    try:
        return Card(**yaml.safe_load((folder / CARD).read_text(encoding="utf8")))
    except (yaml.YAMLError, TypeError) as error:
        raise BadConfig(f"{folder / CARD} is not a model card: {error}") from None
    except ValidationError as error:
        raise BadConfig(explain(f"model card {folder / CARD}", Card, error)) from None


def zoo_names(family: str | None = None) -> list[str]:
    """Names of the shipped weights, of one family or of all."""
    folders = sorted(f for f in ZOO.glob("*") if (f / CARD).is_file())
    return [f.name for f in folders if family is None or read_card(f).family == family]
