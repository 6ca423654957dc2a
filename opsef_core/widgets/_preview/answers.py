"""What the preview asks for, answered: how a region looks after the first steps of a recipe."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Image
from ...errors import OpsefError
from ...preprocess import Recipe
from .._answer import Answer
from .look import Look, look
from .region import Place, Source

log = logging.getLogger(__name__)
KEPT = 64  # regions after steps; those used last are kept
KEPT_BYTES = 2e8

Key = tuple[Place, Recipe]


class StepFailed(Exception):
    """The step of this number could not be done."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Answers:
    """Answers about one image.

    What a region is after the first steps is kept, so that a slider costs its own step and those after it.

    Args:
        source: the image.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._kept: OrderedDict[Key, _Done] = OrderedDict()

    def to(self, question: Mapping[str, Any]) -> Answer:
        """The answer to {"kind": "ask", "name", "region": [row, column], "steps": [{"step": name, parameter: value}]}.

        {"kind": "picture", "name", "seconds"} with what a `Look` has; `seconds` are those of the last step. Whatever
        goes wrong is an answer, too: {"kind": "problem", "name", "at", "text"}, with `at` the number of the step that
        could not be done (None: it was none of them).
        """
        told: Answer = {"kind": "problem", "name": str(question.get("name", "")), "at": None}
        error: BaseException
        try:
            return {"kind": "picture", "name": told["name"]} | self._picture(question["region"], question["steps"])
        except StepFailed as failed:
            told["at"], error = failed.number, failed.__cause__ or failed
        except Exception as failed:  # the region cannot be read, a message is none
            error = failed
        if not isinstance(error, OpsefError):
            log.warning("the preview could not answer %s", question, exc_info=error)
        text = str(error) if isinstance(error, OpsefError) else f"This did not work: {error or type(error).__name__}"
        return told | {"text": text}

    def _picture(self, region: Sequence[int], entries: Sequence[Mapping[str, Any]]) -> Answer:
        row, column = (int(n) for n in region)
        place = self.source.held(row, column)
        now = self._done((place, Recipe()), None)
        for number in range(len(entries)):
            try:
                now = self._done((place, Recipe.from_list(entries[: number + 1])), now)
            except Exception as error:
                raise StepFailed(number) from error
        return now.look.answer() | {"seconds": now.seconds}

    def _done(self, key: Key, before: _Done | None) -> _Done:
        """The region after a recipe, of which all but the last step are done already."""
        place, recipe = key
        if key not in self._kept:
            began = time.perf_counter()
            image = self.source.region(place) if before is None else recipe.steps[-1](before.image)
            self._kept[key] = _Done(image, time.perf_counter() - began)
            most = min(KEPT, max(8, int(KEPT_BYTES // max(image.array().nbytes, 1))))
            while len(self._kept) > most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


class _Done:
    """A region after some steps; how it looks is found out when it is first shown."""

    def __init__(self, image: Image, seconds: float) -> None:
        self.image, self.seconds = image, seconds
        self._look: Look | None = None

    @property
    def look(self) -> Look:
        if self._look is None:
            self._look = look(self.image)
        return self._look
