"""Classes for all objects, learned from those that somebody gave to some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadParameter, UnknownName
from ._embed import described_by

Known = tuple[Any, Any, int]  # rows, their classes, seed
FOLDS = 5
TREES = 100


def classify(
    table: pd.DataFrame,
    known: pd.Series[Any],
    columns: Sequence[str] | None = None,
    *,
    groups: str = "image",
    seed: int = 0,
) -> pd.DataFrame:
    """Guess the class of every object, by a random forest (Breiman 2001, doi 10.1023/A:1010933404324).

    An object whose class is known is guessed from the objects of other images alone, so that comparing `guess` with
    `known` says how good the guesses are on images in which nobody gave a class. Rare classes count as much as
    frequent ones.

    Args:
        table: one row an object, as `objects` gives it.
        known: class of the objects, index as in the table; missing where nobody said.
        columns: what is looked at; size, shape, brightness and contrast, as far as they are there, if left out.
        groups: column that tells which objects belong together: image, patient, slide.
        seed: of the forest.

    Returns:
        Index of the table; `guess`, the likeliest class, `sure`, the share of the forest that says so (0 to 1), and for
        each class a column `p_<class>`.

    Raises:
        UnknownName: no such column.
        BadParameter: fewer than two classes, or classes in one group alone: nothing could judge the guesses.
    """
    if groups not in table:
        raise UnknownName("column of the table", groups, list(map(str, table.columns)))
    labelled = known.reindex(table.index).notna().to_numpy()
    classes = known.reindex(table.index)[labelled].astype(str).to_numpy()
    if len(set(classes)) < 2:
        said = ", ".join(sorted(set(classes))) or "none"
        raise BadParameter(f"To classify takes objects of at least two classes; known are {said}.")
    owners = table.loc[labelled, groups].astype(str).to_numpy()
    if len(set(owners)) < 2:
        raise BadParameter(
            f"Classes are known in one {groups} alone ({owners[0]}), so nothing could judge the guesses; give some in "
            "a second one."
        )
    chosen = table[described_by(table, columns)].astype(float)
    numbers = chosen.fillna(chosen.median()).fillna(0.0).to_numpy()
    names = sorted(set(classes))
    shares = np.zeros((len(table), len(names)))
    rows = np.flatnonzero(labelled)
    for learn, judge in _folds(owners):
        _guess(shares, names, numbers, rows[judge], (rows[learn], classes[learn], seed))
    _guess(shares, names, numbers, np.flatnonzero(~labelled), (rows, classes, seed))
    guess = {"guess": np.array(names, object)[shares.argmax(1)], "sure": shares.max(1)}
    return pd.DataFrame(guess | {f"p_{name}": shares[:, n] for n, name in enumerate(names)}, table.index)


def _folds(owners: Any) -> list[tuple[Any, Any]]:
    """Which objects are learned from and which are judged, in turn; those of one group on one side."""
    from sklearn.model_selection import GroupKFold

    return list(GroupKFold(min(FOLDS, len(set(owners)))).split(owners, groups=owners))


def _guess(
    shares: NDArray[np.float64], names: list[str], numbers: Any, judge: Any, known: tuple[Any, Any, int]
) -> None:
    """Write what a forest says of some rows that learned from others."""
    from sklearn.ensemble import RandomForestClassifier

    learn, classes, seed = known
    if not len(judge):
        return
    forest = RandomForestClassifier(TREES, class_weight="balanced", random_state=seed).fit(numbers[learn], classes)
    columns = [names.index(name) for name in forest.classes_]
    shares[np.ix_(judge, columns)] = forest.predict_proba(numbers[judge])
