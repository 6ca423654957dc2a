"""A style's folder and its card, which is written last: without it there is no style."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ...atomic import write_whole
from ...errors import BadRunFolder, MissingWeights

CARD, WEIGHTS, CURVES, WORK = "style.yml", "painter.safetensors", "curves.csv", "training"
FORMAT = 1


class Look(BaseModel):
    """How one style's images come out.

    Attributes:
        grey: whether they have one channel.
        channels: names of the channels; empty for images without a channel axis.
        levels: of each image it was learned from, the pixel values that -0.9 and 0.9 stand for, 0 to 255. The tints of
            its objects are beside the weights, as `tints.STYLE.IMAGE` by number.
        images: their names; empty in cards of before they were told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    grey: bool
    channels: tuple[str, ...] = ()
    levels: tuple[tuple[float, float], ...]
    images: tuple[str, ...] = ()


class StyleCard(BaseModel):
    """`style.yml`.

    Attributes:
        name: of the style.
        object_px: diameter in pixels at which objects are painted best.
        design: size of the networks.
        looks: by style.
        sha256: of the weights.
        training: images, objects, tiles, steps, seconds, device, seed, and what must be the same to go on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    name: str
    object_px: float
    design: str
    channels: int
    looks: dict[str, Look]
    sha256: str
    training: dict[str, Any]


def write_card(card: StyleCard, folder: Path) -> None:
    """Write the card, whole or not at all."""
    content = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)
    write_whole(folder / CARD, content.encode())


def read_card(folder: Path) -> StyleCard:
    """The card of a finished style.

    Raises:
        MissingWeights: no style there, or none that is finished, or its weights are missing or damaged.
        BadRunFolder: the card cannot be understood.
    """
    file = folder / CARD
    if not file.is_file():
        state = "was not learned to its end; call learn_style again to go on" if (folder / WORK).is_dir() else "is none"
        raise MissingWeights(f"{folder} holds no style: there {state}.")
    try:
        card = StyleCard(**yaml.safe_load(file.read_text(encoding="utf8")))
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, ValidationError) as error:
        raise BadRunFolder(f"{file} is no card of a style: {error}.") from None
    if card.format != FORMAT:
        raise BadRunFolder(f"{file} has the format {card.format}, this version reads {FORMAT}. Learn the style anew.")
    weights = folder / WEIGHTS
    if not weights.is_file() or checksum(weights) != card.sha256:
        raise MissingWeights(f"{weights} is missing or damaged. Put it there again, or learn the style anew.")
    return card


def checksum(file: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds something else.

    Raises:
        BadRunFolder: there are files that no style has.
    """
    if folder.exists() and not folder.is_dir():
        raise BadRunFolder(f"{folder} is a file; a style needs a folder.")
    others = [
        f.name
        for f in sorted(folder.glob("*"))
        if f.name not in (CARD, WEIGHTS, CURVES, WORK) and not f.name.endswith(".part") and not f.name.startswith(".")
    ]
    if others:
        raise BadRunFolder(
            f"{folder} holds something else ({', '.join(others[:3])}). Give an empty folder, or a new one."
        )
