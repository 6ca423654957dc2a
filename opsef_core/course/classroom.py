"""A class of students: a folder each, and the table of what all of them answered."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..atomic import write_whole
from ..compare import NotedTable, noted
from ..errors import BadParameter, NothingToShow, OpsefError, UnreadableFile
from .answers import FILE, Row, read_answers
from .bank import Bank, banks
from .standing import standings

OUTWARD = re.compile(r"\[([^\[\]]+)\]\((\.\./[^)#\s]+)(?:#[^)]*)?\)")  # [text](../file#part)
HOME = "notebooks/course/"
STUDENT = "student.txt"
RUNS = Path("runs") / "course"
ANSWERED = ["student", "lesson", "question", "kind", "answer", "right", "later", "came_out", "tries", "seconds"]
SUMMARY = ["lesson", "question", "kind", "answered", "right", "share_right", "commonest_wrong", "seconds"]
NOT_HERE = (
    "The course's notebooks are not here: an installed package does not hold them. Get the project's folder, and run "
    "opsef course there, or say where they lie with --notebooks FOLDER."
)


def set_up(folder: str | Path, student: str = "", notebooks: str | Path | None = None) -> pd.DataFrame:
    """Copy the course's notebooks into a folder that a student may write to.

    A notebook that is there already is left alone: it may hold a student's work.

    Args:
        folder: made if it does not exist; answers and runs will lie in its `runs/course`.
        student: the name on the handout card, and in the table of the class.
        notebooks: folder of the course's notebooks; beside the package's folder if left out.

    Returns:
        One row a notebook: `notebook`, `done` ("copied", "was there").

    Raises:
        NothingToShow: there are no notebooks.
        BadParameter: the folder cannot be written to.
    """
    source = Path(__file__).parents[2] / "notebooks" / "course" if notebooks is None else Path(notebooks)
    found = sorted(source.glob("[0-9]*.ipynb"))
    if not found:
        raise NothingToShow(NOT_HERE if notebooks is None else f"There is no notebook of the course in {source}.")
    home, rows = Path(folder), []
    try:
        (home / RUNS).mkdir(parents=True, exist_ok=True)
        for notebook in found:
            place = home / notebook.name
            there = place.exists()
            if not there:
                write_whole(place, _alone(notebook.read_text(encoding="utf8")).encode())
            rows.append({"notebook": str(place), "done": "was there" if there else "copied"})
        if student.strip():
            write_whole(home / RUNS / STUDENT, student.strip().encode())
    except OSError as error:
        raise BadParameter(f"{home} cannot be written to: {error.strerror or error}. Choose another folder.") from None
    return pd.DataFrame(rows)


def _alone(notebook: str) -> str:
    """The text of a notebook, links out of its folder made plain words: they would lead nowhere from a student's."""
    return OUTWARD.sub(
        lambda link: f"{link[1]} (`{posixpath.normpath(HOME + link[2])}` in the project's folder)", notebook
    )


def set_up_class(folder: str | Path, names: str | Path, notebooks: str | Path | None = None) -> pd.DataFrame:
    """A folder for each student of a class, as `set_up` makes it.

    Args:
        folder: of the class.
        names: a text file (UTF-8), one student a line; empty lines do not count.
        notebooks: as in `set_up`.

    Returns:
        One row a student: `student`, `folder`, `copied` (notebooks that were not there before).

    Raises:
        UnreadableFile: no such file, or no name in it.
        BadParameter: two names that would share a folder; the folder cannot be written to.
        NothingToShow: there are no notebooks.
    """
    try:
        lines = Path(names).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(
            f"The names in {names} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from None
    students = [line.strip() for line in lines if line.strip()]
    if not students:
        raise UnreadableFile(f"There is no name in {names}; write one student a line.")
    places: dict[str, str] = {}
    for student in students:
        if other := places.get(_place(student).casefold()):
            raise BadParameter(f"{other!r} and {student!r} would share a folder; tell them apart.")
        places[_place(student).casefold()] = student
    rows = []
    for student in students:
        home = Path(folder) / _place(student)
        made = set_up(home, student, notebooks)
        rows.append({"student": student, "folder": str(home), "copied": int((made["done"] == "copied").sum())})
    return pd.DataFrame(rows)


def _place(student: str) -> str:
    """A student's name as a folder's."""
    return re.sub(r"[^\w .-]", "_", student).strip(" .") or "_"


def student_of(home: Path) -> str:
    """The name in student.txt of a course's folder; "" if there is none."""
    file = home / STUDENT
    try:
        return file.read_text(encoding="utf8").strip() if file.is_file() else ""
    except (OSError, UnicodeDecodeError):
        return ""


def class_table(folder: str | Path, own: Iterable[str | Path] = ()) -> NotedTable:
    """What all students of a class answered.

    Args:
        folder: with a folder for each student, made by `opsef course FOLDER/NAME --student NAME`. Answers are found
            wherever they lie below; those of a folder without student.txt have the name of the student's folder.
        own: question files of your own lessons, so that what was not answered is listed, too.

    Returns:
        One row a student and question, also those not answered: `student`, `lesson`, `question`, `kind`, `answer` (what
        counts), `right` (NA: not answered, or a guess not revealed), `later` (right in a later try), `came_out`,
        `tries`, `seconds` to the first answer. A file that is damaged is left out, and named in the table's warning.

    Raises:
        NothingToShow: there is no such folder, or no answer in it.
        BadConfig: a question file of your own cannot be understood.
    """
    home = Path(folder)
    students: dict[str, dict[str, list[Row]]] = {}
    problems = []
    for file in sorted(home.rglob(FILE)):
        try:
            rows = read_answers(file)
        except OpsefError as error:
            problems.append(str(error))
            continue
        mine = students.setdefault(_whose(file, home), {})
        for row in rows:
            mine.setdefault(row["lesson"], []).append(row)
    if not students:
        raise NothingToShow(" ".join([f"There is no answer of a student below {home}.", *problems]))
    known = banks(own)
    told = [row for name, mine in students.items() for row in _told(name, mine, known)]
    table = pd.DataFrame(told, columns=ANSWERED).astype({"right": "boolean", "seconds": float})
    return noted(table, " ".join(problems))


def class_summary(table: pd.DataFrame) -> pd.DataFrame:
    """One row a question of the class: what was hard, and what was taken for right.

    Args:
        table: of `class_table`.

    Returns:
        `lesson`, `question`, `kind`, `answered` (students), `right` (students), `share_right` (of those, 0 to 1),
        `commonest_wrong` (the wrong answer that most gave), `seconds` (median to the first answer).
    """
    rows: list[dict[str, Any]] = []
    for (lesson, question), group in table.groupby(["lesson", "question"], sort=False):
        done = group[group["right"].notna()]
        right = done["right"].astype(bool)
        wrong = done.loc[~right, "answer"].value_counts()
        about = {"lesson": lesson, "question": question, "kind": group["kind"].iloc[0], "answered": len(done)}
        share = float(right.mean()) if len(done) else float("nan")
        about |= {"right": int(right.sum()), "share_right": share, "seconds": group["seconds"].median()}
        rows.append(about | {"commonest_wrong": str(wrong.index[0]) if len(wrong) else ""})
    return pd.DataFrame(rows, columns=SUMMARY)


def _told(student: str, mine: Mapping[str, list[Row]], known: Mapping[str, Bank]) -> Iterable[dict[str, Any]]:
    for lesson in sorted(mine):
        for one in standings(known.get(lesson), mine[lesson]):
            yield {"student": student, "lesson": lesson, **vars(one)}


def _whose(file: Path, home: Path) -> str:
    """The nearest student.txt above decides, else the folder below the class's."""
    for above in file.parents:
        if name := student_of(above):
            return name
        if above == home:
            break
    parts = file.relative_to(home).parts
    return parts[0] if len(parts) > 1 else home.resolve().name
