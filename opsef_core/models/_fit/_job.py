"""A training under way: blocks of steps, looks at held-out images, the best network in the model folder."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BadRunFolder, OpsefError
from .._card import read_card
from .._trained_on import TrainingImage
from ._examples import Example
from ._folder import About, publish, write_model
from ._judge import evenly, mean_score
from ._plan import Plan
from ._progress import FOLDER, Progress
from ._trainer import Trainer

if TYPE_CHECKING:
    from .._segmenter import Segmenter

log = logging.getLogger(__name__)
ASTRAY = "By step %d the training went astray: its loss is no number any more. A lower learning rate may help."


@dataclass
class Job:
    """One training.

    Attributes:
        model: the user's, with its parameters; only its weights change.
        trainer: of its family, not begun yet.
        judging: images that are not trained on.
        seen: for the list of training images.
        same: what must be the same for a training to go on.
    """

    model: Segmenter
    trainer: Trainer
    judging: list[Example]
    plan: Plan
    device: str
    folder: Path
    about: About
    seen: list[TrainingImage]
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

    @property
    def work(self) -> Path:
        """Where checkpoint, curves and the candidate for the best model lie."""
        return self.folder / FOLDER

    def fitted(self, folder: Path) -> Segmenter:
        """The user's model with the weights in a folder."""
        path = str(folder) if len(folder.parts) > 1 else f"./{folder}"
        return type(self.model)(**{**self.model.model_dump(), "pretrained": path})

    def run(self, start: Segmenter | None, show: bool) -> Progress:
        """Train until the steps or the hours are used up.

        Raises:
            BadRunFolder: the folder has a training that cannot go on.
        """
        from tqdm.auto import tqdm

        progress = self._begin(start)
        looked_at = evenly(self.judging, self.plan.look_at)
        known = None
        if start is not None and not start.untrained:
            known = mean_score(start, looked_at, self.device, self.trainer.to_judge)
        losses: list[tuple[float, int]] = []
        begun = round(100 * self._done(progress))
        with tqdm(total=100, initial=begun, desc=f"fit {self.model.name}", unit="%", disable=not show) as bar:
            while (done := self._done(progress)) < 1:
                bar.update(round(100 * done) - bar.n)
                losses.append(self._block(progress))
                lost = not math.isfinite(losses[-1][0])
                if lost or progress.step % self.plan.score_every == 0 or self._done(progress) >= 1:
                    self._look(progress, looked_at, losses, known)
                    losses.clear()
                progress.save(self.work, self.trainer.state())
                bar.set_postfix_str(f"step {progress.step}, best {progress.best:.3f}", refresh=False)
                if lost:
                    log.warning(ASTRAY, progress.step)
                    break
            bar.update(100 - bar.n)
        if progress.best == -math.inf:  # over, but the files of the model are gone
            self._look(progress, looked_at, losses, known)
            progress.save(self.work, self.trainer.state())
        self._finish(progress)
        return progress

    def _begin(self, start: Segmenter | None) -> Progress:
        """A new training, or the one in the folder."""
        found = Progress.load(self.work, self.same)
        self.trainer.begin(start)
        if found is None:
            return Progress(self.same)
        progress, state = found
        try:
            self.trainer.restore(state)
        except (KeyError, ValueError, RuntimeError) as error:
            raise BadRunFolder(
                f"The training in {self.work} is of another version of the network ({error}). "
                f"Give another folder, or delete {self.work} to begin anew."
            ) from error
        log.info("going on at step %d of %d (best so far %.4f)", progress.step, self.steps, progress.best)
        if progress.rows and not _whole(self.folder):
            log.warning("The best model so far is missing or damaged in %s; the best from now on is kept.", self.folder)
            progress.best = -math.inf
        return progress

    def _done(self, progress: Progress) -> float:
        return self.plan.done(progress.step, self.steps, progress.seconds)

    def _block(self, progress: Progress) -> tuple[float, int]:
        """Some steps, up to the next look; returns their mean loss and their number."""
        began, first, used = time.monotonic(), progress.step, progress.seconds
        until_look = self.plan.score_every - first % self.plan.score_every
        count = min(self.trainer.block_steps, until_look, self.steps - first)
        if self.plan.schedule == "layer_groups":
            self.trainer.teach(self.plan.group(self._done(progress)))
        loss = self.trainer.block(
            first, count, lambda step: self.plan.rate(self.highest_rate, step, self.plan.done(step, self.steps, used))
        )
        progress.step += count
        progress.seconds += time.monotonic() - began
        return loss, count

    def _look(
        self, progress: Progress, looked_at: list[Example], losses: list[tuple[float, int]], known: float | None
    ) -> None:
        """Judge the network as it is, and keep it if it is the best so far."""
        began = time.monotonic()
        candidate = self.work / "candidate"
        write_model(self.trainer, candidate, self.about, progress, self.seen)
        model = self.fitted(candidate)
        mean = mean_score(model, looked_at, self.device, self.trainer.to_judge)
        loss = sum(value * n for value, n in losses) / sum(n for _, n in losses) if losses else math.nan
        better = progress.look(mean, loss, self.plan.rate(self.highest_rate, progress.step, self._done(progress)))
        if better:
            publish(candidate, self.folder)
        progress.seconds += time.monotonic() - began
        progress.draw(self.work, known)
        log.info("step %d: loss %.4f, score %.4f (best %.4f)", progress.step, loss, mean, progress.best)

    def _finish(self, progress: Progress) -> None:
        """Last touches to the best model: on a copy, so that a kill leaves a whole model."""
        candidate = self.work / "candidate"
        publish(self.folder, candidate)
        self.trainer.finish(candidate)
        write_model(self.trainer, candidate, self.about, progress, self.seen, written=True)
        publish(candidate, self.folder)


def _whole(folder: Path) -> bool:
    """Whether there is a model whose files are what its card says."""
    try:
        read_card(folder).check(folder)
    except (OpsefError, OSError):
        return False
    return True
