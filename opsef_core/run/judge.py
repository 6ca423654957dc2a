"""What is known of the right answers: true labels, and where they are all there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ..compare import (
    SPARSE,
    TOLD_BY_SPARSE,
    TRUTH,
    WHOLE,
    Metric,
    agreement,
    error_types,
    kind_of,
    known_prediction,
    known_truth,
    metric,
    metric_columns,
    score_labels,
)
from ..data import Labels, overlaps
from ..errors import BadParameter, NothingToShow
from .inputs import by_name, cut_to_tiles
from .plan import Item

Annotated = str | Mapping[str, Any]


@dataclass(frozen=True)
class Judge:
    """True labels by image, and how much of each image was annotated.

    Attributes:
        truth: true labels by the name of their image.
        annotated: "whole", "sparse", or the annotated area by image; see `compare.known_prediction`. An image without
            an area was annotated whole.
    """

    truth: Mapping[str, Labels] = field(default_factory=dict)
    annotated: str | Mapping[str, Labels] = WHOLE

    def told(self, truth: Any, annotated: Annotated | None, items: Sequence[Item]) -> Judge:
        """The same with what somebody says now; None leaves what was known.

        Raises:
            BadParameter: `annotated` is neither a word that is known nor areas by image.
            NothingToShow: there is truth, but for none of the images.
        """
        known = self.truth if truth is None else by_name(truth)
        known = {**known, **cuts} if (cuts := cut_to_tiles(known, items)) else known
        names = [item.name for item in items]
        if truth is not None and len(known) and not any(name in known for name in names):
            raise NothingToShow(
                f"None of the images of this run has truth. The images are {_listed(names)}; the truth is of "
                f"{_listed(list(known))}. True labels need the name of their image."
            )
        return Judge(known, self.annotated if annotated is None else _areas(annotated, items))

    def as_scored(self, scores: pd.DataFrame | None) -> Judge:
        """The same, sparse if that is how the run was scored before it was opened again; areas are not kept."""
        sparse = scores is not None and TRUTH in scores and set(scores[TRUTH].dropna()) == {SPARSE}
        return replace(self, annotated=SPARSE) if sparse else self

    def of(self, image: str) -> str | Labels:
        """How much of an image was annotated: "whole", "sparse", or the area."""
        return self.annotated if isinstance(self.annotated, str) else self.annotated.get(image, WHOLE)

    def truth_of(self, image: str) -> Labels | None:
        """The true labels of an image, as far as they count; None if there are none."""
        labels = self.truth.get(image)
        return None if labels is None else known_truth(labels, self.of(image))

    def known(self, image: str, labels: Labels) -> Labels:
        """The part of an image's result that can be judged; labels may have the name of an image of equal pixels."""
        return known_prediction(labels, self.truth[image], self.of(image))

    def scores(self, image: str, labels: Labels, metrics: Sequence[Metric]) -> dict[str, Any]:
        """A number a metric; how many objects there are, and how many of each error type; how much was annotated.

        With sparse truth, metrics that false positives change have no number, nor has `n_invented`, and recall is there
        whether it was asked for or not.
        """
        annotated = self.of(image)
        prediction, truth = self.known(image, labels), known_truth(self.truth[image], annotated)
        sparse = kind_of(annotated) == SPARSE
        asked = [*metrics, metric("recall")] if sparse else metrics
        numbers: dict[str, Any] = dict(score_labels(prediction, truth, asked))
        types = error_types(overlaps(truth.array(), prediction.array())).counts()
        numbers |= {f"n_{kind}": count for kind, count in types.items()}
        if sparse:
            untold = [m.title for m in asked if m.name not in TOLD_BY_SPARSE or not truth.count]
            numbers |= dict.fromkeys([*untold, "n_invented"], float("nan"))
        return {**numbers, TRUTH: kind_of(annotated)}


def agreements(cells: pd.DataFrame, labels: Callable[[str], Labels]) -> dict[int, dict[str, float]]:
    """Without truth: by row of `cells` how well each result agrees with the others of its image."""
    numbers: dict[int, dict[str, float]] = {}
    for _, rows in cells[cells["status"] == "done"].groupby("image"):
        families = dict(zip(rows["grid_point"], rows["model"], strict=True))
        found = agreement({p: labels(k) for p, k in zip(rows["grid_point"], rows["key"], strict=True)}, families)
        points = zip(rows.index, rows["grid_point"], strict=True)
        numbers |= {int(row): {"agreement": float(found[point])} for row, point in points}
    return numbers


def with_numbers(cells: pd.DataFrame, numbers: Mapping[int, Mapping[str, Any]], asked: Sequence[str]) -> pd.DataFrame:
    """The table of cells with these numbers by row; what was asked for has a column also where nothing was finished."""
    if numbers:
        return cells.join(pd.DataFrame.from_dict(dict(numbers), orient="index"))
    return cells.assign(**dict.fromkeys(asked, float("nan")))


def deciding(scores: pd.DataFrame, metrics: Sequence[Metric]) -> list[str]:
    """The columns of a score table to rank by, the usual one first; where nothing was finished, what was asked for."""
    others = [c for c in ("recall", "agreement", *(m.title for m in metrics)) if c in scores]
    return metric_columns(scores) or others[:1] or ["agreement"]


def _areas(annotated: Annotated, items: Sequence[Item]) -> str | Mapping[str, Labels]:
    """The word, or areas as labels, cut to tiles."""
    if isinstance(annotated, str):
        if annotated not in (WHOLE, SPARSE):
            raise BadParameter(
                f"annotated={annotated!r} is not known. {WHOLE!r}: all objects of an image; {SPARSE!r}: only some; or "
                "a mapping from image name to the area in which all are (True or 1 there)."
            )
        return annotated
    if not isinstance(annotated, Mapping):
        raise BadParameter(f"annotated is {WHOLE!r}, {SPARSE!r} or a mapping from image name to an area, not a list.")
    areas = {name: _area(name, area) for name, area in annotated.items()}
    return {**areas, **cut_to_tiles(areas, items)}


def _area(name: str, area: Any) -> Labels:
    if isinstance(area, Labels):
        return area
    pixels = np.asarray(area) != 0
    if pixels.ndim not in (2, 3):
        raise BadParameter(f"The annotated area of {name} has the shape {pixels.shape}; it is (Y, X) or (Z, Y, X).")
    return Labels(pixels, "ZYX"[-pixels.ndim :], name)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(str, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
