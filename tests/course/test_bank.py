"""A question file is read whole; a mistake names the file and the question."""

import pytest

from opsef_core.course import lessons
from opsef_core.course.bank import load_bank
from opsef_core.errors import BadConfig, UnknownName


def written(tmp_path, text):
    (tmp_path / "own lesson.yml").write_text(text, encoding="utf8")
    return tmp_path / "own lesson.yml"


def test_a_file_of_every_kind(bank):
    name, questions = load_bank(bank)
    assert name == "toy"
    assert [one.kind for one in questions.values()] == [*["choice"] * 2, "number", *["exercise"] * 2, *["guess"] * 2]
    assert questions["plain"].choices == {"two": "two objects", "three": "three objects"}
    assert questions["area"].between == (90, 110)
    assert [name for name, one in questions.items() if one.ruled] == ["median", "plain", "how_many", "area"]


def test_what_is_shipped_can_be_read():
    for lesson in lessons():
        name, questions = load_bank(lesson)
        assert name == lesson
        assert questions


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {kind: quiz, prompt: p}", "own lesson.yml, question 'a': kind = 'quiz' is not possible"),
        ("a: {kind: number, prompt: p, right: 1, hnt: x}", r"question 'a' called 'hnt'. Did you mean 'hint'"),
        ("a: {kind: number, right: 1}", "question 'a' needs a value for prompt"),
        ("a: {kind: number, prompt: ''}", "prompt = '' is not possible"),
        ("a: {kind: choice, prompt: p, options: [x, y]}", "a choice has one of its options in `right`"),
        (
            "a: {kind: choice, prompt: p, options: [x, y], right: z}",
            "'z', which is none of the options x, y",
        ),
        ("a: {kind: choice, prompt: p, options: [x, x], right: x}", "two `options` are the same"),
        ("a: {kind: choice, prompt: p, options: [x], right: x}", "question 'a': options"),
        ("a: {kind: choice, prompt: p, options: [yes, no], right: yes}", "question 'a': options.list"),
        ("a: {kind: number, prompt: p}", "a number needs a number in `right`"),
        ("a: {kind: number, prompt: p, right: one}", "a number needs a number in `right`"),
        ("a: {kind: number, prompt: p, right: 1, options: [x, y]}", "a number has no `options`"),
        ("a: {kind: number, prompt: p, right: 1, at_least: 0}", "give one rule"),
        ("a: {kind: number, prompt: p, between: [2, 1]}", r"`between` is \[smallest, largest\]"),
        ("a: {kind: exercise, prompt: p, right: text, tolerance: 1}", "`tolerance` belongs to a number"),
        ("a: {kind: exercise, prompt: p, at_least: 1, tolerance: 1}", "`tolerance` belongs to a number"),
        ("a: {kind: guess, prompt: p, right: x}", "what is right of a guess is told by the notebook"),
        ("a: {kind: number, prompt: p, right: .nan}", "a number needs a number"),
        ("a: {kind: number, prompt: p, right: 1}\na: {kind: number, prompt: p, right: 2}", "'a' stands there twice"),
        ("a: text", "question 'a' must be a mapping"),
        ("a: {1: x}", "has a key that is no text"),
        ("- a", "must map the name of each question"),
        ("", "must map the name of each question"),
        ("a: {", "not readable as YAML"),
        ("a: &a {b: *a}", "not readable as YAML"),
        ("a: !!python/object/apply:os.getcwd []", "not readable as YAML"),
    ],
)
def test_a_mistake_names_file_and_question(tmp_path, text, message):
    with pytest.raises(BadConfig, match=message) as caught:
        load_bank(written(tmp_path, text))
    assert "own lesson.yml" in str(caught.value)


def test_no_such_file_no_such_lesson(tmp_path):
    with pytest.raises(BadConfig, match=r"There is no question file .*none.yml"):
        load_bank(tmp_path / "none.yml")
    with pytest.raises(UnknownName, match="no lesson called 'preprocesing'"):
        load_bank("preprocesing")
