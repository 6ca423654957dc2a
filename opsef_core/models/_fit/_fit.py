"""Fit a model: train in blocks, look at held-out images, keep the best, and compare it with where it started."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...data import digest
from .._device import find_device
from ._examples import Example, Examples, examples_of, held_out
from ._folder import About, publish, write_model
from ._judge import describe, evenly, mean_score, score
from ._plan import Plan, rate
from ._progress import FOLDER, Progress
from ._trainer import Trainer

if TYPE_CHECKING:
    from .._segmenter import Segmenter

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fit:
    """What came out of a fit.

    Attributes:
        fitted: the best model of the training.
        start: the model it started from; None if it started from random weights.
        scores: one row a held-out image: kind, n_true, and for `start` and `fitted` the DSB-score (`..._dsb_score`) and
            the number of objects found (`..._n`).
        curves: one row a look at the held-out images: step, loss, score, learning_rate, seconds.
        folder: where the fitted model lies, `training/` in it has checkpoint and curves.
    """

    fitted: Segmenter
    start: Segmenter | None
    scores: pd.DataFrame
    curves: pd.DataFrame
    folder: Path

    @property
    def better(self) -> bool:
        """Whether the fitted model beats its start on the held-out images; from random weights: finds anything."""
        gain = self.scores["fitted_dsb_score"].mean()
        return bool(gain > (0.0 if self.start is None else self.scores["start_dsb_score"].mean()))

    @property
    def model(self) -> Segmenter:
        """The model to go on with: the fitted one if it is better, else the start (if there was one)."""
        return self.fitted if self.better or self.start is None else self.start

    def __repr__(self) -> str:
        return describe(self)


def fit(
    model: Segmenter,
    examples: Examples,
    folder: str | Path | None = None,
    *,
    validation: Examples | None = None,
    plan: Plan | None = None,
    device: str = "auto",
    about: About | None = None,
    progress: bool = True,
) -> Fit:
    """Train a model's network on annotated images, or go on with the training in `folder`.

    It may be stopped at any time; the same call goes on from the last block of steps.

    Args:
        model: its family decides the method, its weights are where the training starts (unless `plan.scratch`).
        examples: a data set, or pairs of image (YX or CYX) and labels. A fifth is held out, unless there is
        folder: of the fitted model; None: `models/<family>-<checksum of the examples>`.
        validation: what judges the fit instead; never trained on.
        plan: how long and how to train.
        device: "auto", "cpu", "cuda", "mps".
        about: title, licence, data set, for the model card.
        progress: show a progress bar with the time left.

    Raises:
        BadParameter: a model that has nothing to train.
        BadLabels, BadImage: examples that cannot be learned from.
        BadRunFolder: `folder` holds another training.
        MissingWeights: the start weights are not on this machine.
    """
    plan, device = plan or Plan(), find_device(device)
    known = examples_of(examples)
    training, judging = held_out(known, plan.seed) if validation is None else (known, examples_of(validation))
    folder = Path(folder) if folder is not None else Path("models") / f"{model.name}-{_checksum(known)[:8]}"
    start = None if plan.scratch else model.ready(device)
    trainer = type(model).trainer()(training, device, plan.seed)
    trainer.begin(start)
    same = {
        "family": model.name,
        "examples": _checksum(training),
        "seed": plan.seed,
        "start": "random" if start is None else start.weights_checksum,
    }
    job = _Job(model, trainer, judging, plan, device, folder, about or About(), same)
    done = job.run(start, progress)
    fitted = job.fitted(folder)
    scores = score(fitted, judging, device, "fitted")
    if start is not None:
        before = score(start, judging, device, "start")
        scores[["start_dsb_score", "start_n"]] = before[["start_dsb_score", "start_n"]].to_numpy()
    made = Fit(fitted, start, scores, pd.DataFrame(done.rows), folder)
    write_model(trainer, folder, job.about, done, scores, written=True)
    log.log(logging.INFO if made.better else logging.WARNING, "%s", made)
    return made


def _checksum(examples: list[Example]) -> str:
    """What was annotated, and how: pixels and instances, in order."""
    return digest(*([e.image.fingerprint, digest(e.truth.pixels), round(e.share, 6)] for e in examples))


@dataclass
class _Job:
    """A training under way."""

    model: Segmenter
    trainer: Trainer
    judging: list[Example]
    plan: Plan
    device: str
    folder: Path
    about: About
    same: dict[str, Any]

    @property
    def steps(self) -> int:
        """Steps in all."""
        recommended = self.trainer.steps if self.plan.scratch else self.trainer.steps // 4
        return self.plan.steps or max(1, recommended)

    @property
    def highest_rate(self) -> float:
        """Highest learning rate."""
        recommended = self.trainer.learning_rate if self.plan.scratch else self.trainer.learning_rate / 3
        return self.plan.learning_rate or recommended

    def fitted(self, folder: Path) -> Segmenter:
        """The user's model with the weights in a folder."""
        path = str(folder) if len(folder.parts) > 1 else f"./{folder}"
        return type(self.model)(**{**self.model.model_dump(), "pretrained": path})

    def run(self, start: Segmenter | None, show: bool) -> Progress:
        """Train until the steps or the hours are used up."""
        from tqdm.auto import tqdm

        work = self.folder / FOLDER
        found = Progress.load(work, self.same)
        progress = found[0] if found else Progress(self.same)
        if found:
            self.trainer.restore(found[1])
            log.info("going on at step %d of %d (best so far %.4f)", progress.step, self.steps, progress.best)
        looked_at = evenly(self.judging, self.plan.look_at)
        known = (
            None if start is None else float(score(start, looked_at, self.device, "start")["start_dsb_score"].mean())
        )
        losses: list[tuple[float, int]] = []
        with tqdm(total=100, desc=f"fit {self.model.name}", unit="%", disable=not show) as bar:
            while (done := self.plan.done(progress.step, self.steps, progress.seconds)) < 1:
                bar.update(round(100 * done) - bar.n)
                began = time.monotonic()
                losses.append(self._block(progress))
                progress.seconds += time.monotonic() - began
                last = self.plan.done(progress.step, self.steps, progress.seconds) >= 1
                if progress.step % self.plan.score_every == 0 or last:
                    self._look(progress, looked_at, losses, known)
                    losses.clear()
                progress.save(work, self.trainer.state())
                bar.set_postfix_str(f"step {progress.step}, best {progress.best:.3f}", refresh=False)
            bar.update(100 - bar.n)
        self.trainer.finish(self.folder)
        return progress

    def _block(self, progress: Progress) -> tuple[float, int]:
        """Some steps, up to the next look; returns their mean loss and their number."""
        first, used = progress.step, progress.seconds
        until_look = self.plan.score_every - first % self.plan.score_every
        count = min(self.trainer.block_steps, until_look, self.steps - first)
        loss = self.trainer.block(
            first, count, lambda step: rate(self.highest_rate, step, self.plan.done(step, self.steps, used))
        )
        progress.step += count
        return loss, count

    def _look(
        self, progress: Progress, looked_at: list[Example], losses: list[tuple[float, int]], known: float | None
    ) -> None:
        """Judge the network as it is, and keep it if it is the best so far."""
        began = time.monotonic()
        candidate = self.folder / FOLDER / "candidate"
        write_model(self.trainer, candidate, self.about, progress)
        model = self.fitted(candidate)
        mean = mean_score(model, looked_at, self.device, self.trainer.to_judge)
        loss = sum(value * n for value, n in losses) / max(1, sum(n for _, n in losses))
        done = self.plan.done(progress.step, self.steps, progress.seconds)
        better = progress.look(mean, loss, rate(self.highest_rate, progress.step, done))
        if better:
            publish(candidate, self.folder)
        progress.seconds += time.monotonic() - began
        progress.draw(self.folder / FOLDER, known)
        log.info("step %d: loss %.4f, score %.4f (best %.4f)", progress.step, loss, mean, progress.best)
