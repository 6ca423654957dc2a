"""The explorer: images and results of a run, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from ...errors import BadParameter
from .._answer import split
from .._browser import check_installed, colours, module, style
from .._standing import Standing
from .._viewable import Viewable, known
from .answers import Answers

MOST_PANELS = 4


def explore(run: Viewable, image: str | None = None, grid_points: Iterable[str] | None = None) -> Any:
    """Look at the results of a run in a notebook: one to four grid points on an image, with one zoom for all.

    Choose image and grid points, switch outlines and truth, blink between results on one spot; the line at the foot
    of the widget lists keys and mouse. Pictures are loaded when they are looked at. A large image is shown reduced
    (2048 pixels a side), and says so. Of a stack the middle plane is shown. A saved notebook keeps the first view;
    after the kernel has gone, what was loaded can still be looked at.

    Args:
        run: a `Run` with at least one finished result.
        image: the one to begin with; the first of the run if left out.
        grid_points: one to four titles to begin with; the two best, or the first two without scores, if left out.

    Returns:
        The widget. Its `image` and `grid_points` tell what is shown, and can be set.

    Raises:
        MissingPackage: the extra `notebook` is not installed.
        NothingToShow: the run has no finished result.
        UnknownName: no such image or grid point.
        BadParameter: more than four grid points, or none.
    """
    check_installed("The explorer")
    standing = Standing(run)
    chosen = list(standing.grid_points[:2] if grid_points is None else grid_points)
    first = standing.images[0] if image is None else image
    return _explorer()(Answers(run, standing), run.title, first, chosen)


def _checked(standing: Standing, chosen: list[str]) -> list[str]:
    """Titles that exist, one to four of them."""
    if not 1 <= len(chosen) <= MOST_PANELS:
        raise BadParameter(f"The explorer shows one to {MOST_PANELS} grid points side by side, not {len(chosen)}.")
    return [known("grid point", point, standing.grid_points) for point in chosen]


@cache
def _explorer() -> Any:
    """The widget's class; made when it is first needed, since its base is an optional package."""
    import anywidget
    import traitlets

    class Explorer(anywidget.AnyWidget):
        """Images and results of a run, side by side."""

        _esm = module("explorer")
        _css = style("explorer")
        about: Any = traitlets.Dict().tag(sync=True)  # names, metrics, colours
        first: Any = traitlets.List().tag(sync=True)  # the answers of the first view: a saved notebook keeps them
        image: Any = traitlets.Unicode().tag(sync=True)
        grid_points: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)

        def __init__(self, answers: Answers, title: str, image: str, grid_points: list[str]) -> None:
            self._answers = answers
            known("image", image, answers.standing.images)
            chosen = _checked(answers.standing, grid_points)
            about = answers.standing.about() | {"title": title, "colours": colours(), "most": MOST_PANELS}
            questions = [{"image": image}, *({"image": image, "point": p} for p in dict.fromkeys(chosen))]
            first = [answers.to(question) for question in questions]
            super().__init__(about=about, first=first, image=image, grid_points=chosen)
            self.on_msg(self._asked)

        def _asked(self, _: Any, question: Any, __: Any) -> None:
            if isinstance(question, dict) and question.get("kind") == "ask":
                self.send(*split(self._answers.to(question)))

        def __repr__(self) -> str:
            standing = self._answers.standing
            return f"Explorer({len(standing.images)} images, {len(standing.grid_points)} grid points)"

        @traitlets.validate("image")
        def _known_image(self, proposal: Any) -> str:
            return known("image", proposal["value"], self._answers.standing.images)

        @traitlets.validate("grid_points")
        def _known_points(self, proposal: Any) -> list[str]:
            return _checked(self._answers.standing, proposal["value"])

    return Explorer
