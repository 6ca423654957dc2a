"""Notebooks and question banks belong together, and no notebook tells what is right."""

import ast
import fnmatch
import json
import re
import tomllib
from pathlib import Path

import pytest

from opsef_core.course import lessons
from opsef_core.course.bank import load_bank

FOLDER = Path(__file__).parents[2] / "notebooks" / "course"
NOTEBOOKS = sorted(FOLDER.glob("[0-9]*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("[0-9]*.ipynb"))
CALLS = {"choice": {"ask"}, "number": {"ask"}, "exercise": {"check"}, "guess": {"guess", "reveal"}}
TOLD = 12  # letters from which a text gives an answer away; a model's name must stand in a notebook


def cells(path, kind):
    return ["".join(c["source"]) for c in json.loads(path.read_text("utf8"))["cells"] if c["cell_type"] == kind]


def calls(path):
    """Question -> the calls of the lesson it is named in."""
    found = {}
    for source in cells(path, "code"):
        code = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!")))
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                named = node.args[0]
                if node.func.attr in {"ask", "guess", "reveal", "check", "answer"} and isinstance(named, ast.Constant):
                    found.setdefault(named.value, set()).add(node.func.attr)
    return found


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_every_notebook_has_a_bank_and_every_bank_a_notebook():
    assert [path.stem for path in NOTEBOOKS] == lessons()


def test_every_question_of_the_notebook_is_in_the_bank_and_the_other_way_round(notebook):
    _, bank = load_bank(notebook.stem)
    asked = calls(notebook)
    assert set(asked) == set(bank)
    assert {name: made for name, made in asked.items() if made != CALLS[bank[name].kind]} == {}


def test_the_notebook_does_not_tell_what_is_right(notebook):
    """Neither the right option, nor the explanation, nor an answer by code."""
    _, bank = load_bank(notebook.stem)
    text = " ".join(" ".join([*cells(notebook, "code"), *cells(notebook, "markdown")]).split()).casefold()
    assert ".answer(" not in text
    for name, question in bank.items():
        told = [question.why, question.choices.get(str(question.right), str(question.right))]
        if question.kind == "number" or isinstance(question.right, int | float | bool | None):
            told = [question.why]
        given_away = [one for one in told if len(one) >= TOLD and " ".join(one.split()).casefold() in text]
        assert given_away == [], name


def test_every_wrong_answer_is_explained(notebook):
    _, bank = load_bank(notebook.stem)
    bare = [name for name, one in bank.items() if one.kind != "guess" and not (one.hint or one.why)]
    assert bare == []


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda path: path.stem)
def test_a_solution_answers_all_of_its_questions(solution):
    _, bank = load_bank(solution.stem)
    asked = calls(solution)
    assert set(asked) == set(bank)
    open_ = [name for name, one in bank.items() if one.kind != "exercise" and "answer" not in asked[name]]
    assert open_ == []


def test_every_notebook_has_a_solution():
    assert [path.name for path in SOLUTIONS] == [path.name for path in NOTEBOOKS]


def test_what_the_course_reads_is_part_of_the_package(root):
    patterns = tomllib.loads((root / "pyproject.toml").read_text("utf8"))["tool"]["setuptools"]["package-data"]
    files = [p.relative_to(root / "opsef_core").as_posix() for p in (root / "opsef_core/course").rglob("*.*")]
    data = [name for name in files if not re.search(r"\.py[c]?$", name)]
    assert "course/card.html" in data
    assert [name for name in data if not any(fnmatch.fnmatch(name, p) for p in patterns["opsef_core"])] == []


def test_the_schedule_for_teachers_is_that_of_the_lessons(root):
    """Two hours without a gap, and each lesson has the minutes that it promises its students."""
    text = (root / "docs/teaching.md").read_text("utf8")
    rows = re.findall(r"^\| (\d+) - (\d+) \| (\d?)", text, re.MULTILINE)
    assert [int(end) for _, end, _ in rows] == [*(int(begin) for begin, _, _ in rows[1:]), 120]
    planned = {int(lesson): int(end) - int(begin) for begin, end, lesson in rows if lesson}
    promised = [re.search(r"About (\d+) minutes", cells(path, "markdown")[0]) for path in NOTEBOOKS]
    assert planned == {n: int(found[1]) for n, found in enumerate(promised, 1) if found}
