"""Answers are kept at once, whole, and by several notebooks at a time."""

import json
import multiprocessing

import pytest

from opsef_core.alone import alone
from opsef_core.course.answers import LOCK, Answers, read_answers, read_notes
from opsef_core.errors import BadRunFolder, DiskFull, UnreadableFile


def test_an_answer_is_in_the_file_at_once(tmp_path):
    answers = Answers(tmp_path / "neu", "one")
    answers.add("a", "choice", 'with, comma "and" quotes\nand a line', False, seconds=3.14159)
    (row,) = read_answers(tmp_path / "neu" / "answers.csv")
    assert row["answer"] == 'with, comma "and" quotes\nand a line'
    assert (row["lesson"], row["question"], row["right"], row["seconds"]) == ("one", "a", "no", "3.1")
    assert row["time"].endswith("+00:00")
    assert Answers(tmp_path / "neu", "one").of("a") == [row]
    assert Answers(tmp_path / "neu", "two").all() == []
    assert not list((tmp_path / "neu").glob("*.part"))


def test_the_same_answer_again_changes_nothing(tmp_path):
    answers = Answers(tmp_path, "one")
    for said in ("x", "x", "y", "y", "x"):
        answers.add("a", "choice", said, said == "y")
    assert [row["answer"] for row in answers.of("a")] == ["x", "y", "x"]


def many(folder, who):
    answers = Answers(folder, f"lesson {who}")
    for n in range(12):
        answers.add(f"q{n}", "number", str(n), True)
        answers.note(f"n{n}", n)


def test_two_notebooks_on_one_folder_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=many, args=(tmp_path, who)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(read_answers(tmp_path / "answers.csv")) == 36
    assert [len(facts) for facts in read_notes(tmp_path / "notes.json").values()] == [12, 12, 12]


def test_whoever_holds_the_file_for_long_is_told_of(tmp_path, monkeypatch):
    answers = Answers(tmp_path, "one")
    monkeypatch.setattr("opsef_core.course.answers.WAIT_S", 0.05)
    with alone(tmp_path / LOCK, "x"), pytest.raises(BadRunFolder, match="Another program holds .*Answer again"):
        answers.add("a", "number", "2", True)
    answers.add("a", "number", "1", True)
    assert len(answers.of("a")) == 1


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    answers = Answers(tmp_path, "one")
    answers.add("a", "number", "1", True)
    before = (tmp_path / "answers.csv").read_bytes()

    def full(path, content, if_full):
        raise DiskFull(if_full)

    monkeypatch.setattr("opsef_core.course.answers.write_whole", full)
    with pytest.raises(DiskFull, match="answer again"):
        answers.add("a", "number", "2", True)
    assert (tmp_path / "answers.csv").read_bytes() == before


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRunFolder, match=r"cannot be written to .*run_folder"):
        Answers(tmp_path / "file" / "run", "one")
    answers = Answers(tmp_path, "one")

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("opsef_core.course.answers.write_whole", refused)
        with pytest.raises(BadRunFolder, match="Permission denied"):
            answers.add("a", "number", "1", True)
    (tmp_path / LOCK).unlink()
    (tmp_path / LOCK).mkdir()
    with pytest.raises(BadRunFolder, match="cannot be written to .*Is a directory"):
        answers.add("a", "number", "1", True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: "x\n1\n",
        lambda t: t.replace("number", "riddle"),
        lambda t: t.replace("yes", "maybe"),
        lambda t: t + "one,a\n",
        lambda t: "",
        lambda t: t + '"open',
    ],
)
def test_a_damaged_table_is_said(tmp_path, damage):
    answers = Answers(tmp_path, "one")
    answers.add("a", "number", "1", True)
    file = tmp_path / "answers.csv"
    file.write_text(damage(file.read_text()))
    for act in (lambda: answers.of("a"), lambda: answers.add("a", "number", "2", True)):
        with pytest.raises(UnreadableFile, match=r"answers.csv is damaged"):
            act()


def test_notes_are_json_and_the_last_counts(tmp_path):
    answers = Answers(tmp_path, "one")
    answers.note("best", {"recipe": "clahe"})
    answers.note("best", {"recipe": "median"})
    assert json.loads((tmp_path / "notes.json").read_text()) == {"one": {"best": {"recipe": "median"}}}
    assert answers.notes() == {"best": {"recipe": "median"}}
    for damage in ("{", "[1]", '{"one": 3}'):
        (tmp_path / "notes.json").write_text(damage)
        with pytest.raises(UnreadableFile, match=r"notes.json is damaged"):
            answers.notes()
