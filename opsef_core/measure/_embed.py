"""All objects in one picture: from many numbers an object to two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadParameter, UnknownName

METHODS = ("pca", "tsne")
DESCRIBING = ("equivalent_diameter_px", "circularity", "eccentricity", "solidity", "contrast")  # and mean intensities
LEAST = 4  # objects


def embed(
    table: pd.DataFrame, method: str = "pca", columns: Sequence[str] | None = None, *, seed: int = 0
) -> pd.DataFrame:
    """Lay the objects out in a plane so that like ones lie close to each other.

    Every column counts alike: each is brought to mean 0 and spread 1; a number that is missing becomes the column's
    median. "pca" (Pearson 1901) turns the table so that x and y hold as much of its spread as two axes can; distances
    mean something. "tsne" (van der Maaten and Hinton 2008, jmlr.org/papers/v9/vandermaaten08a.html) keeps neighbours
    together; distances between groups mean nothing.

    Args:
        table: one row an object, as `objects` gives it.
        method: "pca" or "tsne".
        columns: what is looked at; size, shape, brightness and contrast, as far as they are there, if left out.
        seed: of what is random in t-SNE.

    Returns:
        Columns x and y, the index of the table.

    Raises:
        UnknownName: no such method or column.
        BadParameter: fewer than four objects, or no column that tells them apart.
    """
    if method not in METHODS:
        raise UnknownName("way to embed", method, METHODS)
    if len(table) < LEAST:
        raise BadParameter(f"To embed takes at least {LEAST} objects; the table has {len(table)}.")
    numbers = standardised(table, columns)
    if not numbers.shape[1]:
        raise BadParameter("The objects are alike in all columns, so there is nothing to see; choose other columns.")
    places = _pca(numbers) if method == "pca" else _tsne(numbers, seed)
    return pd.DataFrame(places, table.index, ["x", "y"])


def described_by(table: pd.DataFrame, columns: Sequence[str] | None) -> list[str]:
    """The columns that describe an object: those asked for, or those usually looked at.

    Raises:
        UnknownName: a column that is not there, or holds no numbers.
    """
    known = list(table.select_dtypes("number").columns)
    usual = [c for c in known if c in DESCRIBING or c.startswith("mean_intensity")]
    for column in columns or ():
        if column not in known:
            raise UnknownName("column of numbers", column, known)
    return usual if columns is None else list(columns)


def standardised(table: pd.DataFrame, columns: Sequence[str] | None) -> NDArray[np.float64]:
    """(objects, columns) with mean 0 and spread 1; columns in which all objects are alike are left out."""
    chosen = table[described_by(table, columns)].astype(float)
    numbers = chosen.fillna(chosen.median()).fillna(0.0).to_numpy()
    spread = numbers.std(0)
    varied = spread > 1e-12
    standard: NDArray[np.float64] = (numbers[:, varied] - numbers[:, varied].mean(0)) / spread[varied]
    return standard


def _pca(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    left, sizes, turned = np.linalg.svd(numbers, full_matrices=False)
    places = left[:, :2] * sizes[:2]
    places *= np.where(turned[:2].sum(1) < 0, -1, 1)  # either sign is right; this one is always the same
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


def _tsne(numbers: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE

    near = min(30.0, (len(numbers) - 1) / 3)
    places: NDArray[np.float64] = TSNE(2, perplexity=near, init="random", random_state=seed).fit_transform(numbers)
    return places
