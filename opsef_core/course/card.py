"""The handout card: "Which method, and why", one printable page made from the student's own results."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..atomic import write_whole
from ..compare import metric_label
from ..errors import NothingToShow, OpsefError
from ..widgets import quiz_results
from . import rules
from .answers import FILE, NOTES, read_answers, read_notes
from .bank import Bank, banks
from .classroom import student_of
from .found import Finding, findings
from .pictures import outlines, widths
from .said import Page, listed
from .standing import Standing, score, standings

MAX_KINDS, MAX_GUESSES, MAX_NOTES = 5, 6, 4  # what one sheet has room for
UNDERSTOOD = ("kinds", "blind", "adaptation")  # notes that are told in sentences
LONGEST, LONGEST_ASKED = 90, 64  # letters of a note, and of a question that was guessed
ROOM_MM, BAND_MM, LINE_MM = 230.0, 30.0, 6.5  # on the sheet, of a kind of image, of a line in one of two columns

Row = dict[str, Any]


def card(folder: str | Path = "runs/course", student: str = "", own: Iterable[str | Path] = ()) -> Page:
    """Write `card.html` into the course's folder: one A4 page with all pictures inside, readable offline.

    It shows for each kind of image the best method with score, interval, seconds, kinds of errors and a picture; what
    was guessed and what came out; what follows from the student's own numbers, by rules that are printed on it; and
    what was not done.

    Args:
        folder: the run folders of all lessons lie below it.
        student: the name on the card; what `opsef course --student` was told if left out.
        own: question files of your own lessons, so that their questions are told in full.

    Returns:
        The page; a notebook shows a link.

    Raises:
        NothingToShow: there is no such folder.
        BadConfig: a question file of your own cannot be understood.
        DiskFull: there is no space for the page.
    """
    home = Path(folder)
    if not home.is_dir():
        raise NothingToShow(f"There is no folder {home}: run a notebook of the course first, then make the card.")
    text = filled(context(home, student or student_of(home), banks(own)))
    return Page(write_whole(home / "card.html", text.encode(), "The card could not be written: the disk is full."))


def filled(told: Mapping[str, Any]) -> str:
    """The page, of what `context` tells."""
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("opsef_core.course", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return pages.get_template("card.html").render(**told)


def context(home: Path, student: str, known: Mapping[str, Bank]) -> Row:
    """Everything the page shows, by name."""
    problems: list[str] = []
    taken = _taken(home, known, problems)
    notes = _notes(home, problems)
    kinds = notes.get("kinds")
    found, unread = findings(home, kinds if isinstance(kinds, Mapping) else {})
    groups = _groups(found)
    shown = groups[:MAX_KINDS]
    bands = [_kind(group) for group in shown]
    guesses = [row for lesson, (bank, standing) in taken.items() for row in _guesses(lesson, bank, standing)]
    told: Row = {
        "student": student,
        "date": datetime.date.today().isoformat(),
        "score": score([one for _, standing in taken.values() for one in standing]) if taken else None,
        "kinds": bands,
        "labels": sorted({metric_label(group[0].metric) for group in shown}),
        "advice": [(kind, rules.ADVICE[kind]) for kind in dict.fromkeys(b["often"] for b in bands) if kind],
        "guesses": guesses[:MAX_GUESSES],
        "general": rules.in_general(notes, _quiz(home, problems)),
        "notes": _plain(notes),
        "undone": _undone(taken, found, groups, len(guesses)) + unread + problems,
        "rules": rules.STATED,
    }
    lines = sum(len(told[part]) for part in ("guesses", "advice", "general", "notes", "undone"))
    return told | {"dense": len(bands) * BAND_MM + lines * LINE_MM > ROOM_MM}  # smaller letters, three columns


def _taken(home: Path, known: Mapping[str, Bank], problems: list[str]) -> dict[str, tuple[Bank | None, list[Standing]]]:
    """Lesson -> its bank and where the student stands, also of lessons that were not begun."""
    rows = []
    for file in sorted(home.rglob(FILE)):
        try:
            rows += read_answers(file)
        except OpsefError as error:
            problems.append(str(error))
    named = [row["lesson"] for row in rows]
    made = {}
    for lesson in sorted({*known, *named}):
        bank = known.get(lesson)
        made[lesson] = bank, standings(bank, [row for row in rows if row["lesson"] == lesson])
    return made


def _notes(home: Path, problems: list[str]) -> Row:
    """All notes of all lessons, by name."""
    made: Row = {}
    for file in sorted(home.rglob(NOTES)):
        try:
            for facts in read_notes(file).values():
                made |= facts
        except OpsefError as error:
            problems.append(str(error))
    return made


def _quiz(home: Path, problems: list[str]) -> pd.DataFrame | None:
    tables = []
    for file in sorted(home.rglob("quiz.csv")):
        try:
            tables.append(quiz_results(file.parent))
        except OpsefError as error:
            problems.append(str(error))
    return pd.concat(tables) if tables else None


def _groups(found: Sequence[Finding]) -> list[list[Finding]]:
    """The findings of one kind together, the one that compared most models first; kinds with most images first."""
    made: dict[str, list[Finding]] = {}
    for one in found:
        made.setdefault(one.kind, []).append(one)
    groups = [sorted(group, key=lambda one: (-_n(one, "model"), -_n(one, "grid_point"))) for group in made.values()]
    return sorted(groups, key=lambda group: (-_n(group[0], "image"), group[0].kind))


def _kind(group: Sequence[Finding]) -> Row:
    """One band of the card."""
    one = group[0]
    row, why = rules.take(one)
    errors = one.errors(row["grid_point"])
    share = widths(errors)
    low, high = float(row["low"]), float(row["high"])
    return {
        "kind": one.kind,
        "images": _n(one, "image"),
        "tried": _n(one, "grid_point"),
        "method": _method(row),
        "mean": float(row["mean"]),
        "interval": (low, high) if low == low else None,
        "seconds": _seconds(float(row["seconds"])),
        "errors": [{"kind": kind, "n": errors[kind], "width": share[kind]} for kind in errors if errors[kind]],
        "often": rules.failure(errors),
        "advice": f"{why} {rules.of_kind(group)}".strip(),
        "picture": outlines(one, row["grid_point"]),
    }


def _method(row: Mapping[str, Any]) -> Row:
    """The model's name, and what comes with it: its parameters, and the recipe before it."""
    title, _, parameters = rules.tidy(str(row.get("model_title", row["grid_point"]))).partition("(")
    before = rules.tidy(str(row.get("recipe", "")))
    added = [parameters.removesuffix(")")] if parameters else []
    added += [f"after {before}" if before != "raw" else "no preprocessing"] if before else []
    return {"name": title, "added": ", ".join(added)}


def _guesses(lesson: str, bank: Bank | None, standing: Sequence[Standing]) -> list[Row]:
    """What was guessed and what came out."""
    made = []
    for one in standing:
        if one.kind != "guess" or one.right is None:
            continue
        question = bank[one.question] if bank else None
        text = question.choices if question else {}
        unit = f" {question.unit}" if question and question.unit else ""
        asked = question.prompt.strip() if question else one.question.replace("_", " ")
        told = {name: text.get(said, f"{rules.tidy(said)}{unit}") for name, said in _told(one)}
        made.append({"lesson": words(lesson), "asked": _cut(asked.replace("`", "")), "right": one.right} | told)
    return made


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_ASKED else f"{text[:LONGEST_ASKED].rpartition(' ')[0]} …"


def _told(one: Standing) -> list[tuple[str, str]]:
    return [("guess", one.answer), ("came_out", one.came_out)]


def _plain(notes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Notes that are short enough to be printed as they are."""
    texts = {name: _text(value) for name, value in notes.items() if name not in UNDERSTOOD}
    return [(name.replace("_", " "), text) for name, text in texts.items() if 0 < len(text) <= LONGEST][:MAX_NOTES]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{str(name).replace('_', ' ')} {_text(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    return f"{value:.3g}" if isinstance(value, float) else rules.tidy(str(value))


def _undone(
    taken: Mapping[str, tuple[Bank | None, list[Standing]]],
    found: Sequence[Finding],
    groups: Sequence[Sequence[Finding]],
    guesses: int,
) -> list[str]:
    """What the card cannot tell, because it was not done, or does not fit on it."""
    said = []
    left = {lesson: sum(one.right is None for one in standing) for lesson, (_, standing) in taken.items()}
    untouched = [words(name) for name, n in left.items() if n and n == len(taken[name][1])]
    if untouched:
        said.append(f"Not begun: {listed(untouched)}.")
    parts = [f"{n} in {words(name)}" for name, n in left.items() if 0 < n < len(taken[name][1])]
    if parts:
        said.append(f"Questions left: {listed(parts)}.")
    if not found:
        said.append("No run was scored, so no method can be recommended.")
    if len(groups) > MAX_KINDS:
        said.append(f"No room for {listed([group[0].kind for group in groups[MAX_KINDS:]])}.")
    if guesses > MAX_GUESSES:
        said.append(f"{guesses - MAX_GUESSES} more guesses are in answers.csv.")
    return said


def words(lesson: str) -> str:
    """The name of a lesson as people say it: "2 preprocessing decides"."""
    return lesson.replace("_", " ")


def _n(one: Finding, column: str) -> int:
    return int(one.scores[column].nunique()) if column in one.scores else 0


def _seconds(seconds: float) -> str:
    if seconds != seconds:
        return "–"
    return f"{seconds:.{2 if seconds < 1 else 1 if seconds < 10 else 0}f} s"
