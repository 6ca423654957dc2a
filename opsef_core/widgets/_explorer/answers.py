"""What the explorer asks for, answered: an image with its scores and truth, or the objects of one result."""

from __future__ import annotations

import logging
from typing import Any

from ...data import Image
from ...errors import NothingToShow, OpsefError
from .._answer import Answer
from .._layers import packed, plane, reduced
from .._pictures import png, step_for
from .._standing import Standing
from .._viewable import Viewable

log = logging.getLogger(__name__)


class Answers:
    """Answers about one run. The last image is kept, since questions about its layers follow.

    Args:
        run: with at least one finished result.
        standing: what is known of its results.
    """

    def __init__(self, run: Viewable, standing: Standing) -> None:
        self._run, self.standing = run, standing
        self._last: Image | None = None

    def to(self, question: dict[str, Any]) -> Answer:
        """The answer to {"kind": "image", "image"} or {"kind": "layer", "image", "point"}.

        Whatever goes wrong is an answer, too: {"kind": "problem", ..., "text"}; a picture that cannot be shown must
        not end the others.
        """
        image, point = str(question.get("image", "")), question.get("point")
        try:
            return self.image(image) if point is None else self.layer(image, str(point))
        except OpsefError as error:
            text = str(error)
        except Exception as error:  # a file that went away, a library that fails
            log.warning("%s, %s cannot be shown", image, point, exc_info=True)
            text = f"This cannot be shown: {error or type(error).__name__}"
        return {"kind": "problem", "image": image, "point": point, "text": text}

    def image(self, name: str) -> Answer:
        """An image: `png`, `truth` (packed ids, or None), height and width in pixels, `step`, scores, pixel size."""
        image, truth = self._image(name), self._run.truth_of(name)
        step = step_for(image)
        return {
            "kind": "image",
            "image": name,
            "height": image.shape["Y"],
            "width": image.shape["X"],
            "step": step,
            "um": image.spacing_um.get("X"),
            "rows": self.standing.of_image(name),
            "truth_count": None if truth is None else truth.count,
            "png": png(image.for_display(), step),
            "truth": None if truth is None else packed(reduced(plane(truth, image), step)),
        }

    def layer(self, name: str, grid_point: str) -> Answer:
        """The objects of one result: `ids`, packed, of the size of the picture (`height`, `width`).

        Raises:
            NothingToShow: it failed, or has not run yet.
        """
        image, key = self._image(name), self.standing.key(name, grid_point)
        if key is None:
            row = self.standing.of_image(name).get(grid_point, {})
            reason = row.get("reason") or "it has not run yet."
            raise NothingToShow(f"No result: {reason}")
        ids = reduced(plane(self._run.labels(key), image), step_for(image))
        about = {"image": name, "point": grid_point, "height": ids.shape[0], "width": ids.shape[1]}
        return {"kind": "layer", **about, "ids": packed(ids)}

    def _image(self, name: str) -> Image:
        if self._last is None or self._last.name != name:
            self._last = self._run.image(name)
        return self._last
