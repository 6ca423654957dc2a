"""Without truth: which results can be believed, from how they agree with those of other methods."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data import Labels, digest
from .._score import _overlaps

TRUST = 4  # power of belief with which a member speaks for its family
SETTLED = 1e-6
ROUNDS = 100
FEWEST = 3  # families that can outvote one


def agreement(labels_of_one_image: Mapping[str, Labels], families: Mapping[str, str] | None = None) -> pd.Series[float]:
    """Without truth: how much each result looks like what the other families of methods find; 0 to 1.

    Two results are as alike as one scores when the other is taken for the truth (DSB score; it is symmetric). Every
    family has one vote about the results of the others, however many grid points it has, so that near-copies do not
    elect each other. Its vote is the mean likeness to its members, each as important as its own agreement to the power
    of 4; a family counts as much as its best member. That is a circle, and is gone round until nothing changes.
    A weighted form of majority voting among methods, in the manner of truth discovery (Yin et al. 2008, doi
    10.1109/TKDE.2007.190745); how well it ranks is measured in `benchmarks/without_truth.py`.

    It is an estimate, not a quality: what most families do wrong together looks right. Look at the pictures, or
    annotate a few tiles.

    Args:
        labels_of_one_image: grid point -> labels of one image, all of the same shape.
        families: grid point -> family, usually the model's name; None, or fewer than three families (two could only
            contradict each other): each grid point is its own.

    Returns:
        Series of name "agreement", index = grid point, in the order given. A single result has nobody to agree with:
        NaN. Two empty results agree fully.

    Raises:
        BadLabels: the label images do not have one shape.
    """
    names = list(labels_of_one_image)
    own = [name if families is None else families.get(name, name) for name in names]
    found = believed(alike([labels_of_one_image[name] for name in names]), own)
    return pd.Series(found, index=pd.Index(names, name="grid_point", dtype=object), name="agreement", dtype=float)


def alike(results: list[Labels]) -> NDArray[np.float64]:
    """(n, n): the DSB score of each result against each other one; the same pixels are compared once."""
    numbers = [digest(labels.array()) for labels in results]
    kinds = list(dict.fromkeys(numbers))
    first = [results[numbers.index(kind)] for kind in kinds]
    table = np.eye(len(kinds))
    for a, b in combinations(range(len(kinds)), 2):
        table[a, b] = table[b, a] = _overlaps(first[a], first[b]).dsb_score
    places = [kinds.index(number) for number in numbers]
    return table[np.ix_(places, places)] if places else np.zeros((0, 0))


def believed(likeness: NDArray[np.float64], families: list[str]) -> NDArray[np.float64]:
    """(n,) agreement of each result with the families it does not belong to; see `agreement`."""
    count = len(families)
    if count < 2:
        return np.full(count, np.nan)
    if len(set(families)) < FEWEST:
        families = [str(n) for n in range(count)]
    groups = [np.flatnonzero([f == family for f in families]) for family in dict.fromkeys(families)]
    foreign = np.array([[n not in set(group.tolist()) for group in groups] for n in range(count)], float)
    belief = np.ones(count)
    for _ in range(ROUNDS):
        weight = np.maximum(belief, SETTLED) ** TRUST
        votes = np.stack([likeness[:, g] @ weight[g] / weight[g].sum() for g in groups], axis=1)
        power = foreign * np.array([weight[g].max() for g in groups])
        new = (votes * power).sum(1) / power.sum(1)
        if np.abs(new - belief).max() < SETTLED:
            return np.asarray(new)
        belief = new
    return np.asarray(belief)
