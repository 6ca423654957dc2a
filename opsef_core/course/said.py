"""What a cell of a lesson shows: a line that says it, and what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

MARK = {True: "✓", False: "✗", None: "…"}
COLOUR = {True: "#2e8b57", False: "#c2562d", None: "#7b8794"}  # of the edge; the mark and the words say it, too


@dataclass(frozen=True)
class Said:
    """A verdict of the course, shown by a notebook.

    Attributes:
        right: None where there is nothing to judge (yet).
        headline: the verdict in words.
        lines: hint, explanation.
        ranking: (option, score, remark), best first; may be empty.
    """

    right: bool | None
    headline: str
    lines: tuple[str, ...] = ()
    ranking: tuple[tuple[str, float, str], ...] = field(default=())

    def __bool__(self) -> bool:
        return self.right is True

    def __repr__(self) -> str:
        rows = [
            f"  {digits(score)}  {option}{f'  ({remark})' if remark else ''}" for option, score, remark in self.ranking
        ]
        return "\n".join([f"{MARK[self.right]} {self.headline}", *self.lines, *rows])

    def _repr_html_(self) -> str:
        lines = "".join(f"<div style='margin-top:4px'>{escape(line)}</div>" for line in self.lines)
        edge = f"border-left:4px solid {COLOUR[self.right]}"
        head = f"<b>{MARK[self.right]} {escape(self.headline)}</b>"
        return f"<div style='{edge};padding:6px 12px;max-width:78ch;line-height:1.45'>{head}{lines}{self._bars()}</div>"

    def _bars(self) -> str:
        if not self.ranking:
            return ""
        longest = max((abs(score) for _, score, _ in self.ranking), default=0) or 1
        rows = "".join(
            "<tr style='background:none'>"
            f"<td style='text-align:left;padding:2px 10px 2px 0'>{escape(option)}</td>"
            f"<td style='padding:2px 10px;width:140px'><div style='height:8px;border-radius:4px;background:#5b8fb0;"
            f"width:{max(0, 140 * score / longest):.0f}px'></div></td>"
            f"<td style='text-align:right;padding:2px 10px'>{digits(score)}</td>"
            f"<td style='text-align:left;padding:2px 0'>{escape(remark)}</td></tr>"
            for option, score, remark in self.ranking
        )
        return f"<table style='margin:8px 0 0;font-variant-numeric:tabular-nums'>{rows}</table>"


@dataclass(frozen=True)
class Score:
    """How far a student is in a lesson.

    Attributes:
        right: questions whose first answer was right, exercises that are solved, guesses that came true.
        of: all questions of the lesson.
        answered: those that were answered, tried or guessed and revealed.
        later: questions that were right in a later try; they are not in `right`.
    """

    right: int
    of: int
    answered: int
    later: int = 0

    def __repr__(self) -> str:
        more = [f"{self.later} more in a later try"] * bool(self.later)
        more += [f"{self.of - self.answered} not answered yet"] * (self.answered < self.of)
        return "; ".join([f"{self.right} of {self.of} right", *more])

    def _repr_html_(self) -> str:
        first, *more = repr(self).split("; ")
        return f"<div><b style='font-size:1.2em'>{first}</b>{''.join(f' · {one}' for one in more)}</div>"


@dataclass(frozen=True)
class Page:
    """A page that was written; a notebook shows a link to it.

    Attributes:
        path: of the file.
    """

    path: Path

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Page({str(self.path)!r})"

    def _repr_html_(self) -> str:
        from urllib.parse import quote

        link = quote(self.path.as_posix())
        return f"<a href='{link}' target='_blank'>{escape(str(self.path))}</a> (open it, and print it on one sheet)"


def digits(score: float) -> str:
    """A score with two digits behind the point, a large number with three in all."""
    return f"{score:.2f}" if abs(score) < 10 else f"{score:.3g}"


def listed(names: Sequence[Any]) -> str:
    """Names as people say them: a, b and c."""
    words = [str(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"
