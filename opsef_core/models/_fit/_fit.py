"""Fit a model: train in blocks, look at held-out images, keep the best, and compare it with where it started."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...alone import working
from ...atomic import make_folder
from ...data import digest
from ...errors import BadParameter, BadRunFolder
from .._device import find_device
from .._trained_on import TrainingImage, listed
from ._examples import Example, Examples, examples_of, held_out, mixed
from ._folder import About, write_model
from ._job import Job
from ._judge import describe, score
from ._plan import plan_of
from ._progress import FOLDER
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
    device: str = "auto",
    about: About | None = None,
    progress: bool = True,
    **plan: Any,
) -> Fit:
    """Train a model's network on annotated images, or go on with the training in `folder`.

    It may be stopped at any time; the same call goes on from the last block of steps. The outcome is in the log, and
    below the progress bar.

    Args:
        model: its family decides the method, its weights are where the training starts (unless `scratch=True`).
        examples: a data set, or pairs of image (YX or CYX) and labels.
        folder: of the fitted model, new or with a training of the same; None: `models/<family>-<checksum>`.
        validation: what judges the fit; None: a fifth of the examples is held out, of few images a part of each.
        device: "auto", "cpu", "cuda", "mps".
        about: title, licence, data set, for the model card.
        progress: show a progress bar with the time left, and what came out.
        **plan: `steps`, `hours`, `scratch`, `seed`, `learning_rate`, ... as in `Plan`.

    Raises:
        BadParameter: a model that has nothing to train; an option that does not exist or has an impossible value.
        BadLabels, BadImage: examples that cannot be learned from.
        BadRunFolder: `folder` holds another training, or something else; or another process trains there now.
        CannotWrite, DiskFull: `folder` cannot be written.
        MissingWeights: the start weights are not on this machine.
    """
    chosen, device, trained_by = plan_of(plan), find_device(device), _trainer_of(model)
    known = examples_of(examples)
    training, judging = held_out(known, chosen.seed) if validation is None else (known, examples_of(validation))
    training = mixed(training, chosen.synthetic_fraction)
    _warn_of_copies(training, judging)
    folder = _checked(Path(folder or Path("models") / f"{model.name}-{_checksum(known)[:8]}").expanduser())
    start = None if chosen.scratch else model.ready(device)
    trainer = trained_by(training, device, chosen.seed)
    same = {
        "family": model.name,
        "examples": _checksum(training),
        "seed": chosen.seed,
        "start": "random" if start is None else start.weights_checksum,
        **trainer.same(),
    }
    seen = _seen(known, judging, start)
    job = Job(model, trainer, judging, chosen, device, folder, about or About(), seen, same)
    with working(make_folder(folder)):
        done = job.run(start, progress)
        fitted = job.fitted(folder)
        start = None if start is None or start.untrained else start  # what was never trained is not compared with
        scores = _compared(start, fitted, judging, device)
        write_model(trainer, folder, job.about, done, seen, scores, written=True)
    made = Fit(fitted, start, scores, pd.DataFrame(done.rows), folder)
    _tell(made, progress)
    return made


def _compared(start: Segmenter | None, fitted: Segmenter, judging: list[Example], device: str) -> pd.DataFrame:
    """Scores of both on each held-out image; of the fitted model alone if there is nothing to compare with."""
    scores = score(fitted, judging, device, "fitted")
    if start is not None:
        before = score(start, judging, device, "start")
        scores[["start_dsb_score", "start_n"]] = before[["start_dsb_score", "start_n"]].to_numpy()
    return scores


def _trainer_of(model: Segmenter) -> Callable[[Sequence[Example], str, int], Trainer]:
    """How a model is trained.

    Raises:
        BadParameter: no model, several, or one that does not learn.
        MissingPackage: its library is not installed.
    """
    from .._segmenter import Segmenter

    if not isinstance(model, Segmenter):
        raise BadParameter(f"To fit takes one model, for example model('unet'); this is {model!r}.")
    model.check_installed()
    return model.trainer()


def _checked(folder: Path) -> Path:
    """The folder, if it is new or has a training.

    Raises:
        BadRunFolder: there are other things in it, for example the start model.
    """
    if folder.is_file():
        raise BadRunFolder(f"{folder} is a file; the fitted model needs a folder.")
    there = [f.name for f in folder.iterdir() if not f.name.startswith(".")] if folder.is_dir() else []
    if there and FOLDER not in there:
        raise BadRunFolder(f"{folder} holds something else ({', '.join(sorted(there)[:3])}). Give another folder.")
    return folder


def _checksum(examples: list[Example]) -> str:
    """What was annotated, and how: pixels and instances, in order."""
    return digest(*([e.image.fingerprint, digest(e.truth.pixels), round(e.share, 6)] for e in examples))


def _warn_of_copies(training: list[Example], judging: list[Example]) -> None:
    """Say when the fit is judged by what it was trained on."""
    trained_on = {e.image.fingerprint for e in training}
    if copies := sum(e.image.fingerprint in trained_on for e in judging):
        log.warning(
            "%d of the %d images that judge the fit are trained on, too: the scores will flatter it.",
            copies,
            len(judging),
        )


def _seen(known: list[Example], judging: list[Example], start: Segmenter | None) -> list[TrainingImage]:
    """The images the fitted model has seen: those it was trained on, whole, and what its start weights had seen."""
    held_back = {id(e) for e in judging}  # not the held-out parts of cut images: these are new
    pairs = [(e.image, e.kind) for e in known if id(e) not in held_back]
    return listed(pairs, frozenset() if start is None else start.trained_on, [e.image for e in judging])


def _tell(made: Fit, show: bool) -> None:
    """Say what came out: a fit that lost is never silent about it."""
    from tqdm.auto import tqdm

    log.log(logging.INFO if made.better else logging.WARNING, "%s", made)
    if show:
        tqdm.write(str(made))
