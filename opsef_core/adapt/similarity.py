"""How likely two images are of the same condition, learned from groups of images.

Source: Hollandi et al. 2020, Cell Systems 10, 453-458, doi:10.1016/j.cels.2020.04.003: a learner is shown the
differences of the features of two images. Here it is a logistic regression; a network with one hidden layer was no
better. What is shipped is one weight a feature.

Measured on BBBC038 (`datasets/bbbc038/make_similarity.py`) as area under the ROC curve, pairs of one group against
pairs of two. Every pair counts the same / every group, and every two groups, count the same / only pairs of images of
one size: 0.967 / 0.981 / 0.925 on a fifth of the training split's groups, left out in turn; 0.987 / 0.983 / 0.960 on
the validation split. The groups were made by a program from brightness, contrast, colour, grain and object size
(`datasets/bbbc038/make_split.py`), so this says how well looks are told apart, not what a biologist calls a condition.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..atomic import write_whole
from ..errors import BadParameter, UnreadableFile
from .features import CHANNELS, LEVELS, NAMES, SIZE

Floats = NDArray[np.float64]
FILE = Path(__file__).with_name("similarity.npz")
# Where it was learned a condition has one image size, so size would tell it without looking; a crop is no new style.
IGNORED = (*SIZE, *(f"{c}_{edge}integrated" for c in CHANNELS for edge in ("", "border_")))
LIGHT = frozenset(f"{c}_{edge}{level}" for c in CHANNELS[:3] for edge in ("", "border_") for level in LEVELS)
DARKEST = 1 / 1024  # of full scale. Above it a factor of light counts, so a camera's gain hardly changes a difference
LARGEST_SD = 2.0  # further apart is not more different: no single feature decides, nor one nobody has seen so far off
PAIRS_A_GROUP, OTHER_PAIRS = 60, 6000
PENALTY = 100.0


@dataclass(frozen=True, eq=False)
class Similarity:
    """P(two images are of the same condition): logistic of a weighted sum of differences of standardised features.

    Attributes:
        names: of the features used.
        mean: of each in the images learned from, its light levels as `asinh(level x 1024)`.
        std: the same; a feature that did not vary has 1.
        weights: one a feature, of the difference in standard deviations, at most `LARGEST_SD`.
        intercept: what is added; with the weights it makes log odds.
    """

    names: tuple[str, ...]
    mean: Floats
    std: Floats
    weights: Floats
    intercept: float

    def within(self, table: pd.DataFrame) -> NDArray[np.float32]:
        """P(same) of every two rows of a `feature_table`: (n, n), symmetric, with 1 for an image and itself."""
        z = self._standardised(table)
        p = np.ones((len(z), len(z)), np.float32)
        for i in range(len(z) - 1):
            p[i, i + 1 :] = p[i + 1 :, i] = self._same(z[i], z[i + 1 :])
        return p

    def between(self, table: pd.DataFrame, others: pd.DataFrame) -> NDArray[np.float32]:
        """P(same) of the rows of one table (down) and those of another (across): (n, m)."""
        z, other = self._standardised(table), self._standardised(others)
        p = np.zeros((len(z), len(other)), np.float32)
        for j, row in enumerate(other):
            p[:, j] = self._same(row, z)
        return p

    def save(self, path: str | Path) -> Path:
        """Write it as an `.npz` of plain arrays; float32, some kilobytes."""
        content = io.BytesIO()
        numbers = {k: getattr(self, k).astype("<f4") for k in ("mean", "std", "weights")}
        np.savez_compressed(content, names=np.array(self.names), intercept=np.float32(self.intercept), **numbers)
        return write_whole(Path(path), content.getvalue())

    @classmethod
    def load(cls, path: str | Path) -> Similarity:
        """Read what `save` wrote; nothing is unpickled.

        Raises:
            UnreadableFile: it is no such file.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                names = tuple(map(str, file["names"]))
                mean, std, weights = (file[k].astype(float) for k in ("mean", "std", "weights"))
                made = cls(names, mean, std, weights, float(file["intercept"]))
        except (OSError, ValueError, TypeError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise UnreadableFile(f"{path} is no similarity that opsef has written ({error}).") from None
        numbers = np.array([mean, std, weights]) if mean.shape == std.shape == weights.shape else np.array(np.nan)
        if numbers.shape != (3, len(names)) or not np.isfinite(numbers).all() or not (std > 0).all():
            raise UnreadableFile(f"{path} is no similarity that opsef has written: its numbers do not fit its names.")
        return made

    def _standardised(self, table: pd.DataFrame) -> NDArray[np.float32]:
        missing = [n for n in self.names if n not in table]
        if missing:
            raise BadParameter(f"The table lacks features that the similarity needs: {', '.join(missing[:5])}.")
        return ((_comparable(table[list(self.names)]) - self.mean) / self.std).astype(np.float32)

    def _same(self, one: NDArray[np.float32], many: NDArray[np.float32]) -> NDArray[np.float32]:
        odds = np.minimum(np.abs(many - one), LARGEST_SD) @ self.weights.astype(np.float32) + self.intercept
        p: NDArray[np.float32] = (1 / (1 + np.exp(-odds))).astype(np.float32)
        return p


@cache
def shipped() -> Similarity:
    """The similarity learned from BBBC038, training split: 551 images in 78 groups.

    Made by `datasets/bbbc038/make_similarity.py`.
    """
    return Similarity.load(FILE)


def learn_similarity(table: pd.DataFrame, groups: Mapping[str, str], seed: int = 0) -> Similarity:
    """Learn from groups of images what images of one condition have in common.

    Positive pairs are two images of a group, at most 60 a group; negative ones are of two groups drawn at random. Size
    and integrated intensities are not used.

    Args:
        table: of `feature_table`.
        groups: the group of each image by name; images without one are left out.
        seed: of the draws.

    Raises:
        BadParameter: fewer than two groups, or no group of two images.
    """
    from sklearn.linear_model import LogisticRegression

    rows, codes = _grouped(table, groups)
    used = tuple(n for n in NAMES if n not in IGNORED)
    x = _comparable(rows[list(used)])
    mean, std = x.mean(axis=0), x.std(axis=0)
    std[std < 1e-9] = 1.0
    z = (x - mean) / std
    first, second, same = _pairs(codes, np.random.default_rng(seed))
    learner = LogisticRegression(C=1 / PENALTY, class_weight="balanced", max_iter=1000)
    learner.fit(np.minimum(np.abs(z[first] - z[second]), LARGEST_SD), same)
    return Similarity(used, mean, std, learner.coef_[0], float(learner.intercept_[0]))


def auc(similarity: Similarity, table: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, float]:
    """How well it tells pairs of a group from pairs of two groups, as area under the ROC curve.

    Returns:
        `pairs`: every pair counts the same; `groups`: every group, and every two groups, count the same; `same_size`:
        only pairs of images of one height and width, every pair the same; NaN where there is only one kind of pair.

    Raises:
        BadParameter: fewer than two groups, or no group of two images.
    """
    from sklearn.metrics import roc_auc_score

    rows, codes = _grouped(table, groups)
    i, j = np.triu_indices(len(codes), 1)
    p, same = similarity.within(rows)[i, j], codes[i] == codes[j]
    kind = np.minimum(codes[i], codes[j]) * (codes.max() + 1) + np.maximum(codes[i], codes[j])
    weight = 1 / np.bincount(kind)[kind]
    size = rows[list(SIZE)].to_numpy()
    near = (size[i] == size[j]).all(axis=1)
    alike = float(roc_auc_score(same[near], p[near])) if len(set(same[near])) == 2 else np.nan
    return {
        "pairs": float(roc_auc_score(same, p)),
        "groups": float(roc_auc_score(same, p, sample_weight=weight)),
        "same_size": alike,
    }


def _comparable(table: pd.DataFrame) -> Floats:
    """Features of which differences can be taken: levels of light in steps of brightness rather than as shares."""
    x = table.to_numpy(float).copy()
    light = np.array([n in LIGHT for n in table])
    x[:, light] = np.arcsinh(x[:, light] / DARKEST)
    return x


def _grouped(table: pd.DataFrame, groups: Mapping[str, str]) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    rows = table[[name in groups for name in table.index]].sort_index()
    codes, names = pd.factorize(np.array([groups[name] for name in rows.index], dtype=object), sort=True)
    if len(names) < 2 or np.bincount(codes).max() < 2:
        raise BadParameter(
            f"A similarity needs two groups of images at least, one of them of two images; there are {len(names)} "
            f"groups of {len(rows)} images."
        )
    return rows, codes.astype(np.int64)


def _pairs(codes: NDArray[np.int64], rng: np.random.Generator) -> tuple[Any, Any, NDArray[np.bool_]]:
    """First and second images of pairs, and whether they are of the same group."""
    members = [np.flatnonzero(codes == c) for c in range(codes.max() + 1)]
    same = []
    for group in members:
        two = np.array(np.triu_indices(len(group), 1))
        drawn = rng.permutation(two.shape[1])[:PAIRS_A_GROUP]
        same.append(group[two[:, drawn]])
    a, b = rng.integers(0, len(members), (2, OTHER_PAIRS))
    other = [[rng.choice(members[c]) for c in side[a != b]] for side in (a, b)]
    first, second = np.concatenate([*same, np.array(other)], axis=1)
    return first, second, codes[first] == codes[second]
