"""Scores of a model on held-out images, and what they mean in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...data import overlaps
from ._examples import Example

if TYPE_CHECKING:
    from .._segmenter import Segmenter
    from ._fit import Fit

EQUAL = "The fit is no better, so the start model stays in use."
LOST = (
    "The fit lost, so the start model stays in use. "
    "More annotated images, fewer steps or a lower learning rate may help."
)


def score(
    model: Segmenter,
    examples: list[Example],
    device: str,
    name: str,
    changed: Callable[[Any, Example], Any] | None = None,
) -> pd.DataFrame:
    """DSB-score and number of objects of each image: index image; columns kind, n_true, `<name>_dsb_score`, `<name>_n`.

    Args:
        model: what is judged.
        examples: images and truth.
        device: it runs on.
        name: begins the names of its columns.
        changed: a cheap change of the model for an example; it shares the loaded network.
    """
    loaded = model.ready(device)
    rows = []
    for example in examples:
        judge = loaded if changed is None else changed(loaded, example)
        found = judge(example.image, device)
        o = overlaps(example.truth.pixels, found.pixels)
        rows.append((example.kind, len(o.truth_ids), o.dsb_score, len(o.pred_ids)))
    columns = ["kind", "n_true", f"{name}_dsb_score", f"{name}_n"]
    return pd.DataFrame(rows, [e.image.name for e in examples], columns).rename_axis("image")


def mean_score(
    model: Segmenter, examples: list[Example], device: str, changed: Callable[[Any, Example], Any] | None = None
) -> float:
    """Mean DSB-score over the images."""
    return float(score(model, examples, device, "its", changed)["its_dsb_score"].mean())


def evenly(examples: list[Example], most: int) -> list[Example]:
    """At most so many examples, spread over all kinds: small kinds keep all they have, large ones every n-th."""
    if len(examples) <= most:
        return examples
    kinds: dict[str, list[Example]] = {}
    for example in examples:
        kinds.setdefault(example.kind, []).append(example)
    room, chosen = most, []
    for left, group in zip(range(len(kinds), 0, -1), sorted(kinds.values(), key=len), strict=True):
        n = min(len(group), room, max(1, room // left))
        chosen += [group[i] for i in np.linspace(0, len(group) - 1, n).round().astype(int)]
        room -= n
    return chosen


def describe(fit: Fit) -> str:
    """The outcome in a few sentences."""
    table, name = fit.scores, fit.fitted.name
    judged = f"{name}, judged on {len(table)} held-out image{'s' * (len(table) != 1)}"
    after = table["fitted_dsb_score"].mean()
    if fit.start is None:
        said = f"{judged}: DSB-score {after:.3f}, from random weights."
    else:
        before = table["start_dsb_score"].mean()
        wins = int((table["fitted_dsb_score"] > table["start_dsb_score"]).sum())
        change = f"({after - before:+.3f}, better on {wins})"
        verdict = "The fitted model is used." if fit.better else (LOST if after < before else EQUAL)
        said = f"{judged}: DSB-score {before:.3f} before, {after:.3f} after the fit {change}. {verdict}"
    blind = table[(table["n_true"] > 0) & (table["fitted_n"] == 0)]
    if len(blind):
        said += f" It finds nothing in {len(blind)} of {int((table['n_true'] > 0).sum())} images with objects."
    return f"{said} Folder: {fit.folder}"
