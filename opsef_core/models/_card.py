"""A weights folder and its card: what the weights are, what they were trained on, and whether the file is whole."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import BadConfig, MissingWeights
from ..registry import explain

ZOO = Path(__file__).parent / "zoo"
CARD = "model.yml"


class Card(BaseModel):
    """`model.yml` beside the weights.

    Attributes:
        family: the model that reads these weights, e.g. "unet".
        weights: file name, in the card's folder.
        sha256: of that file.
        trained_on: data set, split, number of images, checksum of the list of ids.
        training: steps or epochs, hours, machine, seed, date.
        scores: what was measured, where, by image class.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    title: str
    weights: str
    sha256: str
    licence: str
    trained_on: dict[str, Any]
    training: dict[str, Any]
    scores: dict[str, Any] = {}
    notes: str = ""

    def check(self, folder: Path) -> Path:
        """The weights file, if it is there and whole.

        Raises:
            MissingWeights: it is absent or its checksum is another.
        """
        file = folder / Path(self.weights).name
        if not file.is_file():
            raise MissingWeights(f"The weights file {file} of {self.title!r} is missing; put it there again.")
        if (found := sha256_of(file)) != self.sha256:
            raise MissingWeights(
                f"The weights file {file} is damaged: its checksum is {found[:12]}..., its card says "
                f"{self.sha256[:12]}.... Put the original file back."
            )
        return file


def sha256_of(file: Path) -> str:
    """Checksum of a file, read in pieces."""
    h = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            h.update(piece)
    return h.hexdigest()


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
