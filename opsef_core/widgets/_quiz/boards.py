"""A person at the quiz: boards one after another, judged here. Which tiles are fake is not told before the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import Image, digest
from ...errors import BadImage, BadParameter
from ...run.ratings import now
from .._answer import Answer
from .._pictures import png
from .judge import COUNTS, counted, judged, verdict
from .table import quiz_results, store
from .tiles import Tiles, coloured

SIDES = range(2, 13)
TILES_PX = range(16, 257)


class Boards:
    """Shows boards, judges answers and stores them.

    Args:
        real: images of a microscope.
        made: images of a program.
        side: tiles a side of a board.
        tile_px: side of a tile in pixels.
        seed: of the tiles' places and order.
        taker: the person's name in the table.
        folder: where quiz.csv lies; nothing is stored if None.

    Attributes:
        board: number of the board that is shown, from 0; after the last one this person answered on these images.
        score: of that board once it is answered, else None.

    Raises:
        BadParameter: numbers that are not possible, too few tiles, an image in both sets.
        BadImage: an image is too small or cannot be worked with.
        UnreadableFile: quiz.csv is damaged.
    """

    def __init__(
        self,
        real: Sequence[Image],
        made: Sequence[Image],
        *,
        side: int,
        tile_px: int,
        seed: int,
        taker: str,
        folder: Path | None,
    ) -> None:
        for name, value, possible in (("side", side, SIDES), ("tile_px", tile_px, TILES_PX)):
            if not isinstance(value, int) or value not in possible:
                raise BadParameter(f"{name} is a whole number from {possible[0]} to {possible[-1]}, not {value}.")
        if not isinstance(seed, int) or seed < 0:
            raise BadParameter(f"seed is a whole number from 0 on, not {seed}.")
        both = {image.key for image in real} & {image.key for image in made}
        if both:
            name = next(image.name for image in real if image.key in both)
            raise BadParameter(f"{name} is among the real and among the made images; it can only be one of them.")
        self.side, self.tile_px, self.seed, self.taker = side, tile_px, seed, taker
        self._real, self._made = (
            Tiles(kind, images, tile_px, side * side) for kind, images in (("real", real), ("made", made))
        )
        self._folder = folder
        keys = [[image.key for image in tiles.images] for tiles in (self._real, self._made)]
        self._which = {"taker": taker, "images": digest(*keys), "seed": seed, "side": side, "tile_px": tile_px}
        self._told = dict.fromkeys(COUNTS, 0)
        self.boards_told = 0
        self.board = self._resumed()
        self._truth, self._picture = self._drawn()
        self.score: dict[str, Any] | None = None

    @property
    def stored(self) -> bool:
        """Whether answers are kept in a file."""
        return self._folder is not None

    def show(self) -> Answer:
        """The board as the browser shows it: `png` of all tiles, row by row without gaps; nothing of the truth."""
        return {"kind": "board", "board": self.board, "png": png(self._picture)}

    def check(self, board: int, marked: Iterable[int], seconds: float | None) -> Answer:
        """Judge and store an answer; a board is judged once, the first answer counts.

        Args:
            board: the one that is shown.
            marked: places of the tiles that are taken for fake, from 0, row by row.
            seconds: how long it took, if known.

        Raises:
            BadParameter: another board, a place that does not exist.
            DiskFull, UnreadableFile: the answer could not be stored; it is not judged then.
        """
        places, n = set(marked), self.side**2
        if board != self.board:
            raise BadParameter(f"Board {board + 1} is not shown any more; board {self.board + 1} is.")
        if any(isinstance(p, bool) or not isinstance(p, int) or not 0 <= p < n for p in places):
            raise BadParameter(f"A board has the tiles 0 to {n - 1}; {sorted(map(str, places))} are not all of these.")
        if self.score is None:
            score = judged(counted(self._truth, [place in places for place in range(n)]))
            self._store(score, seconds)
            self._told = {name: self._told[name] + score[name] for name in COUNTS}
            self.boards_told += 1
            self.score = score | {"marked": sorted(places)}
        return self.result()

    def result(self) -> Answer:
        """What is told of a board that is answered: which tiles are fake, the score, and the one of all boards."""
        assert self.score is not None
        so_far = judged(self._told)
        return {
            "kind": "checked",
            "board": self.board,
            "fake": [place for place, fake in enumerate(self._truth) if fake],
            "marked": self.score["marked"],
            "score": {name: value for name, value in self.score.items() if name != "marked"},
            "verdict": verdict(self.score),
            "so_far": so_far | {"boards": self.boards_told, "verdict": verdict(so_far)},
        }

    def next(self) -> Answer:
        """The board after the one that is answered.

        Raises:
            BadParameter: it is not answered yet.
            BadImage: an image cannot be worked with.
        """
        if self.score is None:
            raise BadParameter("Check this board first; then comes the next.")
        self.board += 1
        try:
            self._truth, self._picture = self._drawn()
        except Exception:
            self.board -= 1
            raise
        self.score = None
        return self.show()

    def _drawn(self) -> tuple[list[bool], NDArray[np.uint8]]:
        """Which tiles are fake, and all of them as one picture."""
        rng = np.random.default_rng([self.seed, self.board])
        truth = [
            bool(fake) for fake in rng.integers(2, size=self.side**2)
        ]  # a coin a tile, so that counting is no help
        of_real, of_made = self._real.draw(truth.count(False), rng), self._made.draw(truth.count(True), rng)
        if of_real and of_made and coloured(of_real) != coloured(of_made):  # a board may be all of one side
            raise BadImage(
                f"The {'real' if coloured(of_real) else 'made'} images have colour, the others have none: that gives "
                "every tile away. Make both grey, or both coloured."
            )
        real, made = iter(of_real), iter(of_made)
        tiles = [next(made) if fake else next(real) for fake in truth]
        rows = [np.concatenate(tiles[i : i + self.side], axis=1) for i in range(0, len(tiles), self.side)]
        return truth, np.concatenate(rows)

    def _resumed(self) -> int:
        """The first board that this person has not answered; what was answered counts on."""
        if self._folder is None:
            return 0
        table = quiz_results(self._folder)
        mine = table[np.logical_and.reduce([table[name] == value for name, value in self._which.items()])]
        self._told = {name: int(mine[name].sum()) for name in COUNTS}
        self.boards_told = len(mine)
        return int(mine["board"].max()) + 1 if len(mine) else 0

    def _store(self, score: dict[str, Any], seconds: float | None) -> None:
        if self._folder is None:
            return
        took = None if seconds is None else round(float(seconds), 1)
        row = self._which | score | {"board": self.board, "seconds": took, "time": now()}
        store(self._folder, row)
