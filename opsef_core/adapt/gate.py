"""Which painted pairs are fit to train on.

A pair is worth training on if the picture shows what the mask says, and looks like the style. Nobody looks at thousands
of them, so two things are asked of each.

**Is the mask there?** A start model segments the picture, and what it finds is compared with the mask: F1 at an IoU of
0.5, since a start model's outlines may be poor while its objects are right. But the start model is also what the
adaptation is to improve: on a new kind of image it may find one object in five, in real images as in painted ones. So
there are two ways through:

- the score reaches `least_score`: low, for the model need not be good; or
- it is clearly better than by chance: it reaches `least_gain`, and is higher than what the same found objects reach
  against every one of 19 shifted copies of the mask (so p <= 0.05). A shifted copy has the same objects as densely, in
  other places; a picture that does not follow its mask agrees with both alike. Objects at the edge of the picture do
  not count here: the edge cuts those of mask and picture alike, and those of a shifted copy elsewhere.

Where the model finds nothing at all, nothing can be told, and the pair is dropped: better no training pair than one
with labels nobody can vouch for. An empty mask in which nothing is found is right.

**Does it look like the style?** The distance of its features to the nearest real images is compared with the same
distance among the real images. Painted images differ from real ones in some feature always, so this is only to drop
what failed: the limit is `furthest` times the distance that 95 % of the real images keep. With fewer than 5 real images
nobody knows what is usual, and the distance is told, not judged.

A style of which fewer than `least_share` of the pairs pass is dropped whole: what passes then, passes by luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..data import Image, Labels, Overlaps, overlaps
from ..errors import BadLabels, BadParameter

Pair = tuple[Image, Labels]
Floats = NDArray[np.float64]
SHIFTS = 19
NEIGHBOURS = 3
USUAL = 0.95
ENOUGH_REAL = 5
CUT = 10.0  # robust standard deviations; one feature alone makes no image far


@dataclass(frozen=True)
class Gated:
    """What came through.

    Attributes:
        kept: the pairs to train on; none if the style is dropped.
        table: one row a pair: `image`, `score` (F1 at IoU 0.5), `inner` (the same without objects at the edge),
            `chance` (the best `inner` of the shifted masks), `dsb_score`, `distance` (NaN without features), `kept`,
            `reason` (empty if kept).
        summary: what happened, in a sentence with numbers.
        dropped: why the style as a whole is dropped; empty if it is not.
    """

    kept: tuple[Pair, ...]
    table: pd.DataFrame = field(repr=False)
    summary: str
    dropped: str = ""


def gate(
    pairs: Sequence[Pair],
    found: Sequence[Labels],
    real_features: ArrayLike | None = None,
    made_features: ArrayLike | pd.DataFrame | None = None,
    *,
    least_score: float = 0.3,
    least_gain: float = 0.1,
    furthest: float = 2.0,
    least_share: float = 0.25,
    seed: int = 0,
) -> Gated:
    """Keep the painted pairs whose mask is found in the picture and which look like the style; see above for why.

    Args:
        pairs: painted images with their masks.
        found: what a model finds in each of these images, in the same order.
        real_features: (n, d), a row a real image of the style, as large as the painted ones, with objects as large;
            None: looks are not judged.
        made_features: (len(pairs), d), a row a painted image, in the same order; of a table whose index has the names
            of the images the rows are found by name.
        least_score: a pair with such a score, 0 to 1, passes.
        least_gain: a pair with less passes if it has at least this, and more than by chance.
        furthest: how much farther from the real images it may be than 95 % of these are from each other.
        least_share: if fewer pass, the style is dropped.
        seed: of the shifts.

    Raises:
        BadParameter: lists of different lengths, tables that do not fit, NaN.
        BadLabels: labels of another size than the mask.
    """
    if len(found) != len(pairs):
        raise BadParameter(f"There are {len(pairs)} pairs and {len(found)} results; one result a pair is needed.")
    made_features = _by_name(made_features, [image.name for image, _ in pairs])
    distances, limit = _distances(real_features, made_features, len(pairs), furthest)
    rng = np.random.default_rng(seed)
    rows = []
    for (image, mask), one, distance in zip(pairs, found, distances, strict=True):
        scores = _scores(mask, one, rng)
        reason = _why_not_there(scores, one.count, mask.count, least_score, least_gain)
        if not reason and distance > limit:
            reason = f"does not look like the style: distance {distance:.2f}, at most {limit:.2f}"
        rows.append({"image": image.name, **scores, "distance": distance, "kept": not reason, "reason": reason})
    columns = ["image", "score", "inner", "chance", "dsb_score", "distance", "kept", "reason"]
    table = pd.DataFrame(rows, columns=columns).astype({"kept": bool})
    share = float(table["kept"].mean()) if len(table) else 0.0
    dropped = "" if rows and share >= least_share else _why_dropped(table, least_share)
    summary = _summary(table, limit, dropped)
    if dropped:
        lost = table["kept"]
        table.loc[lost, "reason"] = "the style is dropped"
        table["kept"] = False
    kept = tuple(pair for pair, good in zip(pairs, table["kept"], strict=True) if good)
    return Gated(kept, table, summary, dropped)


def _scores(mask: Labels, found: Labels, rng: np.random.Generator) -> dict[str, float]:
    """F1 of what was found; of what touches no edge F1, and the best F1 with a shifted mask; the DSB-score."""
    truth, seen = mask.array(), found.array()
    if truth.shape != seen.shape:
        raise BadLabels(
            f"What was found in {mask.name} has the shape {seen.shape}, its mask {truth.shape}; both must be on the "
            "same pixels."
        )
    table = overlaps(truth, seen)
    inner, chance = _f1(table), 0.0
    if mask.count and found.count:
        truth, seen = _without_edge(truth), _without_edge(seen)
        inner = _f1(overlaps(truth, seen)) if truth.any() and seen.any() else 0.0
        for _ in range(SHIFTS):
            by = [int(rng.integers(n // 4, max(n // 4, 3 * n // 4) + 1)) for n in truth.shape]
            chance = max(chance, _f1(overlaps(np.roll(truth, by, (0, 1)), seen))) if inner else 0.0
    return {"score": _f1(table), "inner": inner, "chance": chance, "dsb_score": table.dsb_score}


def _without_edge(ids: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """The label image without the objects that touch its edge."""
    edge = np.unique(np.concatenate([ids[0], ids[-1], ids[:, 0], ids[:, -1]]))
    return np.where(np.isin(ids, edge), 0, ids)


def _f1(table: Overlaps) -> float:
    tp, fp, fn = table.counts(0.5)
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0


def _why_not_there(scores: dict[str, float], found: int, asked: int, least_score: float, least_gain: float) -> str:
    score, inner, chance = (scores[name] for name in ("score", "inner", "chance"))
    if score >= least_score or (score >= least_gain and inner > chance):
        return ""
    if not asked:
        return f"{found} objects found where the mask has none"
    if not found:
        return f"nothing found where the mask has {asked} objects"
    return f"the mask is not found in it: F1 {score:.2f}; off the edge {inner:.2f}, by chance up to {chance:.2f}"


def _by_name(made: ArrayLike | pd.DataFrame | None, names: list[str]) -> ArrayLike | None:
    """The rows of a table in the order of the names; anything else as it is."""
    if not isinstance(made, pd.DataFrame):
        return made
    if missing := sorted(set(names) - set(made.index)):
        raise BadParameter(f"The table of features has no row for {', '.join(map(str, missing[:3]))}.")
    return made.loc[names].to_numpy()


def _distances(real: ArrayLike | None, made: ArrayLike | None, count: int, furthest: float) -> tuple[Floats, float]:
    """Distance of each painted image to the real ones, and how large it may be (infinite: not judged)."""
    if real is None or made is None:
        return np.full(count, np.nan), np.inf
    x, y = np.asarray(real, np.float64), np.asarray(made, np.float64)
    if y.ndim != 2 or len(y) != count or x.ndim != 2 or x.shape[1] != y.shape[1]:
        raise BadParameter(
            f"Features are tables with a row an image and the same columns; these have the shapes {x.shape} (real) and "
            f"{y.shape} (painted), for {count} pairs."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise BadParameter("Some features are NaN or infinite; leave these columns out.")
    if not len(x) or not count:
        return np.full(count, np.nan), np.inf
    x, y = _on_one_scale(x, y)
    distances = _to_nearest(y, x, own=False)
    if len(x) < ENOUGH_REAL:
        return distances, np.inf
    return distances, furthest * float(np.quantile(_to_nearest(x, x, own=True), USUAL))


def _on_one_scale(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Median 0 and robust standard deviation 1 of the real images, cut at 10; what never varies is left out."""
    middle = np.median(x, axis=0)
    spread = 1.4826 * np.median(np.abs(x - middle), axis=0)
    spread = np.where(spread > 0, spread, x.std(0))
    tiny = 1e-6 * (1 + np.abs(middle))
    varies = spread > tiny
    if not varies.any():
        varies, spread = np.ones(len(spread), bool), np.maximum(spread, tiny)
    x, y = (np.clip(((a - middle) / np.maximum(spread, tiny))[:, varies], -CUT, CUT) for a in (x, y))
    return x, y


def _to_nearest(a: Floats, b: Floats, own: bool) -> Floats:
    """Mean distance to the three nearest rows of b, as a root mean square over features; `own`: not to itself."""
    from scipy.spatial.distance import cdist

    far = cdist(a, b) / np.sqrt(a.shape[1])
    nearest = np.sort(far, axis=1)[:, int(own) : NEIGHBOURS + int(own)]
    return np.asarray(nearest.mean(1), np.float64)


def _why_dropped(table: pd.DataFrame, least_share: float) -> str:
    if not len(table):
        return "no pair was painted"
    kept = int(table["kept"].sum())
    least = f"{kept} of {len(table)} pairs passed, {least_share:.0%} are needed"
    unlike = int(table["reason"].str.startswith("does not look").sum())
    lost = len(table) - kept - unlike
    if unlike > lost:
        return f"{least}; {unlike} do not look like the style"
    score, by_chance = table["score"].median(), table["chance"].median()
    return f"{least}; in {lost} the mask was not found (median F1 {score:.2f}, by chance {by_chance:.2f})"


def _summary(table: pd.DataFrame, limit: float, dropped: str) -> str:
    if not len(table):
        return "No pair was painted."
    said = f"{int(table['kept'].sum())} of {len(table)} painted pairs passed; median F1 {table['score'].median():.2f}"
    if table["distance"].notna().any():
        judged = f"at most {limit:.2f}" if np.isfinite(limit) else "not judged: too few real images"
        said += f", median distance to the style {table['distance'].median():.2f} ({judged})"
    return f"{said}." + (f" The style is dropped: {dropped}." if dropped else "")
