"""A fitted model's folder: weights, card, and the list of the images it was trained on."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from ...atomic import make_folder, write_whole
from ...data import digest
from .._card import CARD, Card, read_card, sha256_of, write_card
from .._trained_on import FILE, TrainingImage, write_list
from ._examples import Example
from ._progress import Progress
from ._trainer import Trainer


class About(BaseModel):
    """What the card says beyond what was measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = ""
    licence: str = "as the images it was trained on"
    dataset: str = ""
    notes: str = ""


def write_model(
    trainer: Trainer,
    folder: Path,
    about: About,
    progress: Progress,
    seen: list[TrainingImage],
    scores: pd.DataFrame | None = None,
    written: bool = False,
) -> Card:
    """Write weights (unless `written` before), the list of training images, and the card, last."""
    make_folder(folder)
    if not written:
        _empty(folder)
    weights = read_card(folder).weights if written else trainer.write(folder)
    write_list(folder, seen)
    here = read_card(folder).files if written else (f.name for f in folder.iterdir() if f.is_file())
    others = [folder / name for name in sorted(here) if name not in (CARD, weights)]
    facts = trainer.about()
    card = Card(
        family=progress.same["family"],
        title=about.title or f"{progress.same['family']} fitted to {len(trainer.examples)} images",
        architecture=facts["architecture"],
        input=facts["input"],
        weights=weights,
        sha256=sha256_of(folder / weights),
        files={f.name: sha256_of(f) for f in others},
        licence=about.licence,
        trained_on=_images(trainer.examples, about.dataset),
        training=_training(trainer, progress),
        scores={} if scores is None else _scores(scores),
        notes=about.notes,
    )
    write_card(card, folder)
    return card


def publish(candidate: Path, folder: Path) -> None:
    """Put the files of a candidate into the model folder, the card last."""
    card = read_card(candidate)
    make_folder(folder)
    for name in (card.weights, *card.files, CARD):
        write_whole(folder / name, (candidate / name).read_bytes())


def _empty(folder: Path) -> None:
    """Remove the files of the candidate before."""
    for file in folder.iterdir():
        file.unlink()


def _images(examples: list[Example], dataset: str) -> dict[str, Any]:
    names = sorted(e.image.name for e in examples)
    return {
        "dataset": dataset or "the user's own images",
        "images": len(names),
        "objects": sum(e.truth.count for e in examples),
        "checksum_of_names": digest(*names),
        "list": FILE,
    }


def _training(trainer: Trainer, progress: Progress) -> dict[str, Any]:
    return {
        "started_from": progress.same["start"],
        "steps": progress.step,
        "best_step": progress.best_step or progress.step,
        "batch": trainer.batch,
        "hours": round(progress.seconds / 3600, 2),
        "device": f"{trainer.device} ({platform.machine()})",
        "seed": progress.same["seed"],
        "date": datetime.date.today().isoformat(),
    }


def _scores(table: pd.DataFrame) -> dict[str, Any]:
    """Mean scores, by kind where kinds are known."""
    made: dict[str, Any] = {"on": f"{len(table)} held-out images, mean over images; the best step was picked on them"}
    for name in ("start", "fitted"):
        if (column := f"{name}_dsb_score") in table:
            made[f"{name}_dsb_score"] = round(float(table[column].mean()), 4)
    if (table["kind"] != "").any():
        by_kind = table.groupby("kind")["fitted_dsb_score"].mean()
        made["fitted_dsb_score_by_kind"] = {str(k): round(float(v), 4) for k, v in by_kind.items()}
    return made
