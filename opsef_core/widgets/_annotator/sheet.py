"""One image that is being annotated: its ids, classes, and how often it was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data import Act, Image, Labels, digest
from ...errors import BadLabels, OpsefError
from .patches import put_patch

UNTOUCHED, EDITED, FINISHED = "untouched", "edited", "finished"


class OutOfStep(OpsefError):
    """Raised for edits of an image that was changed by somebody else meanwhile."""


@dataclass(frozen=True)
class Sheet:
    """An image that is being annotated. Edits give a new one; nothing is changed in place.

    Attributes:
        image: axes YX or CYX.
        start: the labels it began with.
        ids: (Y, X) int32, as they are now.
        classes: name of the class by id, as far as known.
        largest: the largest id there ever was; a new object gets the next one, so no id is used twice.
        revision: number of edits so far.
        editor: the view that made them; another one has to look first.
        finished: whether somebody said so.
    """

    image: Image
    start: Labels
    ids: NDArray[np.int32]
    classes: Mapping[int, str]
    largest: int
    revision: int = 0
    editor: str = ""
    finished: bool = False

    @classmethod
    def begun(cls, image: Image, start: Labels) -> Sheet:
        """Before the first edit."""
        known = start.objects["class"].dropna() if "class" in start.objects else pd.Series(dtype=object)
        classes = {int(number): str(name) for number, name in zip(known.index, known, strict=True)}
        return cls(image, start, start.array(), classes, int(start.ids.max(initial=0)))

    @property
    def state(self) -> str:
        """One of untouched, edited, finished."""
        return FINISHED if self.finished else EDITED if self.revision else UNTOUCHED

    def edited(self, steps: Sequence[Mapping[str, Any]], revision: int, editor: str, classes: Sequence[str]) -> Sheet:
        """After some edits.

        Args:
            steps: each with `patches` (see `put_patch`) and `classes` (name or None, by id).
            revision: how many edits there were before the first of them. Those that were stored already are passed
                over, so they may be sent again.
            editor: the view they come from.
            classes: names that are possible.

        Raises:
            OutOfStep: the image was changed elsewhere, or edits are missing in between.
            BadLabels: an edit that cannot be.
        """
        known = self.revision - revision
        if known < 0 or (known > 0 and editor != self.editor):
            raise OutOfStep(
                f"{self.image.name} was changed in another place meanwhile. It is shown as it is stored now; edits "
                "that were not stored are left out."
            )
        ids, table = self.ids.copy(), dict(self.classes)
        for step in steps[known:]:
            for patch in step.get("patches", ()):
                put_patch(ids, patch)
            for number, name in (step.get("classes") or {}).items():
                if name is not None and name not in classes:
                    raise BadLabels(f"There is no class called {name!r}; there are {', '.join(classes)}.")
                table.pop(int(number), None)
                if name is not None:
                    table[int(number)] = str(name)
        revision = max(self.revision, revision + len(steps))
        largest = max(self.largest, int(ids.max(initial=0)))
        return replace(self, ids=ids, classes=table, largest=largest, revision=revision, editor=editor)

    @property
    def labels(self) -> Labels:
        """As they are now; the same as at the start if nothing was changed."""
        if not self.revision:
            return self.start
        numbers = np.unique(self.ids[self.ids > 0])
        table = self.start.objects.reindex(pd.Index(numbers, name="id"))
        names = [self.classes.get(int(number)) for number in numbers]
        if any(names) or "class" in table:
            table["class"] = pd.Series(names, table.index, dtype=object)
        return self.start.then(Act("hand", "annotator", {"sha": digest(self.ids, names)}), self.ids, table)
