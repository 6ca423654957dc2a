"""What people said of results, as one number a grid point: evidence that needs no truth."""

from __future__ import annotations

import math
from statistics import NormalDist

import pandas as pd

from ...errors import BadParameter, NothingToShow, UnknownName

RATINGS = ("good", "under-segmented", "over-segmented", "failed")
LEVEL = 0.95


def share_good(ratings: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """For each grid point the share of images that people called good, with its Wilson interval; best first.

    An image that several people rated counts once, with the share of them who said good: their eyes are several, the
    image is one. The interval is that of Wilson (1927, doi 10.1080/01621459.1927.10502953), which also holds for few
    images and for shares of 0 and 1. Beside the column `agreement` of `run.rank()` it stands as
    `run.rank().merge(share_good(ratings), on="grid_point")`.

    Args:
        ratings: one row a rating: `image`, `grid_point`, `rating` (one of `RATINGS`), and `rater` where known.
        level: coverage of the interval.

    Returns:
        One row a grid point: `grid_point`, `share_good`, `low`, `high` (all 0 to 1), `n_images`, `n_ratings`,
        `n_raters`, and how often each word was said (`good`, `under-segmented`, `over-segmented`, `failed`).

    Raises:
        NothingToShow: the table is no table of ratings.
        UnknownName: a word that is no rating.
        BadParameter: the level does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise BadParameter(f"The level of an interval lies between 0 and 1, for example 0.95; {level} does not.")
    checked_words(ratings)
    rows = [_of_one(str(point), some, level) for point, some in ratings.groupby("grid_point", sort=False)]
    columns = ["grid_point", "share_good", "low", "high", "n_images", "n_ratings", "n_raters", *RATINGS]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["share_good", "low"], ascending=False, kind="stable", ignore_index=True)


def checked_words(ratings: pd.DataFrame) -> pd.DataFrame:
    """The table itself, if it is one of ratings; errors as in `share_good`."""
    missing = [name for name in ("image", "grid_point", "rating") if name not in ratings]
    if missing:
        raise NothingToShow(f"This is no table of ratings: it has no column {' and no column '.join(missing)}.")
    for word in ratings["rating"].unique():
        if word not in RATINGS:
            raise UnknownName("rating", str(word), RATINGS)
    return ratings


def wilson(share: float, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Lowest and highest share that n independent images leave possible; 0 to 1 for none."""
    if not n:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)  # rounding apart, share lies within


def _of_one(grid_point: str, some: pd.DataFrame, level: float) -> dict[str, object]:
    by_image = some["rating"].eq("good").groupby(some["image"]).mean()
    share, n = float(by_image.mean()), len(by_image)
    low, high = wilson(share, n, level)
    raters = some["rater"].nunique() if "rater" in some else 1
    counts = {word: int(some["rating"].eq(word).sum()) for word in RATINGS}
    numbers = {"share_good": share, "low": low, "high": high, "n_images": n, "n_ratings": len(some), "n_raters": raters}
    return {"grid_point": grid_point, **numbers, **counts}
