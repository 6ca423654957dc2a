"""Unlabelled images sorted into styles: groups that look as if they were taken under one condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Image, Unreadable
from ..errors import BadParameter, NothingToShow
from .features import feature_table
from .similarity import Similarity, shipped

Distances = NDArray[np.float32]
SAMPLE = 1500  # images that are clustered; all pairs of more would take too long
MOST = 150  # styles
TOLERANCE = 0.05  # of the silhouette: two styles that are one cost little, one that is two mixes what it learns
ONE_CONDITION = 0.5  # two parts whose images are less than this apart, on average, are rather one than two
SHOWN = 8


@dataclass(frozen=True)
class Style:
    """Images that look alike.

    Attributes:
        name: "style-01", "style-02", ... from the largest to the smallest.
        members: names of its images, sorted.
        medoid: the member that is nearest to all others.
        shown: the medoid, then members that are as unlike as can be, each furthest from those before; 8 at most.
    """

    name: str
    members: tuple[str, ...]
    medoid: str
    shown: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Styles:
    """What `find_styles` found.

    Attributes:
        styles: from the largest to the smallest.
        table: a row an image, index `image`: `style`, and `distance_to_medoid`, 1 - P(same condition).
        choice: `k` and the mean `silhouette` of every number of styles that was tried; no row if there was no choice.
        rule: how their number came to be, in a sentence.
    """

    styles: tuple[Style, ...]
    table: pd.DataFrame
    choice: pd.DataFrame
    rule: str

    def __len__(self) -> int:
        return len(self.styles)

    def __iter__(self) -> Iterator[Style]:
        return iter(self.styles)

    def __repr__(self) -> str:
        lines = (
            f"  {s.name}: {len(s.members)} image{'s' * (len(s.members) != 1)} like {s.medoid}" for s in self.styles
        )
        return "\n".join([self.rule, *lines])


def find_styles(
    images: Iterable[Image | Unreadable],
    *,
    count: int | None = None,
    single: bool = False,
    seed: int = 0,
    similarity: Similarity | None = None,
    progress: bool = False,
) -> Styles:
    """Sort images into styles by what they look like; nothing need be annotated.

    Distance is 1 - P(same condition) of a learned similarity; clusters grow by average linkage. The number of styles
    is the largest whose mean silhouette (Rousseeuw 1987, J. Comput. Appl. Math. 20, 53-65,
    doi:10.1016/0377-0427(87)90125-7) is at most 0.05 below the best. The two ends have no silhouette: all images are
    one style if the last two clusters are rather one condition than two (P >= 0.5 on average); each image a style of
    its own counts as 0. Of more than 1500 images 1500 are drawn and clustered, the others join the nearest
    medoid. The order of the images plays no part.

    Args:
        images: any order, each with a name of its own; those of no use are left out with a warning in the log.
        count: so many styles, instead of the rule.
        single: all images are of one experiment: one style.
        seed: of the draw.
        similarity: another than the shipped one; see `learn_similarity`.
        progress: show a bar while features are taken.

    Raises:
        NothingToShow: no image that can be used.
        BadParameter: an impossible count, or two images of one name.
    """
    table = feature_table(images, progress)
    return styles_of(table, count=count, single=single, seed=seed, similarity=similarity)


def styles_of(
    table: pd.DataFrame,
    *,
    count: int | None = None,
    single: bool = False,
    seed: int = 0,
    similarity: Similarity | None = None,
) -> Styles:
    """`find_styles` for a `feature_table` that is there already."""
    _check(len(table), count, single)
    alike = shipped() if similarity is None else similarity
    table = table.sort_index()
    drawn = table
    if len(table) > SAMPLE:
        drawn = table.iloc[np.sort(np.random.default_rng(seed).choice(len(table), SAMPLE, replace=False))]
    apart: Distances = 1 - alike.within(drawn)
    labels, choice, rule = _clusters(apart, 1 if single else count)
    if len(drawn) < len(table):
        rule += f" Found on {len(drawn)} of {len(table)} images, drawn with seed {seed}; the others joined the nearest."
    medoids = [_medoid(apart, np.flatnonzero(labels == c)) for c in range(labels.max() + 1)]
    own = np.full(len(table), -1)
    own[table.index.get_indexer(drawn.index)] = labels
    away = np.zeros(len(table), np.float32)
    away[own >= 0] = apart[np.arange(len(drawn)), np.array(medoids)[labels]]
    if (own < 0).any():
        far = 1 - alike.between(table[own < 0], drawn.iloc[medoids])
        away[own < 0], own[own < 0] = far.min(axis=1), far.argmin(axis=1)
    return _named(table.index, own, away, [drawn.index[_shown(apart, labels, m)] for m in medoids], choice, rule)


def _check(images: int, count: int | None, single: bool) -> None:
    if not images:
        raise NothingToShow("There is no image to find styles in, or none that can be used; the log says why.")
    if single and count not in (None, 1):
        raise BadParameter(f"single=True is one style, count={count} is not; give one of them.")
    if count is not None and not 1 <= count <= min(images, SAMPLE):
        raise BadParameter(f"count={count} styles of {images} images is not possible: 1 to {min(images, SAMPLE)}.")


def _clusters(apart: Distances, count: int | None) -> tuple[NDArray[np.int64], pd.DataFrame, str]:
    """A label for each image, what was tried, and the rule in words. Without a count it is chosen."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    n, none = len(apart), pd.DataFrame({"k": pd.Series(dtype=int), "silhouette": pd.Series(dtype=float)})
    if count == 1 or n == 1:
        return np.zeros(n, np.int64), none, "1 style: " + ("it was asked for." if n > 1 else "there is one image.")
    tree = linkage(squareform(apart, checks=False), "average")
    if count is not None:
        return _cuts(tree, count)[-1], none, f"{count} styles: so many were asked for."
    if tree[-1, 2] <= ONE_CONDITION:
        reason = f"parted in two, the parts are still of one condition with P = {1 - tree[-1, 2]:.2f} on average."
        return np.zeros(n, np.int64), none, f"1 style: {reason}"
    cuts = _cuts(tree, min(n, MOST))
    values = np.array([_silhouette(apart, cut) for cut in cuts])
    best, taken = int(values.argmax()), int(np.flatnonzero(values >= values.max() - TOLERANCE)[-1])
    rule = (
        f"{taken + 2} styles: the largest number whose mean silhouette ({values[taken]:.2f}) is at most {TOLERANCE} "
        f"below the best ({values[best]:.2f}, {best + 2} styles), of 2 to {len(cuts) + 1}."
    )
    return cuts[taken], pd.DataFrame({"k": np.arange(len(cuts)) + 2, "silhouette": values}), rule


def _cuts(tree: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Labels (most - 1, images) for 2, 3, ... most clusters: the last merges are undone, one after the other."""
    n = len(tree) + 1
    members = [np.array([i]) for i in range(n)]
    for first, second in tree[:, :2].astype(int):
        members.append(np.concatenate([members[first], members[second]]))
    labels, cuts = np.zeros(n, np.int64), []
    for k in range(2, most + 1):
        labels[members[int(tree[n - k, 1])]] = k - 1
        cuts.append(labels.copy())
    return np.array(cuts)


def _silhouette(apart: Distances, labels: NDArray[np.int64]) -> float:
    """Mean over all images; an image alone in its cluster counts as 0."""
    from sklearn.metrics import silhouette_score

    return 0.0 if labels.max() + 1 == len(labels) else float(silhouette_score(apart, labels, metric="precomputed"))


def _medoid(apart: Distances, members: NDArray[np.int64]) -> int:
    return int(members[apart[np.ix_(members, members)].sum(axis=1, dtype=float).argmin()])


def _shown(apart: Distances, labels: NDArray[np.int64], medoid: int) -> list[int]:
    """The medoid, then always the member that is furthest from the nearest of those taken."""
    members = np.flatnonzero(labels == labels[medoid])
    taken = [medoid]
    gap = apart[members, medoid].copy()
    while len(taken) < min(SHOWN, len(members)):
        gap[np.isin(members, taken)] = -1
        taken.append(int(members[gap.argmax()]))
        gap = np.minimum(gap, apart[members, taken[-1]])
    return taken


def _named(
    names: pd.Index[str],
    own: NDArray[np.int64],
    away: NDArray[np.float32],
    shown: list[pd.Index[str]],
    choice: pd.DataFrame,
    rule: str,
) -> Styles:
    """Numbered from the largest to the smallest; of equal ones the medoid's name decides."""
    order = sorted(range(len(shown)), key=lambda c: (-int((own == c).sum()), shown[c][0]))
    digits = max(2, len(str(len(order))))
    title = {c: f"style-{number:0{digits}d}" for number, c in enumerate(order, start=1)}
    styles = tuple(Style(title[c], tuple(names[own == c]), str(shown[c][0]), tuple(shown[c])) for c in order)
    table = pd.DataFrame({"style": [title[c] for c in own], "distance_to_medoid": away.astype(float)}, names)
    return Styles(styles, table, choice, rule)
