"""The checker in a real browser, without a notebook: by keys and clicks, and a kernel that dies."""

import pytest
import widget_page

from opsef_core import course
from opsef_core.widgets._checker.widget import answer

pytestmark = pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")

BANK = """
m:
  kind: choice
  prompt: "Which one does `median` keep?"
  options: [mean, largest, middle]
  right: middle
  hint: Sort.
  why: So it is.
n: {kind: number, prompt: "How many?", right: 4, unit: nuclei, hint: Count., why: So it is.}
"""


def made(folder, name, given, hands):
    """What the page left behind, with the kernel's answers to `given`, in this order."""
    (folder / "q.yml").write_text(BANK)
    lesson = course.lesson(folder / "q.yml", folder / "run")
    widget = lesson.ask(name)
    state = dict(widget.about), dict(widget.told)
    told = [({"kind": "answer", "answer": g}, answer(lesson._asked[name], {"answer": g}), []) for g in given]
    widget.about, widget.told = state
    page = widget_page.write_page(folder / "page.html", "checker", widget, told, hands)
    return widget_page.browse(page, folder, "--window-size=800,700")[0]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    return made(tmp_path_factory.mktemp("page"), "m", ["largest", "middle"], "hands_on_checker.js")


def test_nothing_throws(seen):
    assert seen["errors"] == []
    assert seen["listening"] == 0


def test_the_question_stands_there_and_tells_nothing(seen):
    kind, prompt, code, options, states = seen["first"]
    assert (kind, prompt, code) == ("Question", "Which one does median keep?", ["median"])
    assert options == ["mean", "largest", "middle"]
    assert states == [["A", "", False], ["B", "", False], ["C", "", False]]
    assert "So it is" not in seen["page"]
    assert "Sort." not in seen["page"]
    assert min(seen["high"]) >= 44  # a thumb's width


def test_keys_go_from_button_to_button_and_choose(seen):
    assert "middle" in seen["moved"]
    assert "largest" in seen["round"]
    assert seen["asked"] == [[True, True, True], "true"]
    assert [m["answer"] for m in seen["sent"]] == ["largest", "middle"]
    assert all(0 < m["seconds"] < 300 for m in seen["sent"])


def test_a_wrong_answer_is_said_in_words_and_one_may_go_on(seen):
    states, sign, verdict, lines = seen["wrong"]
    assert states == [["A", "", False], ["✗", "not right", True], ["C", "", False]]
    assert (sign, verdict) == ("✗", "Not right.")
    assert lines == ["Hint: Sort. Try again; the first answer counts."]
    assert seen["once"] == 1


def test_the_right_answer_closes_the_question(seen):
    states, sign, verdict, lines = seen["right"]
    assert states == [["A", "", True], ["✗", "not right", True], ["✓", "right, your answer", True]]
    assert (sign, verdict, lines) == ("✓", "Right, in a later try.", ["So it is."])
    assert seen["closed"] == 2


def test_it_fits_into_narrow_and_wide_places_and_follows_the_kernel(seen):
    for (whole, button), width in zip(seen["widths"], (700, 300), strict=True):
        assert whole <= width
        assert button > width - 60
    assert seen["emptied"] == [[["A", "", False], ["B", "", False], ["C", "", False]], 0]


def test_a_dead_kernel_costs_a_line_and_the_answer_can_be_given_again(seen):
    note, locked = seen["dead"]
    assert note.startswith("The kernel does not answer: this answer is not stored yet")
    assert locked == [False, False, False]


def test_a_number_is_typed(tmp_path):
    seen = made(tmp_path, "n", ["2.5", "4"], "hands_on_checker_number.js")
    assert seen["errors"] == []
    assert seen["first"] == [0, "nuclei", "decimal"]
    assert seen["words"] == ["Please give a number.", 0, True]
    assert seen["wrong"] == ["", "✗", "Not right.", False]
    assert seen["keys"] == [1, 0]
    assert seen["right"] == ["✓", "Right, in a later try.", True, "4"]
