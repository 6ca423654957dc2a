"""A person at the rater: what is shown, what is stored, what is taken back. It knows nothing of the browser."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compare import RATINGS, share_good
from ...data import Image
from ...errors import BadParameter
from ...run.ratings import now, put, ratings, take_back
from .._answer import Answer
from .._layers import packed, plane
from .._pictures import Window, liveliest, png
from .._viewable import Viewable
from .queue import NOT_YET, Item, marks


class Session:
    """Shows items and stores ratings.

    Args:
        run: the run the items are of.
        items: from `queue`.
        rater: the person's name in the table.

    Attributes:
        marks: one character an item, see `_queue.marks`.

    Raises:
        UnreadableFile: the table of ratings is damaged.
    """

    def __init__(self, run: Viewable, items: list[Item], rater: str) -> None:
        self._run, self.items, self.rater = run, items, rater
        before = ratings(run)
        self.marks = marks(items, before, rater)
        places = {(item.image, item.grid_point): place for place, item in enumerate(items)}
        mine = before[before["rater"] == rater]
        told = (places.get(one) for one in zip(mine["image"], mine["grid_point"], strict=True))
        self._order = [place for place in told if place is not None and self.marks[place] != NOT_YET]
        self._last: tuple[Image, NDArray[np.uint8], Window] | None = None

    @property
    def place(self) -> int:
        """The first item that is not rated; 0 if all are."""
        return max(self.marks.find(NOT_YET), 0)

    def show(self, place: int) -> Answer:
        """An item as the browser shows it: `png`, `ids` (packed), height and width of the crop, its place in the image.

        Raises:
            OpsefError: image or result cannot be read.
        """
        item = self._item(place)
        image, picture, window = self._picture(item.image)
        ids = plane(self._run.labels(item.key), image)[window]
        rows, columns = window
        whole = ids.shape == picture.shape[:2]
        return {
            "kind": "item",
            "place": place,
            "image": item.image,
            "height": ids.shape[0],
            "width": ids.shape[1],
            "um": image.spacing_um.get("X"),
            "crop": "" if whole else f"{ids.shape[0]} × {ids.shape[1]} px at row {rows.start}, column {columns.start}",
            "png": png(picture[window]),
            "ids": packed(ids),
        }

    def rate(self, place: int, rating: str, seconds: float | None) -> None:
        """Store what was said of an item.

        Raises:
            BadParameter: no such item or word.
            DiskFull, UnreadableFile: it could not be stored.
        """
        if rating not in RATINGS:
            raise BadParameter(f"{rating!r} is no rating; it is one of {', '.join(RATINGS)}.")
        shown = None if seconds is None else round(float(seconds), 2)
        put(self._run, self._row(place) | {"rating": rating, "seconds": shown, "time": now()})
        self._mark(place, str(RATINGS.index(rating) + 1))
        self._order.append(place)

    def undo(self) -> int | None:
        """Take the last rating back; the place of its item, None if there is none."""
        if not self._order:
            return None
        place = self._order[-1]
        take_back(self._run, self._row(place))
        self._order = [other for other in self._order if other != place]
        self._mark(place, NOT_YET)
        return place

    def title(self, place: int) -> str:
        """The grid point of an item."""
        return self._item(place).grid_point

    def summary(self) -> list[dict[str, Any]]:
        """The share of good results a grid point, as this rater sees it; best first."""
        table = ratings(self._run)
        points = {item.grid_point for item in self.items}
        mine = table[(table["rater"] == self.rater) & table["grid_point"].isin(points)]
        columns = ["grid_point", "share_good", "low", "high", "n_images"]
        return [
            {str(name): value for name, value in row.items()} for row in share_good(mine)[columns].to_dict("records")
        ]

    def _mark(self, place: int, mark: str) -> None:
        self.marks = self.marks[:place] + mark + self.marks[place + 1 :]

    def _row(self, place: int) -> dict[str, Any]:
        item = self._item(place)
        return {"image": item.image, "grid_point": item.grid_point, "key": item.key, "rater": self.rater}

    def _item(self, place: int) -> Item:
        if not 0 <= place < len(self.items):
            raise BadParameter(f"There are {len(self.items)} results to rate; {place} is none of them.")
        return self.items[place]

    def _picture(self, name: str) -> tuple[Image, NDArray[np.uint8], Window]:
        if self._last is None or self._last[0].name != name:
            image = self._run.image(name)
            picture = image.for_display()
            self._last = image, picture, liveliest(picture)
        return self._last
