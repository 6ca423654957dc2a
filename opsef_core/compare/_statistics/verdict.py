"""The verdict: which grid point, is it really the best, and does a cheaper one do as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from .._label import metric_label
from .._metric import lower_is_better
from .._seen import training_warning, unseen
from .bootstrap import RESAMPLES
from .intervals import add_intervals
from .paired import paired
from .pairs import WORTH, all_pairs
from .wording import counting, gap_of, how_many, interval, listed, plain


@dataclass(frozen=True)
class Verdict:
    """What can be said about the grid points of a score table.

    Attributes:
        metric: the column that decides.
        ranks: the table of `intervals`.
        pairs: the table of `compare_pairs`.
        best: the grid point with the best mean; None where nothing was scored.
        worse: those that were shown to be worse than it.
        not_worse: those that were not, in the order of the ranking. It does not mean that they are as good.
        cheapest: of the best and `not_worse` the one with the fewest seconds an image; None where it cannot be said,
            because times are missing or the images are too few to show anything.
        sentences: all this in words.
        warning: says which models were trained on the images; "" if none is known to.
        clean: the verdict over the images that no model is known to have seen, where that is not all of them, and
            not none.
    """

    metric: str
    ranks: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    best: str | None
    worse: tuple[str, ...]
    not_worse: tuple[str, ...]
    cheapest: str | None
    sentences: tuple[str, ...]
    warning: str = ""
    clean: Verdict | None = None

    @property
    def against_best(self) -> pd.DataFrame:
        """The rows of `pairs` that compare the best with another one."""
        return self.pairs[self.pairs["a"] == self.best] if len(self.pairs) else self.pairs

    def __str__(self) -> str:
        said = " ".join(self.sentences)
        if not self.warning:
            return said
        other = "On images that no model here is known to have seen: "
        return f"{said}\nWarning: {self.warning}\n" + (
            other + str(self.clean) if self.clean else "No image is left that no model here has seen."
        )

    __repr__ = __str__


def verdict(
    scores: pd.DataFrame,
    metric: str = "dsb_score",
    *,
    by: str | None = None,
    alpha: float = 0.05,
    worth: float = WORTH,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Verdict:
    """Which grid point is best on these images, which are not shown to be worse, and which of them is cheapest.

    "Worse" is what `compare_pairs` shows, corrected for all pairs of the table, so the choice of the best one from
    the same images is paid for. Where models have seen images in training, the verdict warns, and gives a second
    one, `clean`, over the images that none has seen.

    Args:
        scores: one row an image x grid point, as for `ranking`; failed cells as rows count as the worst score.
        metric: a column of scores; lower is better if its name ends in `_error`.
        by: column that tells which images belong together; `parent` or `image` if left out.
        alpha: risk that anything is called worse wrongly.
        worth: a difference that is worth knowing of, in units of the metric.
        resamples: number of bootstrap draws.
        seed: of the draws.

    Raises:
        NothingToShow: the table has no such column.
    """
    made = _verdict(scores, metric, by, alpha, worth, resamples, seed)
    warning = training_warning(scores)
    if not warning:
        return made
    rest = unseen(scores)
    clean = _verdict(rest, metric, by, alpha, worth, resamples, seed) if rest[metric].notna().any() else None
    return Verdict(**{**vars(made), "warning": warning, "clean": clean})


def _verdict(
    scores: pd.DataFrame, metric: str, by: str | None, alpha: float, worth: float, resamples: int, seed: int
) -> Verdict:
    square = paired(scores, metric, by)
    ranks = add_intervals(scores, metric, square, 1 - alpha, resamples, seed)
    ranks.attrs["together"] = square.together
    scored = ranks[ranks["mean"].notna()]
    pairs = all_pairs(square, list(scored["grid_point"]), metric, alpha, worth, resamples, seed)
    if not len(scored):
        return Verdict(metric, ranks, pairs, None, (), (), None, (_nothing(scores, metric),))
    best = str(scored["grid_point"].iloc[0])
    others = pairs[pairs["a"] == best]
    shown = others["better"] == best
    worse, rest = tuple(others.loc[shown, "b"]), tuple(others.loc[~shown, "b"])
    told = bool(len(others)) and int(others["n_units"].max()) >= pairs.attrs["fewest"]
    cheapest = _cheapest(scored, {best, *rest}) if told else None
    made = Verdict(metric, ranks, pairs, best, worse, rest, cheapest, ())
    return Verdict(**{**vars(made), "sentences": tuple(_sentences(made))})


def _cheapest(scored: pd.DataFrame, names: set[str]) -> str | None:
    """The one with the fewest seconds; of equals the better one."""
    seconds = scored[scored["grid_point"].isin(names)].set_index("grid_point")["seconds"]
    return str(seconds.idxmin()) if seconds.notna().any() else None


def _nothing(scores: pd.DataFrame, metric: str) -> str:
    """Why there is no verdict."""
    if len(scores) and "status" in scores and scores["status"].eq("failed").all():
        return "Every grid point failed on every image; the column `reason` of the cells says why."
    return f"No grid point has a {metric_label(metric)}: nothing was finished on an image that could be scored."


def _sentences(one: Verdict) -> list[str]:
    label, first = metric_label(one.metric), one.ranks.iloc[0]
    images = how_many(first["n_images"], first["n_units"], one.ranks.attrs["together"])
    what = f"{label} {mean_of(first)}, {images}"
    if not len(one.pairs):
        return [f"Only one grid point was scored: {one.best}, {what}.", "There is nothing to compare it with."]
    if first["n_units"] == 1:
        said = [f"{one.best} has the best {label}: {mean_of(first)} on {images}."]
        return [*said, "One image only: no interval, no test; on the next image another grid point may be best."]
    if first["n_units"] < one.pairs.attrs["fewest"]:
        few = (
            f"So few cannot show that it is better than any of the others: among {len(one.pairs)} comparisons the test "
            f"needs at least {counting(one.pairs.attrs['fewest'], 'image')}."
            if len(one.pairs) > 1
            else f"So few cannot show that it is better: the test needs at least {one.pairs.attrs['fewest']} images."
        )
        return [f"{one.best} has the best mean: {what}.", few]
    head = f"{one.best} is best: {what}." if one.worse else f"{one.best} has the best mean: {what}."
    return [head, *_others(one), *_cost(one)]


def _others(one: Verdict) -> list[str]:
    """Who was shown to be worse, and who was not."""
    total, worse = len(one.worse) + len(one.not_worse), len(one.worse)
    if not one.not_worse:
        return [f"It is better than {'the other one' if total == 1 else f'all {total} others'}."]
    rows = {row["b"]: row for row in one.against_best.to_dict("records")}
    open_ = listed([f"{name} ({gap_of(rows[name], turned=True)})" for name in one.not_worse])
    if not worse:
        return [f"None of the others was shown to be worse: {open_}."]
    return [f"It is better than {worse} of the {total} others; not shown to be worse: {open_}."]


def _cost(one: Verdict) -> list[str]:
    """Whether something cheaper may do."""
    if one.cheapest is None or not one.not_worse:
        return []
    seconds = one.ranks.set_index("grid_point")["seconds"]
    best = float(one.ranks["seconds"].iloc[0])
    if one.cheapest == one.best:
        return [f"It is also the cheapest of these: {seconds_of(best)} an image."]
    row = next(r for r in one.against_best.to_dict("records") if r["b"] == one.cheapest)
    up = lower_is_better(one.metric)
    sign = -1 if up else 1
    least, here, most = sorted(sign * row[name] for name in ("low", "difference", "high"))
    digits, worse = 2 if most >= 0.02 else 3, "higher" if up else "lower"
    saved = f"{seconds_of(seconds[one.cheapest])} an image instead of {seconds_of(best)}"
    level = f"({100 * (1 - one.pairs.attrs['alpha']):.0f} % interval)"
    lost = f"{plain(here, digits)} {worse} on these images, at most {plain(max(0.0, most), digits)} {worse} {level}"
    said = [f"The cheapest of these is {one.cheapest}: {saved}; its {metric_label(one.metric)} is {lost}."]
    if least > 0:  # the interval of this pair alone leaves out 0
        said.append("Taken alone it looks worse; with more images that may be shown.")
    return said


def mean_of(row: Any) -> str:
    """Write the mean of a row of `intervals`: "0.81 [0.78, 0.84]"."""
    return f"{plain(row['mean'])} {interval(row['low'], row['high'])}".rstrip()


def seconds_of(seconds: float) -> str:
    """Write seconds: "0.31 s", "4.2 s", "75 s"."""
    if seconds != seconds:
        return "unknown time"
    return f"{seconds:.{2 if seconds < 1 else 1 if seconds < 10 else 0}f} s"
