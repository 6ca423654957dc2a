"""What to say when a model is scored on images it was trained on."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pandas as pd

SEEN = "seen_in_training"  # column of a score table: True, False, or NA where it is not known
NOTE = "warning"  # in a table's attrs


def training_warning(scores: pd.DataFrame) -> str:
    """The sentences that must stand beside scores of models that have seen the images; "" if none has.

    Args:
        scores: one row an image x grid point: `image`, `model`, a column `<model>.pretrained` for the names of weights,
            and `seen_in_training`.
    """
    if not (known := _by_weights(scores)):
        return ""
    seen = {name: rows for name, rows in known.items() if rows[SEEN].any()}
    if not seen:
        return ""
    parts = [f"{name} was trained on {_images(r[r[SEEN]])} of these {_images(r)} images" for name, r in seen.items()]
    whose = "Its score is" if len(seen) == 1 else "Their scores are"
    return (
        f"{_listed(parts)}. {whose} too good: training has shown the right answers; expect worse results on new "
        "images. Score on images that none of the models was trained on, for example the validation split of the "
        "training data, or a few new images annotated by hand."
    )


def training_unknown(scores: pd.DataFrame) -> str:
    """A sentence that names the models of which nobody knows what they were trained on; "" if there are none."""
    if SEEN not in scores or not len(scores):
        return ""
    done = scores[scores["status"].eq("done")] if "status" in scores else scores
    unknown = [str(name) for name, rows in done.groupby(_weights(done), sort=False) if rows[SEEN].isna().all()]
    if not unknown:
        return ""
    return f"It is not known which images {_listed(unknown)} {_was(unknown)} trained on; these may be among them."


def _by_weights(scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of which it is known whether they were seen, by model and weights."""
    if SEEN not in scores:
        return {}
    known = scores[scores[SEEN].notna()]
    known = known.assign(**{SEEN: known[SEEN].astype(bool)})
    return {str(name): rows for name, rows in known.groupby(_weights(known), sort=False)}


def _weights(scores: pd.DataFrame) -> pd.Series[str]:
    """The model of each row, with the name of its weights where it has one."""
    names = scores["model"].astype(str)
    for model in names.unique():
        if (column := f"{model}.pretrained") in scores:
            named = names.eq(model) & scores[column].notna()
            names = names.mask(named, f"{model} (" + scores[column].astype(str) + ")")
    return names


def _images(rows: pd.DataFrame) -> int:
    return int(rows["image"].nunique())


def _was(names: list[str]) -> str:
    return "was" if len(names) == 1 else "were"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def unseen(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of images that no model in the table is known to have seen in training."""
    if SEEN not in scores:
        return scores
    return scores[~scores["image"].isin(scores.loc[scores[SEEN].fillna(False).astype(bool), "image"])]


class NotedTable(pd.DataFrame):
    """A table that shows a warning above itself wherever it is shown."""

    @property
    def _constructor(self) -> Callable[..., NotedTable]:
        return NotedTable

    def __repr__(self) -> str:
        note = self.attrs.get(NOTE)
        return f"Warning: {note}\n\n{super().__repr__()}" if note else super().__repr__()

    def _repr_html_(self) -> str | None:
        plain: Any = super()
        table: str | None = plain._repr_html_()
        note = self.attrs.get(NOTE)
        return f"<p><b>Warning: {html.escape(note)}</b></p>{table}" if note else table


def noted(table: pd.DataFrame, note: str) -> NotedTable:
    """The table with a warning that it shows above itself; "" for none."""
    made = NotedTable(table)
    made.attrs = {**table.attrs, NOTE: note}
    return made
