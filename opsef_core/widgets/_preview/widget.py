"""The preview: sliders of a recipe's parameters, and what each step does, live."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ...data import Image
from ...errors import BadParameter
from ...preprocess import Recipe
from .._answer import split
from .._browser import check_installed, module, style
from .answers import Answers
from .places import Place, chosen, places
from .region import Source


def preview(image: Image, recipe: Any, *, region: tuple[int, int] | None = None) -> Any:
    """Move the sliders of a recipe's parameters in a notebook, and see at once what each step does to an image.

    The row shows the original and the picture after each step; the chosen one is shown large beside the original, or
    the step before, in a split that can be dragged; holding space shows the other one alone. Steps are switched off
    and on by their ticks; of alternatives (`either`) one is chosen from a list. Histograms show values before and
    after. The line at the foot of the widget lists keys and mouse; the code line above it can be copied.

    Of an image larger than 512 pixels a side a region of 512 x 512 px is worked on, which can be moved; percentiles
    and ranges are then taken over the region. Of a stack the middle plane, of a series the first time point is shown.
    What can be seen is between percentiles 0.5 and 99.8 of each picture, or between those of the original.

    A step that cannot be done says why in its place. A saved notebook keeps the first view.

    Args:
        image: (Y, X) or with any of the axes T, C, Z; any number type.
        recipe: a `Recipe`, a step, a step's name, or a list of steps, names, mappings {"step": name, ...} and
            `either(...)` of them. None among alternatives: nothing at this place.
        region: row and column of the region's first pixel, of a large image; where most happens if left out.

    Returns:
        The widget. Its `recipe` is the `Recipe` as it is set now, for a `Run` or `grid(*widget.recipe.steps, ...)`.

    Raises:
        MissingPackage: the extra `notebook` is not installed.
        BadParameter: no `Image`, no step, several recipes, or no such region.
        UnknownName: no step of that name.
        BadImage: no pixels, or NaN in the region.
    """
    check_installed("The preview")
    where, source = places(recipe), Source(image)
    overview, liveliest = (b"", (0, 0)) if source.whole else source.overview()
    at = liveliest if region is None else _place(source, region)
    source.region(at)  # what is wrong with it is said here, not in the browser
    return _preview()(Answers(source), where, at, overview)


def _place(source: Source, region: Any) -> tuple[int, int]:
    listed = list(region) if isinstance(region, Sequence) and not isinstance(region, str) else []
    inside = (source.height, source.width)
    whole = len(listed) == 2 and all(isinstance(n, int | np.integer) for n in listed)
    if not whole or not all(0 <= n < most for n, most in zip(listed, inside, strict=True)):
        raise BadParameter(
            f"region={region!r} is no place in {source.name}: give row and column of its first pixel, from (0, 0) to "
            f"({source.height - source.size[0]}, {source.width - source.size[1]})."
        )
    return source.held(int(listed[0]), int(listed[1]))


@cache
def _preview() -> Any:
    """The widget's class; made when it is first needed, since its base is an optional package."""
    import anywidget
    import traitlets

    class Preview(anywidget.AnyWidget):
        """Sliders of a recipe, and what each step does."""

        _esm = module("preview")
        _css = style("preview")
        about: Any = traitlets.Dict().tag(sync=True)  # steps with their controls, size, notes, the overview
        first: Any = traitlets.List().tag(sync=True)  # the pictures of the first view: a saved notebook keeps them
        settings: Any = traitlets.List().tag(sync=True)  # of each place: option, on, values
        region: Any = traitlets.List().tag(sync=True)  # row and column

        def __init__(self, answers: Answers, where: list[Place], region: tuple[int, int], overview: bytes) -> None:
            self._answers, self._places = answers, where
            source, start = answers.source, [place.start() for place in where]
            about = {
                "image": source.name,
                "places": [place.about() for place in where],
                "start": {"settings": start, "region": list(region)},
                "size": [source.height, source.width],
                "region": list(source.size),
                "um": source.um,
                "notes": source.notes,
                "overview": overview,
            }
            steps = [{"step": one.kind.name, **one.act.parameters} for one in (p.options[0] for p in where if p.on)]
            asked = [{"name": f"first {n}", "region": region, "steps": steps[:n]} for n in range(len(steps) + 1)]
            super().__init__(about=about, first=[answers.to(one) for one in asked], settings=start, region=list(region))
            self.on_msg(self._asked)

        def _asked(self, _: Any, question: Any, __: Any) -> None:
            if isinstance(question, dict) and question.get("kind") == "ask":
                self.send(*split(self._answers.to(question)))

        @property
        def recipe(self) -> Recipe:
            """The recipe as it is set now; steps that are off are not in it.

            Raises:
                BadParameter: values that do not go together; the widget says so, too.
            """
            return chosen(self._places, self.settings)

        def __repr__(self) -> str:
            on = sum(bool(one["on"]) for one in self.settings)
            return f"Preview({self._answers.source.name}, {on} of {len(self.settings)} steps on)"

    return Preview
