"""The rater: result after result, one key press each."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any

from ...compare import RATINGS
from ...errors import OpsefError
from .._answer import Answer, split
from .._browser import check_installed, colours, module, style
from .._viewable import Viewable
from .._who import user_name
from .queue import queue
from .session import Session

log = logging.getLogger(__name__)

# What the keys 1 to 4 say, in the order of RATINGS; the second word is how people call it at the microscope.
CALLED = (("Good", ""), ("Under-segmented", "merged"), ("Over-segmented", "split"), ("Failed", ""))


def rate(
    run: Viewable,
    grid_points: Iterable[str] | None = None,
    images: Iterable[str] | None = None,
    *,
    rater: str | None = None,
    blind: bool = True,
    seed: int = 0,
) -> Any:
    """Judge results by eye in a notebook: 1 good, 2 under-segmented, 3 over-segmented, 4 failed.

    Images x grid points come one by one in random order. Of an image larger than 520 pixels the square is shown in
    which most happens, the same for all grid points. Every rating is stored at once in `ratings.csv` of the run
    folder; called again, the rater goes on where it stopped. `ratings(run)` gives the table,
    `compare.share_good(ratings(run))` one number a grid point.

    Args:
        run: a `Run` with at least one finished result.
        grid_points: titles; all if left out.
        images: names; all if left out.
        rater: who rates; the name of the user on this machine if left out.
        blind: the grid point is hidden until its result is rated.
        seed: of the order.

    Returns:
        The widget.

    Raises:
        MissingPackage: the extra `notebook` is not installed.
        NothingToShow: nothing is finished.
        UnknownName: no such image or grid point.
        UnreadableFile: ratings.csv is damaged.
    """
    check_installed("The rater")
    return _rater()(Session(run, queue(run, grid_points, images, seed), rater or user_name()), run.title, blind)


def answer(session: Session, question: dict[str, Any], blind: bool) -> Answer:
    """What the kernel says to {"kind": "ask" | "rate" | "undo", "place", "rating", "seconds"}.

    Whatever goes wrong is an answer, too: {"kind": "problem", "place", "text"}. A rating that could not be stored
    must be seen.
    """
    kind, place = question.get("kind"), question.get("place")
    try:
        if kind == "undo":
            return {"kind": "undone", "place": session.undo(), "marks": session.marks}
        place = int(place if place is not None else -1)
        if kind == "rate":
            session.rate(place, str(question.get("rating")), question.get("seconds"))
            told = {"kind": "rated", "place": place, "title": session.title(place), "marks": session.marks}
            return told | ({} if "0" in session.marks else {"summary": session.summary()})
        known = not blind or session.marks[place] != "0"
        return session.show(place) | {"title": session.title(place) if known else ""}
    except OpsefError as error:
        text = str(error)
    except Exception as error:  # a file that went away, a library that fails
        log.warning("the rater could not answer %s", question, exc_info=True)
        text = f"This did not work: {error or type(error).__name__}"
    return {"kind": "problem", "about": kind, "place": place, "text": text}


@cache
def _rater() -> Any:
    """The widget's class; made when it is first needed, since its base is an optional package."""
    import anywidget
    import traitlets

    class Rater(anywidget.AnyWidget):
        """Result after result, one key press each."""

        _esm = module("rater")
        _css = style("rater")
        about: Any = traitlets.Dict().tag(sync=True)  # words, colours, how many
        first: Any = traitlets.List().tag(sync=True)  # the first item: a saved notebook keeps it
        marks: Any = traitlets.Unicode().tag(sync=True)  # one character an item, see `_queue.marks`

        def __init__(self, session: Session, title: str, blind: bool) -> None:
            self._session, self._blind = session, blind
            words = [{"rating": r, "label": a, "called": b} for r, (a, b) in zip(RATINGS, CALLED, strict=True)]
            about = {"title": title, "rater": session.rater, "words": words, "colours": colours(), "blind": blind}
            about["summary"] = [] if "0" in session.marks else session.summary()
            first = [answer(session, {"kind": "ask", "place": session.place}, blind)]
            super().__init__(about=about, first=first, marks=session.marks)
            self.on_msg(self._asked)

        def _asked(self, _: Any, question: Any, __: Any) -> None:
            if isinstance(question, dict) and question.get("kind") in ("ask", "rate", "undo"):
                self.send(*split(answer(self._session, question, self._blind)))
                self.marks = self._session.marks

        def __repr__(self) -> str:
            rated = len(self.marks) - self.marks.count("0")
            return f"Rater({rated} of {len(self.marks)} results rated by {self._session.rater})"

    return Rater
