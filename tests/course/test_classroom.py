"""A folder for each student, and the table of a class."""

import json
import re

import pytest

from opsef_core import course
from opsef_core.__main__ import main
from opsef_core.errors import BadParameter, NothingToShow, UnreadableFile


@pytest.fixture
def notebooks(tmp_path):
    folder = tmp_path / "notebooks"
    (folder / "solutions").mkdir(parents=True)
    for name in ("1_a.ipynb", "2_b.ipynb", "solutions/1_a.ipynb"):
        (folder / name).write_text("{}")
    return folder


@pytest.fixture
def classroom(tmp_path, bank, caplog):
    for name, said in (("Ada", ["the mean", "the middle"]), ("Bo Å", ["the mean"]), ("third", ["the middle"])):
        home = tmp_path / "class" / name / "runs" / "course"
        home.mkdir(parents=True)
        if name != "third":
            (home / "student.txt").write_text(name, encoding="utf8")
        lesson = course.lesson(bank, home / "toy")
        for one in said:
            lesson.answer("median", one)
    return tmp_path / "class"


def test_set_up_copies_what_is_not_there(tmp_path, notebooks):
    home = tmp_path / "my cöurse"
    assert course.set_up(home, "Ada", notebooks)["done"].tolist() == ["copied", "copied"]
    (home / "1_a.ipynb").write_text("my work")
    assert course.set_up(home, "", notebooks)["done"].tolist() == ["was there", "was there"]
    assert (home / "1_a.ipynb").read_text() == "my work"
    assert (home / "runs/course/student.txt").read_text() == "Ada"
    assert not (home / "solutions").exists()


def test_no_link_of_a_copied_lesson_leads_nowhere(tmp_path):
    course.set_up(tmp_path)
    copied = sorted(tmp_path.glob("*.ipynb"))
    assert len(copied) > 4
    for path in copied:
        text = "".join("".join(cell["source"]) for cell in json.loads(path.read_text("utf8"))["cells"])
        links = re.findall(r"\]\(([^)#:]+)\)", text)
        assert [link for link in links if not (tmp_path / link).exists()] == []
    assert "start here (`notebooks/0_start_here.ipynb` in the project's folder)" in copied[0].read_text("utf8")


def test_a_class_has_a_folder_for_each(tmp_path, notebooks):
    (tmp_path / "names.txt").write_text("Ada Lovelace\n\nBo/../Å\n", encoding="utf8")
    made = course.set_up_class(tmp_path / "class", tmp_path / "names.txt", notebooks)
    assert made["copied"].tolist() == [2, 2]
    assert sorted(p.name for p in (tmp_path / "class").iterdir()) == ["Ada Lovelace", "Bo_.._Å"]
    assert (tmp_path / "class/Bo_.._Å/runs/course/student.txt").read_text("utf8") == "Bo/../Å"


def test_what_cannot_be_set_up_is_told(tmp_path, notebooks):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadParameter, match="cannot be written to"):
        course.set_up(tmp_path / "file" / "x", "", notebooks)
    with pytest.raises(NothingToShow, match="no notebook of the course in"):
        course.set_up(tmp_path / "x", "", tmp_path)
    with pytest.raises(UnreadableFile, match="no name in"):
        course.set_up_class(tmp_path / "x", tmp_path / "file", notebooks)
    with pytest.raises(UnreadableFile, match="cannot be read: No such file"):
        course.set_up_class(tmp_path / "x", tmp_path / "none", notebooks)
    (tmp_path / "file").write_text("a/b\nA_B\n")
    with pytest.raises(BadParameter, match="'a/b' and 'A_B' would share a folder"):
        course.set_up_class(tmp_path / "x", tmp_path / "file", notebooks)


def test_an_installed_package_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "opsef_core.course.classroom.__file__", str(tmp_path / "site" / "opsef_core" / "course" / "x.py")
    )
    with pytest.raises(NothingToShow, match="an installed package does not hold them"):
        course.set_up(tmp_path / "x")


def test_the_table_of_a_class(classroom):
    table = course.class_table(classroom)
    assert set(table["student"]) == {"Ada", "Bo Å", "third"}
    median = table[table["question"] == "median"].set_index("student")
    assert median["right"].to_dict() == {"Ada": False, "Bo Å": False, "third": True}
    assert median["later"].to_dict() == {"Ada": True, "Bo Å": False, "third": False}
    summary = course.class_summary(table).set_index("question")
    assert summary.loc["median", ["answered", "right", "commonest_wrong"]].tolist() == [3, 1, "the mean"]
    assert summary.loc["median", "share_right"] == pytest.approx(1 / 3)


def test_a_damaged_file_is_left_out_and_named(classroom):
    (classroom / "Ada/runs/course/toy/answers.csv").write_text("x")
    table = course.class_table(classroom)
    assert "Ada" not in set(table["student"])
    assert "answers.csv is damaged" in table.attrs["warning"]
    with pytest.raises(NothingToShow, match="no answer of a student"):
        course.class_table(classroom / "Ada")


def test_the_commands(classroom, notebooks, tmp_path, capsys):
    assert main(["course", str(tmp_path / "mine"), "--student", "Ada", "--notebooks", str(notebooks)]) == 0
    assert "jupyter lab" in capsys.readouterr().out
    (tmp_path / "names.txt").write_text("Ada\n")
    command = ["course", str(tmp_path / "all"), "--names", str(tmp_path / "names.txt"), "--notebooks", str(notebooks)]
    assert main(command) == 0
    assert (tmp_path / "all/Ada/2_b.ipynb").is_file()
    assert main(["class", str(classroom), "--out", str(tmp_path / "all.csv")]) == 0
    said = capsys.readouterr().out
    assert "median" in said
    assert "3 students" in said
    assert (tmp_path / "all.csv").read_text("utf8").startswith("student,lesson,question")
    assert main(["class", str(tmp_path / "nowhere")]) != 0
