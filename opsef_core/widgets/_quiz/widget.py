"""The quiz: which of these tiles are fake?"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ...data import Image
from ...errors import BadParameter, OpsefError
from .._answer import Answer, split
from .._browser import check_installed, module, style
from .._who import user_name
from .boards import Boards
from .judge import published

log = logging.getLogger(__name__)


def quiz(
    real: Sequence[Image],
    made: Sequence[Image],
    *,
    side: int = 8,
    tile_px: int = 64,
    seed: int = 0,
    taker: str = "",
    folder: str | Path | None = None,
) -> Any:
    """Ask a person which tiles of a board were made by a program: do made images look real?

    Each tile of the board is real or fake by the toss of a coin, cut at a random place of the real or the made images,
    and stretched between its own percentiles 0.5 and 99.8, so that brightness tells nothing. The person marks the tiles
    believed to be fake; "Check" tells accuracy with its 95 % interval, precision and recall of "fake", and which were
    which, beside what four experts reached (Hollandi et al. 2020, doi 10.1016/j.cels.2020.04.003: 57.4 %). Before that
    the browser does not know which are fake. The first answer to a board counts; then comes the next board.

    Args:
        real: images of a microscope, grey or colour, of any bit depth; of a stack the middle plane is used.
        made: images of a program, for example of a style transfer, at the same scale.
        side: tiles a side of the board, 2 to 12. Real and made images each need room for side x side tiles.
        tile_px: side of a tile in pixels, 16 to 256.
        seed: of the tiles' places and order.
        taker: who answers; the name of the user on this machine if left out.
        folder: where answers are stored, in `quiz.csv`; called again, the quiz goes on with the next board. `None`
            stores nothing, and every call begins with the first board of its seed. `quiz_results(folder)` is
            the table.

    Returns:
        The widget. Its `score` is that of the board that is shown, empty before it is checked.

    Raises:
        MissingPackage: the extra `notebook` is not installed.
        BadParameter: impossible numbers, too few tiles, something that is no `Image`, an image in both sets, or a
            folder that is none.
        BadImage: an image is smaller than a tile, has NaN, or one set has colour and the other has none.
        UnreadableFile: quiz.csv is damaged.
    """
    check_installed("The quiz")
    sets = [_images(kind, images) for kind, images in (("real", real), ("made", made))]
    place = None if folder is None else _folder(Path(folder).expanduser())
    boards = Boards(*sets, side=side, tile_px=tile_px, seed=seed, taker=taker or user_name(), folder=place)
    return _quiz()(boards)


def _images(kind: str, images: Any) -> list[Image]:
    listed = [] if isinstance(images, Image) else list(images)
    if isinstance(images, Image) or any(not isinstance(image, Image) for image in listed):
        raise BadParameter(f"The {kind} images are a list of opsef images, for example opsef.images(folder).")
    return listed


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadParameter(f"{path} cannot be a folder for answers: {error.strerror or error}.") from None
    return path


def answer(boards: Boards, question: dict[str, Any]) -> Answer:
    """What the kernel says to {"kind": "check" | "next", "board", "marked", "seconds"}.

    Whatever goes wrong is an answer, too: {"kind": "problem", "about", "text"}.
    """
    kind = question.get("kind")
    try:
        if kind == "next":
            return boards.next()
        return boards.check(int(question["board"]), list(question["marked"]), question.get("seconds"))
    except OpsefError as error:
        text = str(error)
    except Exception as error:  # a library that fails, a message that is none
        log.warning("the quiz could not answer %s", question, exc_info=True)
        text = f"This did not work: {error or type(error).__name__}"
    return {"kind": "problem", "about": kind, "text": text}


@cache
def _quiz() -> Any:
    """The widget's class; made when it is first needed, since its base is an optional package."""
    import anywidget
    import traitlets

    class Quiz(anywidget.AnyWidget):
        """Boards of tiles, real and fake."""

        _esm = module("quiz")
        _css = style("quiz")
        about: Any = traitlets.Dict().tag(sync=True)  # size of the board, what was published
        first: Any = traitlets.List().tag(sync=True)  # the board that is shown, and its score once it is checked

        def __init__(self, boards: Boards) -> None:
            self._boards = boards
            about = {"side": boards.side, "tile_px": boards.tile_px, "taker": boards.taker, "stored": boards.stored}
            super().__init__(about=about | {"published": published()}, first=[boards.show()])
            self.on_msg(self._asked)

        def _asked(self, _: Any, question: Any, __: Any) -> None:
            if not (isinstance(question, dict) and question.get("kind") in ("check", "next")):
                return
            told = answer(self._boards, question)
            self.send(*split(told))
            if told["kind"] != "problem":
                self.first = [told] if told["kind"] == "board" else [self.first[0], told]

        @property
        def score(self) -> dict[str, Any]:
            """Counts, accuracy, low, high, precision and recall of the board that is shown; empty before "Check"."""
            return self._boards.result()["score"] if self._boards.score else {}

        def __repr__(self) -> str:
            return f"Quiz(board {self._boards.board + 1}, {self._boards.boards_told} answered by {self._boards.taker})"

    return Quiz
