"""Search a model's parameters on annotated images; the network runs once, a trial costs what its cheap part costs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from ..data import Act, overlaps
from ..errors import BadParameter, UnknownName
from ..models import Example, Examples, Raw, Segmenter, examples_of, find_device, model
from ..registry import Need
from .train import Source, examples_from, made_model
from .written import Written

if TYPE_CHECKING:
    import optuna

log = logging.getLogger(__name__)
Scores = NDArray[np.float64]
Span = tuple[float, float] | list[Any]
Sampler = Literal["tpe", "genetic", "random"]
POPULATION = 20  # of the genetic search
FOLDS = 5


@dataclass(frozen=True)
class Tuned:
    """What came out of a search.

    Attributes:
        start: the model as it was given.
        best: the model with the best mean DSB-score over all images.
        trials: one row a trial: the parameters searched, `dsb_score`.
        images: one row an image: `start`, its DSB-score as the model was given, and `held_out`, that of the trial which
            is best on the images of the other folds.
    """

    start: Segmenter
    best: Segmenter
    trials: pd.DataFrame
    images: pd.DataFrame

    @property
    def gain(self) -> float:
        """What the choice is worth on images it was not made on: mean of `held_out` minus `start`."""
        return float((self.images["held_out"] - self.images["start"]).mean())

    @property
    def model(self) -> Segmenter:
        """The model to go on with: the best one if the choice holds on other images, else the start."""
        return self.best if self.gain > 0 else self.start

    def __repr__(self) -> str:
        first, best = self.trials["dsb_score"].iloc[0], self.trials["dsb_score"].max()
        verdict = f"{self.best.title} is used." if self.gain > 0 else f"{self.start.title} stays in use."
        return (
            f"{len(self.trials)} trials: DSB-score {first:.3f} -> {best:.3f} on the images searched on, "
            f"{self.gain:+.3f} on images held out in turn. {verdict}"
        )


def tune(
    start: Segmenter,
    examples: Examples,
    search: Mapping[str, Span] | None = None,
    *,
    trials: int = 100,
    sampler: Sampler = "tpe",
    seed: int = 0,
    device: str = "auto",
) -> Tuned:
    """Search a model's parameters for the best mean DSB-score over annotated images.

    The parameters as they are now are the first trial. The search sees all images; what its choice is worth on others
    is estimated by choosing among the trials on four fifths of the images and scoring on the rest, in turn.

    Args:
        start: the model; parameters that are not searched stay as they are.
        examples: a data set, or pairs of image (YX or CYX) and labels.
        search: `{parameter: (lowest, highest)}` for numbers, `{parameter: [value, ...]}` for a choice; None: what the
            model recommends. Parameters of the network itself may be searched, too; each value then costs a pass.
        trials: how many sets of parameters are tried.
        sampler: "tpe" (Bergstra et al. 2011), "genetic" (NSGA-II, Deb et al. 2002) or "random".
        seed: of the search and of the folds.
        device: "auto", "cpu", "cuda", "mps".

    Raises:
        BadParameter: nothing to search, or a span that is none.
        UnknownName: a parameter the model does not have.
        MissingPackage: optuna is not installed.
    """
    Need("optuna", "search").check("Searching parameters")
    import optuna

    spans = _checked(start, dict(start.search if search is None else search))
    known = _Known(start.ready(find_device(device)), examples_of(examples))
    tried: list[dict[str, Any]] = [{name: getattr(start, name) for name in spans}]
    scores = [known.scores(tried[0])]

    def objective(trial: optuna.Trial) -> float:
        tried.append({name: _suggest(trial, name, span, getattr(start, name)) for name, span in spans.items()})
        scores.append(known.scores(tried[-1]))
        return float(scores[-1].mean())

    with _quiet():
        study = optuna.create_study(direction="maximize", sampler=_sampler(sampler, seed))
        study.optimize(objective, n_trials=trials - 1)
    every = np.array(scores)
    rows = [{**values, "dsb_score": float(mean)} for values, mean in zip(tried, every.mean(1), strict=True)]
    best = known.changed(tried[int(every.mean(1).argmax())])
    scored = {"start": every[0], "held_out": _held_out(every, seed)}
    images = pd.DataFrame(scored, pd.Index([e.image.name for e in known.examples], name="image"))
    made = Tuned(start, best, pd.DataFrame(rows), images)
    log.info("%s", made)
    return made


class TuneConfig(Written):
    """A search as a file.

    Attributes:
        model: `{model: name, parameter: value, ...}`.
        examples: annotated images.
        search: `{parameter: [lowest, highest]}` for numbers, `{parameter: {choices: [value, ...]}}`; None: what the
            model recommends.
        trials, sampler, seed, device: as for `tune`.
    """

    command: ClassVar = "tune"
    told_by: ClassVar = frozenset({"search", "trials", "sampler"})

    model: dict[str, Any]
    examples: Source
    search: dict[str, tuple[float, float] | dict[Literal["choices"], list[Any]]] | None = None
    trials: int = Field(100, ge=2)
    sampler: Sampler = "tpe"
    seed: int = Field(0, ge=0)
    device: str = "auto"

    def run(self, data: Path | None = None) -> Tuned:
        """Do what the file says; `data`: where the data set's files lie."""
        spans = None if self.search is None else {k: _span(v) for k, v in self.search.items()}
        return tune(
            made_model(self.model),
            examples_from(self.examples.open(data)),
            spans,
            trials=self.trials,
            sampler=self.sampler,
            seed=self.seed,
            device=self.device,
        )


def _span(given: Any) -> Span:
    """A span as it stands in a file."""
    if isinstance(given, dict):
        return list(given["choices"])
    return given[0], given[1]


class _Known:
    """The images, their truth, and what the network last said about them."""

    def __init__(self, start: Segmenter, examples: Sequence[Example]) -> None:
        self.start, self.examples = start, examples
        self.act: Act | None = None
        self.raws: list[Raw] = []

    def changed(self, values: Mapping[str, Any]) -> Segmenter:
        """The model with other values."""
        made: Segmenter = model(self.start.name, **{**self.start.model_dump(), **values})
        return made

    def scores(self, values: Mapping[str, Any]) -> Scores:
        """DSB-score of each image."""
        candidate = self.changed(values)
        if self.act != candidate.network_act:
            net = self.start
            if self.start.network_act != candidate.network_act:
                net = candidate.ready(self.start.loaded_on)
            self.act = candidate.network_act
            self.raws = [net.network(net.pixels_of(e.image)) for e in self.examples]
        found = (candidate.objects(raw)[0] for raw in self.raws)
        pairs = zip(self.examples, found, strict=True)
        return np.array([overlaps(e.truth.pixels, np.asarray(x)).dsb_score for e, x in pairs])


def _checked(start: Segmenter, spans: dict[str, Span]) -> dict[str, Span]:
    """The spans, if they can be searched."""
    if not spans:
        raise BadParameter(f"{start.name} recommends no parameters to search; say which: search={{name: (low, high)}}.")
    for name, span in spans.items():
        if name not in type(start).model_fields:
            raise UnknownName(f"parameter of {start.name}", name, list(type(start).model_fields))
        numbers = isinstance(span, tuple) and len(span) == 2 and all(isinstance(x, int | float) for x in span)
        if not (numbers and span[0] < span[1]) and not (isinstance(span, list) and span):
            raise BadParameter(
                f"The span of {name} is (lowest, highest) for numbers or a list of values, not {span!r}."
            )
    return spans


def _suggest(trial: optuna.Trial, name: str, span: Span, now: Any) -> Any:
    """A value to try; a whole number where the parameter is one now."""
    if isinstance(span, list):
        return trial.suggest_categorical(name, span)
    low, high = span
    return (
        trial.suggest_int(name, round(low), round(high)) if type(now) is int else trial.suggest_float(name, low, high)
    )


def _sampler(name: Sampler, seed: int) -> optuna.samplers.BaseSampler:
    import optuna

    made = {
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
        "genetic": lambda: optuna.samplers.NSGAIISampler(seed=seed, population_size=POPULATION),
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
    }
    if name not in made:
        raise UnknownName("sampler", name, list(made))
    return made[name]()


def _held_out(every: Scores, seed: int) -> NDArray[np.float64]:
    """Score of each image by a choice it had no part in, of (trials, images) scores; a single image has only itself."""
    n = every.shape[1]
    if n < 2:
        return np.asarray(every.max(0))
    found = np.zeros(n)
    for fold in np.array_split(np.random.default_rng(seed).permutation(n), min(FOLDS, n)):
        others = np.setdiff1d(np.arange(n), fold)
        found[fold] = every[int(every[:, others].mean(1).argmax()), fold]
    return found


class _quiet:
    """Optuna without a line for each trial."""

    def __enter__(self) -> None:
        import optuna

        self.before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)

    def __exit__(self, *_: object) -> None:
        import optuna

        optuna.logging.set_verbosity(self.before)
