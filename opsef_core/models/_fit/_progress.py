"""Where a training stands: checkpoint, curves, picture of the curves. All files are written whole or not at all."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...atomic import make_folder, write_whole
from ...errors import BadRunFolder
from ._trainer import Tensors

FOLDER = "training"  # in the model folder
CHECKPOINT, CURVES, PICTURE = "checkpoint.safetensors", "curves.csv", "curves.png"
COLUMNS = ("step", "loss", "score", "learning_rate", "seconds")


@dataclass
class Progress:
    """Steps taken, seconds used, best score, and a row for each look at the held-out images.

    Attributes:
        same: what must be the same for a training to go on: family, examples, seed, start.
        step: optimiser steps taken.
        seconds: training time, interruptions not counted.
        best: best score so far, and the step it was reached at.
        rows: step, loss, score, rate, seconds of every look.
    """

    same: dict[str, Any]
    step: int = 0
    seconds: float = 0.0
    best: float = float("-inf")
    best_step: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)

    def look(self, score: float, loss: float, rate: float) -> bool:
        """Note a score; returns whether it is the best."""
        row = {"step": self.step, "loss": loss, "score": score, "learning_rate": rate, "seconds": round(self.seconds)}
        self.rows.append(row)
        better = score > self.best
        if better:
            self.best, self.best_step = score, self.step
        return better

    def save(self, folder: Path, state: Tensors) -> None:
        """Write checkpoint, table and picture."""
        from safetensors.numpy import save

        make_folder(folder)
        solid = {name: np.asarray(value, order="C") for name, value in state.items()}
        write_whole(folder / CHECKPOINT, save(solid, metadata={"progress": json.dumps(self.__dict__)}))
        table = pd.DataFrame(self.rows, columns=list(COLUMNS))
        write_whole(folder / CURVES, table.to_csv(index=False, float_format="%.6g").encode())

    @classmethod
    def load(cls, folder: Path, same: dict[str, Any]) -> tuple[Progress, Tensors] | None:
        """The training in a folder, if there is one.

        Raises:
            BadRunFolder: there is one of another model, on other examples, or the checkpoint is broken.
        """
        file = folder / CHECKPOINT
        if not file.is_file():
            return None
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(file, framework="np") as opened:
                progress = cls(**json.loads(opened.metadata()["progress"]))
                names = opened.keys()
                state = {name: opened.get_tensor(name) for name in names}
        except (SafetensorError, TypeError, KeyError, ValueError) as error:
            raise BadRunFolder(
                f"{file} cannot be read ({error}). Delete {folder} to begin the training anew."
            ) from error
        if differs := [key for key, value in same.items() if progress.same.get(key) != value]:
            raise BadRunFolder(
                f"{folder} holds another training: it differs in {', '.join(differs)}. "
                "Give another folder, or delete this one."
            )
        return progress, state

    def draw(self, folder: Path, start: float | None) -> None:
        """Picture of the loss and the score over the steps, the start model's score as a line."""
        from matplotlib.figure import Figure

        table = pd.DataFrame(self.rows)
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(table["step"], table["loss"], color="0.35")
        left.set(xlabel="step", ylabel="training loss")
        right.plot(table["step"], table["score"], marker=".", color="tab:blue")
        right.plot(self.best_step, self.best, "o", color="tab:orange", label=f"best: {self.best:.3f}")
        if start is not None:
            right.axhline(start, color="0.5", linestyle="--", label=f"start model: {start:.3f}")
        right.set(xlabel="step", ylabel="DSB-score, held-out images")
        right.legend(frameon=False)
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=110)
        write_whole(folder / PICTURE, drawn.getvalue())
