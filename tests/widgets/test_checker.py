"""The checker's side of the kernel: what is right stays here until it may be told."""

import json

import pytest

from opsef_core import course
from opsef_core.errors import DiskFull, MissingPackage
from opsef_core.widgets import checker
from opsef_core.widgets._checker.widget import answer

BANK = """
m: {kind: choice, prompt: p, options: [first, second, third], right: second, hint: the hint, why: the reason}
n: {kind: number, prompt: p, between: [3.25, 4.75], why: the reason}
g: {kind: guess, prompt: p, options: [first, second], why: the reason}
"""


@pytest.fixture
def lesson(tmp_path):
    (tmp_path / "q.yml").write_text(BANK)
    return course.lesson(tmp_path / "q.yml", tmp_path / "run")


def synced(widget):
    return {name: getattr(widget, name) for name in widget.trait_names(sync=True) if not name.startswith("_")}


@pytest.mark.parametrize("name", ["m", "n", "g"])
def test_before_the_answer_the_browser_knows_nothing_of_it(lesson, name):
    widget = lesson.guess(name) if name == "g" else lesson.ask(name)
    known = json.dumps([synced(widget)["about"], synced(widget)["told"]])
    assert set(synced(widget)) >= {"about", "told"}
    for secret in ("the hint", "the reason", "3.25", "4.75", "tolerance"):
        assert secret not in known
    assert synced(widget)["told"]["right"] is None
    assert set(synced(widget)["about"]) == {"id", "kind", "prompt", "options", "unit"}
    assert not {"the reason", "3.25"} & set(repr(widget).split())


def test_what_is_right_does_not_change_what_is_shown(tmp_path):
    shown = []
    for right in ("first", "third"):
        (tmp_path / "q.yml").write_text(BANK.replace("right: second", f"right: {right}"))
        widget = course.lesson(tmp_path / "q.yml", tmp_path / right).ask("m")
        shown.append((widget.about, widget.told, repr(widget)))
    assert shown[0] == shown[1]


def test_an_answer_is_judged_stored_and_told(lesson, monkeypatch):
    widget = lesson.ask("m")
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, buffers=None: sent.append(message))
    for given in ({"kind": "other"}, "text", {"kind": "answer", "answer": "first", "seconds": 2}):
        widget._handle_custom_msg(given, [])
    assert [(m["kind"], m["right"], m["tries"]) for m in sent] == [
        ("told", None, [{"answer": "first", "right": False}]),
    ]
    assert widget.told["lines"] == ["Hint: the hint Try again; the first answer counts."]
    widget._handle_custom_msg({"kind": "answer", "answer": "second"}, [])
    assert (widget.told["right"], widget.told["closed"]) == ("second", True)
    assert lesson.answers.loc[0, "seconds"] == 2


@pytest.mark.parametrize("seconds", [None, "x", -1, float("inf"), 1e9, []])
def test_an_impossible_time_is_not_known(lesson, seconds):
    asked = lesson._made("m", ("choice",), "ask", None)
    assert answer(asked, {"kind": "answer", "answer": "second", "seconds": seconds})["kind"] == "told"
    assert lesson._answers.of("m")[0]["seconds"] == ""


def test_a_mishap_is_an_answer(lesson, monkeypatch):
    asked = lesson._made("m", ("choice",), "ask", None)
    assert "no option of 'm' called 'fourth'" in answer(asked, {"kind": "answer", "answer": "fourth"})["text"]
    assert answer(asked, {"kind": "answer"})["text"].startswith("This did not work")

    def full(*_, **__):
        raise DiskFull("the disk is full")

    monkeypatch.setattr(lesson._answers, "add", full)
    assert answer(asked, {"kind": "answer", "answer": "second"}) == {"kind": "problem", "text": "the disk is full"}
    assert asked.told()["tries"] == []


def test_what_is_told_elsewhere_is_shown(lesson):
    widget = lesson.guess("g")
    lesson.answer("g", "first")
    assert widget.told["headline"] == "You guess: first"
    lesson.reveal("g", "second")
    assert widget.told["headline"] == "You guessed first; it is second."


def test_where_no_widget_can_be_shown_the_question_is_text(lesson):
    shown = lesson.ask("m")._repr_mimebundle_()
    data = shown[0] if isinstance(shown, tuple) else shown
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].startswith("Question 'm': p\n  - first")


def test_without_the_extra_it_says_which(lesson, monkeypatch):
    monkeypatch.setattr("opsef_core.registry.Need.installed", False)
    with pytest.raises(MissingPackage, match="notebook"):
        checker(lesson._made("m", ("choice",), "ask", None))
    assert "Answer with" in repr(lesson.ask("m"))
