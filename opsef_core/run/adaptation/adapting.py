"""Adapt a model to a new kind of images without annotation: nucleAIzer's image style transfer, from images to model.

Hollandi et al. 2020 (doi 10.1016/j.cels.2020.04.003), written anew.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...adapt import Styles
from ...alone import working
from ...data import Labels
from ...errors import BadLabels, BadParameter, NothingToShow, UnknownName
from ...models import About, Example, Examples, Fit, Segmenter, examples_of, find_device, fit, held_out
from ..inputs import by_name, checked_images
from ..plan import Item
from .judge import KNOWN, PAINTED, START, TRUTH, Judgement, judge, stays
from .keep import claim, keep
from .painted import Painted
from .plan import plan_of
from .prepare import Prepared, Task, prepare

log = logging.getLogger(__name__)
JUDGE_EVERY = 5  # of the painted images of a style every fifth judges: by turns the retraining, and what came of it


@dataclass(frozen=True)
class Adapted:
    """What came out of an adaptation.

    Attributes:
        start: the model as it was; of a second round, what was used after the first.
        adapted: the retrained one; the start model where there was nothing to learn from.
        judgement: the comparison of the two, and what decided it.
        images: one row an image: `style`, `shown` (whether the style was learned from it), `objects` that the start
            model found in it, made whole and without crumbs (GTstyle: that its truth has; of shown ones), `reason`
            where it was left out.
        styles: what came of each style; empty for NOstyle.
        sorted_into: how the images were sorted into styles; None for NOstyle.
        fit: the retraining; None where there was nothing to learn from.
        folder: where all of it lies; `folder/model` is the adapted model, with a card.
    """

    start: Segmenter
    adapted: Segmenter
    judgement: Judgement
    images: pd.DataFrame
    styles: tuple[Painted, ...]
    sorted_into: Styles | None
    fit: Fit | None
    folder: Path

    @property
    def before_after(self) -> pd.DataFrame:
        """The comparison: one row a kind of evidence, `start`, `adapted`, `change`; see `Judgement`."""
        return self.judgement.table

    @property
    def better(self) -> bool:
        """Whether the adapted model is to be used."""
        return self.judgement.better

    @property
    def model(self) -> Segmenter:
        """The model to go on with: the adapted one if it is better, else the start."""
        return self.adapted if self.better else self.start

    def style(self, name: str | None = None) -> Painted:
        """What came of a style; without a name, of the first for which something was painted.

        Raises:
            UnknownName: there is no such style.
            NothingToShow: nothing was painted for any.
        """
        if name is not None:
            by = {p.name: p for p in self.styles}
            if name not in by:
                raise UnknownName("style", name, by)
            return by[name]
        if painted := next((p for p in self.styles if p.tried), None):
            return painted
        raise NothingToShow(f"Nothing was painted. {self.judgement.why}")

    def __repr__(self) -> str:
        said = [p.said for p in self.styles if p.said]
        return "\n".join([repr(self.judgement), *said, f"Folder: {self.folder}"])


def adapt(
    images: Iterable[Item],
    start: Segmenter,
    folder: str | Path | None = None,
    *,
    annotated: Examples | None = None,
    validation: Examples | None = None,
    truth: Mapping[str, Labels] | Iterable[Labels] | None = None,
    device: str = "auto",
    progress: bool = True,
    **plan: Any,
) -> Adapted:
    """Adapt a model to unlabelled images of a new kind.

    The images are sorted into styles. For each a network learns to paint such an image onto a label image, from what
    the start model finds; synthetic label images, laid out like the originals, are painted; what cannot be found back
    or does not look like the style is dropped. The model is retrained on painted and annotated images together, and
    compared with its start. Where nothing is left to learn from, the start model stays in use, with the reason. It may
    be stopped at any time; the same call goes on.

    Args:
        images: of the new kind, YX or CYX.
        start: a model that offers `fit`: nucleaizer, unet, stardist, cellpose.
        folder: of all that is made; None: `adapted/<family>-<checksum of images and start>`.
        annotated: a data set, or pairs of image and labels, that the model knows already; mixed in so that it does not
            forget them. None: painted images alone.
        validation: annotated images that judge beside painted ones: one half of both tells when the retraining was at
            its best, the other half whether that is better than the start; None: a fifth of `annotated`.
        truth: label images of some of the new images. They judge the result, and GTstyle learns styles from them.
        device: "auto", "cpu", "cuda", "mps".
        progress: show progress bars.
        **plan: as in `AdaptPlan`: variant, single_style, masks_a_style, synthetic_fraction, steps, hours, rounds, ...

    Raises:
        BadParameter: a model that does not learn; an option that does not exist; NOstyle without annotated images,
            GTstyle without truth.
        BadImage: no image that can be used.
        BadLabels: truth of another size than its image.
        BadRunFolder: the folder holds another adaptation, or something else; or another process adapts there now.
        CannotWrite, DiskFull: the folder cannot be written.
        MissingPackage, MissingWeights: with the way out.
    """
    chosen, device = plan_of(plan), find_device(device)
    start.check_installed()
    start.fetch()  # what the weights are is part of whose folder it is
    start.trainer()
    items = checked_images(images)
    known = None if annotated is None else examples_of(annotated)
    learning, judging = _divided(known, validation, chosen.seed)
    task = Task(items, by_name(truth or ()), learning, judging, chosen, device, progress)
    _check(task, known)
    folder = claim(folder, start, items, known, chosen)
    with working(folder):
        made = _rounds(task, start, folder)
    log.info("%s", made)
    return made


def _rounds(task: Task, start: Segmenter, folder: Path) -> Adapted:
    """Once or several times through, each round from the best model so far; what came of each is kept."""
    model, called = start, START
    for number in range(1, task.plan.rounds):
        made = _once(task, model, folder / f"round_{number}", called)
        keep(made, task.plan, task.items)
        if made.better:
            model, called = made.model, f"The model of round {number}"
    made = _once(task, model, folder, called)
    keep(made, task.plan, task.items)
    return made


def _once(task: Task, start: Segmenter, folder: Path, called: str) -> Adapted:
    """Once through: styles, painted images, retraining, comparison with what the start is called."""
    ready = prepare(task, start, folder)
    learned, painted = _shared(ready.styles)
    if why := _nothing(task, learned, painted):
        judgement = stays(" ".join([why, *(p.said for p in ready.styles)]), called)
        log.warning("%s", judgement.why)
        return Adapted(start, start, judgement, ready.images, ready.styles, ready.sorted_into, None, folder)
    deciding = {PAINTED: painted[::2], KNOWN: task.judging[::2], TRUTH: _judging_truth(task, ready)}
    choosing = [*(painted[1::2] or painted), *(task.judging[1::2] or task.judging)]  # of so few that none is left, all
    done = fit(
        start,
        [*task.learning, *learned],
        folder / "model",
        validation=choosing,
        device=task.device,
        about=_about(start, task, ready),
        progress=task.progress,
        **task.plan.retraining(bool(task.learning)),
    )
    recipe = next((p.recipe for p in ready.styles if p.pairs), None)  # of the largest style that came to something
    judgement = judge(start, done.fitted, deciding, task.usable, task.device, recipe, called)
    return Adapted(start, done.fitted, judgement, ready.images, ready.styles, ready.sorted_into, done, folder)


def _nothing(task: Task, learned: list[Example], judged: list[Example]) -> str:
    """Why no retraining is possible; empty if it is."""
    if task.plan.variant != "NOstyle" and not [*learned, *judged]:
        return "there is nothing to learn from."
    if not [*judged, *task.judging]:
        return (
            "a single painted image passed, and none is left to judge a retraining by. Paint more (masks_a_style), or "
            "give annotated images."
        )
    return ""


def _judging_truth(task: Task, ready: Prepared) -> list[Example]:
    """Truth to compare with; not of those images a style was learned from with their truth, if there are others."""
    known = [Example(i, task.true[i.name]) for i in task.with_truth]
    if task.plan.variant != "GTstyle":
        return known
    taught = {image.name for style in ready.styles for image, _ in style.sources}
    return [e for e in known if e.image.name not in taught] or known


def _shared(styles: tuple[Painted, ...]) -> tuple[list[Example], list[Example]]:
    """Painted images to learn from, and every fifth of each style to judge by."""
    learned: list[Example] = []
    judged: list[Example] = []
    for style in styles:
        for n, (image, labels) in enumerate(style.pairs):
            part = judged if n % JUDGE_EVERY == 0 and len(style.pairs) > 1 else learned
            part.append(Example(image, labels, style.name, 1 / len(style.pairs), synthetic=True))
    return learned, judged


def _divided(
    known: list[Example] | None, validation: Examples | None, seed: int
) -> tuple[list[Example], list[Example]]:
    """Annotated images to learn from, and to judge by."""
    if validation is not None:
        return known or [], examples_of(validation)
    return ([], []) if known is None else held_out(known, seed)


def _check(task: Task, known: list[Example] | None) -> None:
    """That the variant has what it needs, and that the truth is that of the images."""
    plan, true = task.plan, task.true
    if plan.variant == "NOstyle" and known is None:
        raise BadParameter(
            "NOstyle trains on annotated images alone, and none were given: annotated=dataset(...), or another variant."
        )
    if plan.variant == "GTstyle" and not true:
        raise BadParameter(
            "GTstyle learns styles from true labels, and none were given: truth=..., or AUTOstyle, which needs none."
        )
    if true and not any(i.name in true for i in task.items):
        raise BadParameter(
            f"The truth is of other images ({', '.join(list(true)[:3])}, ...) than those given "
            f"({', '.join(i.name for i in task.items[:3])}, ...): an image and its labels have one name."
        )
    for image in task.with_truth:
        size = {axis: n for axis, n in image.shape.items() if axis != "C"}
        if (shape := task.true[image.name].shape) != size:
            raise BadLabels(f"The true labels of {image.name} have the size {shape}, the image {size}.")
    if known is None:
        log.warning("No annotated images are mixed in: the model may forget what it knew of other images.")


def _about(start: Segmenter, task: Task, ready: Prepared) -> About:
    """What the card says beyond what was measured."""
    names = [i.name for i in task.usable]
    few = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    said = " ".join(p.said for p in ready.styles)
    taught = "with their truth" if task.plan.variant == "GTstyle" else "without annotation"
    parts = ["painted images"] if ready.styles else []
    parts += ["annotated images that were mixed in"] if task.learning else []
    return About(
        title=f"{start.name} adapted to {len(names)} images {taught} ({task.plan.variant})",
        dataset=", and ".join(parts),
        notes=f"Started from {start.title}. New images: {few}. {said}",
    )
