"""What the rater shows: results in an order that is random, and the same whenever it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from ...compare import RATINGS
from ...data import digest
from ...errors import NothingToShow
from .._viewable import Viewable, finished, known

NOT_YET = "0"  # mark of what is not rated; the others are the number of the key that was pressed


@dataclass(frozen=True)
class Item:
    """One result to be rated."""

    image: str
    grid_point: str
    key: str


def queue(
    run: Viewable, grid_points: Iterable[str] | None = None, images: Iterable[str] | None = None, seed: int = 0
) -> list[Item]:
    """The finished results of these grid points and images, in random order.

    The place of a result depends on the seed and on its key alone, so a grid that grows keeps the order of what was
    there.

    Raises:
        NothingToShow: nothing is finished, or nothing of what was asked for.
        UnknownName: no such image or grid point.
    """
    cells = finished(run)
    points = _names("grid point", grid_points, cells["grid_point"])
    chosen = _names("image", images, cells["image"])
    done = cells[cells["status"].eq("done") & cells["grid_point"].isin(points) & cells["image"].isin(chosen)]
    if done.empty:
        raise NothingToShow("None of these grid points has a finished result on these images.")
    columns = (done[name].astype(str) for name in ("image", "grid_point", "key"))
    items = [Item(*one) for one in zip(*columns, strict=True)]
    return sorted(items, key=lambda item: digest(seed, item.image, item.grid_point, item.key))


def marks(items: list[Item], ratings: pd.DataFrame, rater: str) -> str:
    """One character an item: 0 if this rater has not rated it, else 1 to 4, the place of the word in `RATINGS`.

    A rating of an earlier result (other parameters, another key) does not count.
    """
    mine = ratings[ratings["rater"] == rater]
    words = dict(zip(zip(mine["image"], mine["grid_point"], mine["key"], strict=True), mine["rating"], strict=True))
    said = (words.get((item.image, item.grid_point, item.key)) for item in items)
    return "".join(NOT_YET if word is None else str(RATINGS.index(word) + 1) for word in said)


def _names(kind: str, asked: Iterable[str] | None, there: pd.Series[str]) -> list[str]:
    names = [str(name) for name in there.unique()]
    wanted = names if asked is None else [asked] if isinstance(asked, str) else asked
    return [known(kind, name, names) for name in wanted]
