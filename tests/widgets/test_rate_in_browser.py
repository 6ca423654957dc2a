"""The rater in a real browser, without a notebook: key after key, and a kernel that dies."""

import pytest
import widget_page

import opsef_core as opsef
from opsef_core.widgets._answer import split
from opsef_core.widgets._rater.queue import queue
from opsef_core.widgets._rater.session import Session
from opsef_core.widgets._rater.widget import answer

pytestmark = pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")


@pytest.fixture(scope="module")
def items(shown_run):
    return queue(shown_run)


@pytest.fixture(scope="module")
def seen(shown_run, items, tmp_path_factory):
    """What the page left behind after all of it; one start of the browser."""
    folder = tmp_path_factory.mktemp("page")
    widget = opsef.widgets.rate(shown_run, rater="ann")
    session = Session(shown_run, items, "elsewhere")
    ask = [{"kind": "ask", "place": place} for place in range(5)]
    rates = [{"kind": "rate", "place": 0, "rating": word} for word in ("under-segmented", "good")]
    told = [(q, *split(answer(session, q, True))) for q in (*ask, *rates)]
    told.append(({"kind": "undo"}, {"kind": "undone", "place": 0, "marks": "0" * len(items), "buffers": []}, []))
    page = widget_page.write_page(folder / "page.html", "rater", widget, told, "hands_on_rater.js")
    outcome, page_text = widget_page.browse(page, folder, "--window-size=1000,800")
    assert outcome is not None, page_text[-2000:]
    return outcome


def test_nothing_throws(seen):
    assert seen["errors"] == []


def test_the_first_item_is_there_without_a_kernel_and_blind(seen, items):
    where, picture, label, title = seen["first"]
    assert where == f"1 of {len(items)}"
    assert picture["lime"] > 50
    assert picture["values"] > 20
    assert label == f"{items[0].image}, grid point hidden"
    assert title == ""
    assert seen["bare"]["lime"] < 20


def test_a_key_sends_a_rating_and_goes_on(seen, items):
    first = seen["rates"][0]
    assert (first["place"], first["rating"]) == (0, "under-segmented")
    assert 0 <= first["seconds"] < 60
    where, last, rated = seen["rated"]
    assert where == f"2 of {len(items)}"
    assert last == f"1: under-segmented · {items[0].grid_point}"
    assert rated == "1"


def test_back_shows_what_was_said_and_of_whom(seen, items):
    assert seen["back"] == [f"1 of {len(items)}", 2, items[0].grid_point]


def test_backspace_takes_the_last_one_back(seen, items):
    assert seen["undone"] == [f"1 of {len(items)}", 0, ""]


def test_a_click_rates_and_other_keys_do_not(seen, items):
    assert [m["rating"] for m in seen["rates"]] == ["under-segmented", "good"]
    assert seen["clicked"] == f"2 of {len(items)}"


def test_without_a_kernel_it_says_that_nothing_is_stored(seen, items):
    where, note = seen["dead"]
    assert where == f"3 of {len(items)}"
    assert "the last rating is not stored yet" in note
    assert "run this cell again" in note
    where, picture = seen["deadBack"]
    assert where == f"1 of {len(items)}"
    assert picture["lime"] > 50
