"""What a student said: `answers.csv` and `notes.json` in a lesson's run folder, written at once."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..alone import alone
from ..atomic import write_whole
from ..errors import BadRunFolder, UnreadableFile

FILE, NOTES, LOCK = "answers.csv", "notes.json", "answers.lock"
COLUMNS = ("lesson", "question", "kind", "answer", "right", "came_out", "seconds", "time")
KINDS = ("choice", "number", "exercise", "guess", "reveal")
RIGHT = {True: "yes", False: "no", None: ""}
WAIT_S = 10.0
ADVICE = "Correct it in a text editor, or move it away to begin anew."
FULL = "The answer could not be stored: the disk is full. Make room and answer again."

Row = dict[str, str]


class Answers:
    """The answers of one lesson in one folder. Each call reads the files anew, so several notebooks may share them.

    Args:
        folder: made if it does not exist.
        lesson: its name.

    Raises:
        BadRunFolder: the folder cannot be made.
    """

    def __init__(self, folder: str | Path, lesson: str) -> None:
        self.folder, self.lesson = Path(folder), lesson
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadRunFolder(_unwritable(self.folder, error)) from None

    def of(self, question: str) -> list[Row]:
        """All that was said to a question, oldest first.

        Raises:
            UnreadableFile: answers.csv is damaged.
        """
        return [row for row in self.all() if row["question"] == question]

    def all(self) -> list[Row]:
        """All that was said in this lesson, oldest first."""
        return [row for row in read_answers(self.folder / FILE) if row["lesson"] == self.lesson]

    def add(
        self,
        question: str,
        kind: str,
        answer: str,
        right: bool | None,
        *,
        came_out: str = "",
        seconds: float | None = None,
    ) -> None:
        """Store an answer; the same one again changes nothing.

        Raises:
            UnreadableFile: answers.csv is damaged.
            BadRunFolder: the folder cannot be written to.
            DiskFull: no space; the file is as before.
        """
        row = {"lesson": self.lesson, "question": question, "kind": kind, "answer": answer, "right": RIGHT[right]}
        row |= {"came_out": came_out, "seconds": "" if seconds is None else f"{seconds:.1f}", "time": _now()}
        said = ("kind", "answer", "right", "came_out")
        with _alone(self.folder):
            rows = read_answers(self.folder / FILE)
            before = [r for r in rows if r["lesson"] == self.lesson and r["question"] == question]
            if before and all(before[-1][name] == row[name] for name in said):
                return
            text = io.StringIO(newline="")
            table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
            table.writeheader()
            table.writerows([*rows, row])
            write_whole(self.folder / FILE, text.getvalue().encode(), FULL)

    def notes(self) -> dict[str, Any]:
        """The facts that were noted, by name."""
        return dict(read_notes(self.folder / NOTES).get(self.lesson, {}))

    def note(self, name: str, value: Any) -> None:
        """Store a fact; it replaces an earlier one of its name. Errors as in `add`."""
        with _alone(self.folder):
            notes = read_notes(self.folder / NOTES)
            notes[self.lesson] = {**notes.get(self.lesson, {}), name: value}
            text = json.dumps(notes, indent=1, ensure_ascii=False, allow_nan=False)
            write_whole(self.folder / NOTES, text.encode(), FULL)


def read_answers(file: Path) -> list[Row]:
    """The rows of an answers.csv, oldest first; none if there is no file.

    Raises:
        UnreadableFile: it is damaged.
    """
    if not file.is_file():
        return []
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = list(csv.reader(text, strict=True))
        names = lines[0] if lines else []
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise ValueError(f"it has no column {' and no column '.join(missing)}")
        for number, line in enumerate(lines[1:], start=2):
            if len(line) != len(names):
                raise ValueError(f"row {number} has {len(line)} values, the first one {len(names)}")
        rows = [dict(zip(names, line, strict=True)) for line in lines[1:]]
        for number, row in enumerate(rows, start=2):
            if row["kind"] not in KINDS or row["right"] not in RIGHT.values():
                raise ValueError(f"row {number} has the kind {row['kind']!r} and is right: {row['right']!r}")
    except (ValueError, csv.Error) as error:
        raise UnreadableFile(f"{file} is damaged: {error}. {ADVICE}") from None
    except OSError as error:
        raise UnreadableFile(f"{file} cannot be read: {error.strerror or error}.") from None
    return rows


def read_notes(file: Path) -> dict[str, dict[str, Any]]:
    """Lesson -> name -> fact, of a notes.json; nothing if there is no file.

    Raises:
        UnreadableFile: it is damaged.
    """
    if not file.is_file():
        return {}
    try:
        notes = json.loads(file.read_text(encoding="utf8"))
    except (ValueError, OSError) as error:
        raise UnreadableFile(f"{file} is damaged: {error}. {ADVICE}") from None
    if not isinstance(notes, dict) or not all(isinstance(facts, dict) for facts in notes.values()):
        raise UnreadableFile(f"{file} is damaged: it holds no notes of lessons. {ADVICE}")
    return notes


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else writes meanwhile, not even another process; a write takes milliseconds, so it is worth waiting."""
    taken = f"Another program holds {folder / LOCK}, so the answer could not be stored. Answer again in a moment."
    until = time.monotonic() + WAIT_S
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(alone(folder / LOCK, taken))
                break
            except BadRunFolder as error:
                if str(error) != taken:
                    raise BadRunFolder(_unwritable(folder, error)) from None
                if time.monotonic() > until:
                    raise
            time.sleep(0.02)
        try:
            yield
        except OSError as error:  # a folder that became read-only, a share that went away
            raise BadRunFolder(_unwritable(folder, error)) from None


def _unwritable(folder: Path, error: Exception) -> str:
    reason = str(getattr(error, "strerror", None) or error).rstrip(".")
    return (
        f"Answers cannot be written to {folder}: {reason}. "
        "Give another run_folder in the cell `parameters`, one of your own."
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
