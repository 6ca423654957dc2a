"""The course: a folder for each student, and what a class answered."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import course
from ..run import write_table
from ..terminal import out, show
from ._command import Command


def add(command: Command) -> None:
    """Set the course up; look at the answers of a class."""
    made = command("course", _course, "copy the course's notebooks into a folder of your own, or one for each student")
    made.add_argument("folder", type=Path, help="where to; what is there already is left alone")
    who = made.add_mutually_exclusive_group()
    who.add_argument("--student", metavar="NAME", default="", help="the name on the handout card")
    who.add_argument("--names", metavar="FILE", type=Path, help="a text file, one student a line: a folder for each")
    made.add_argument("--notebooks", metavar="FOLDER", type=Path, help="where the course's notebooks lie")
    made = command("class", _class, "show what the students of a class answered, question by question")
    made.add_argument("folder", type=Path, help="with a folder for each student")
    made.add_argument("--out", type=Path, help="write all answers there, a row each; .csv or .parquet")


def _course(options: argparse.Namespace) -> None:
    if options.names:
        students = course.set_up_class(options.folder, options.names, options.notebooks)
        show(students)
        out.print("Afterwards, what they answered: opsef class " + str(options.folder), markup=False)
    else:
        notebooks = course.set_up(options.folder, options.student, options.notebooks)
        show(notebooks)
        out.print("Begin with: jupyter lab " + f'"{notebooks["notebook"].iloc[0]}"', markup=False)


def _class(options: argparse.Namespace) -> None:
    table = course.class_table(options.folder)
    show(course.class_summary(table).round(2))
    if note := table.attrs.get("warning"):
        out.print(f"Warning: {note}", markup=False)
    out.print(f"{table['student'].nunique()} students", markup=False)
    if options.out:
        out.print(str(write_table(table, options.out)), markup=False)
