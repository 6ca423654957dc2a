"""The quiz in a real browser, without a notebook: by keys and clicks, and a kernel that dies."""

import numpy as np
import pytest
import toy
import widget_page

import opsef_core as opsef
from opsef_core.data import Image
from opsef_core.widgets._answer import split
from opsef_core.widgets._quiz.widget import answer

pytestmark = pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")

MARKED = [0, 3, 5]


@pytest.fixture(scope="module")
def fake(seen):
    return seen["fake"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the page left behind after all of it, and what the kernel knew; one start of the browser."""
    folder = tmp_path_factory.mktemp("page")
    rng = np.random.default_rng(1)
    made = [Image(rng.integers(0, 255, (128, 128)).astype(np.uint8), "YX", "made")]
    widget = opsef.widgets.quiz([toy.many_discs()[0]], made, side=4, tile_px=32, taker="ann")
    boards = widget._boards
    fake = [place for place, one in enumerate(boards._truth) if one]
    questions = [{"kind": "check", "board": 0, "marked": MARKED, "seconds": 1}, {"kind": "next"}]
    told = [({"kind": q["kind"]}, *split(answer(boards, q))) for q in questions]
    page = widget_page.write_page(folder / "page.html", "quiz", widget, told, "hands_on_quiz.js")
    outcome, _ = widget_page.browse(page, folder, "--window-size=1100,900")
    return outcome | {"fake": fake, "score": told[0][1]["score"]}


def test_nothing_throws(seen):
    assert seen["errors"] == []
    assert seen["listening"] == 0


def test_the_board_is_there_without_a_kernel_and_does_not_tell(seen):
    where, values, fake, real = seen["first"]
    assert where == "Board 1"
    assert len(values) == 16
    assert min(values) > 20
    assert fake == real == []
    assert "57.4" in seen["page"]
    assert seen["early"].startswith("Check this board first")


def test_keys_move_and_mark(seen):
    assert seen["moved"] == "row 2, column 2"
    assert seen["marked"] == [5]
    assert seen["unmarked"] == []
    assert seen["corner"] == "row 1, column 1"
    assert seen["clicked"] == [MARKED, "3 of 16 marked"]


def test_check_sends_the_marks_once(seen):
    checks = [m for m in seen["sent"] if m["kind"] == "check"]
    assert [(m["board"], m["marked"]) for m in checks] == [(0, MARKED)]
    assert 0 < checks[0]["seconds"] < 300


def test_the_answer_outlines_what_was_what(seen, fake):
    told, real, wrong, label = seen["told"]
    assert told == fake
    assert real == [p for p in range(16) if p not in fake]
    assert wrong == sorted(set(MARKED) ^ set(fake))
    assert label == f"row 1, column 1, {'fake' if 0 in fake else 'real'}, you said fake"
    assert seen["locked"] == MARKED


def test_the_result_tells_the_numbers_beside_the_published_ones(seen):
    score = seen["score"]
    shown = seen["result"].replace("\u00a0", " ")
    for number in (score["accuracy"], score["recall"], 294 / 512, 121 / 256):
        assert f"{100 * number + 1e-9:.1f} %" in shown  # halves are rounded up
    names = ("fake_as_fake", "fake_as_real", "real_as_fake", "real_as_real")
    assert seen["matrix"] == [str(score[name]) for name in names]
    assert "chance" in shown


def test_it_fits_the_notebook(seen):
    (wide, board, below), (narrow, small, under) = seen["widths"]
    assert wide <= 1000
    assert narrow <= 420
    assert not below  # the result stands beside the board
    assert under
    assert board > 500
    assert 350 < small < 420


def test_the_next_board_begins_anew(seen):
    assert seen["second"] == ["Board 2", [], [], "row 1, column 1"]


def test_without_a_kernel_it_says_that_nothing_is_judged(seen):
    note, marked, fake = seen["dead"]
    assert "the marks are not judged yet" in note
    assert "run this cell again" in note
    assert marked == [0]  # still there
    assert fake == []
