"""The explorer in a real browser, without a notebook: what a person does, and a kernel that dies."""

import pytest
import widget_page

import opsef_core as opsef
from opsef_core.widgets._answer import split
from opsef_core.widgets._explorer.answers import Answers
from opsef_core.widgets._standing import Standing

pytestmark = pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")

GOOD, POOR, BROKEN = "plain -> good", "plain -> poor", "plain -> broken"


@pytest.fixture(scope="module")
def seen(shown_run, tmp_path_factory):
    """What the page left behind after all of it; one start of the browser."""
    folder = tmp_path_factory.mktemp("page")
    widget = opsef.widgets.explore(shown_run, grid_points=[GOOD, POOR])
    answers = Answers(shown_run, Standing(shown_run))
    questions = [{"image": i, "point": p} for i in answers.standing.images[:2] for p in (GOOD, POOR, BROKEN)]
    questions += [{"image": image} for image in answers.standing.images[:2]]
    told = [(question, *split(answers.to(question))) for question in questions]
    page = widget_page.write_page(folder / "page.html", "explorer", widget, told, "hands_on_explorer.js")
    outcome, page_text = widget_page.browse(page, folder, "--window-size=1200,900")
    assert outcome is not None, page_text[-2000:]
    return outcome


def test_nothing_throws(seen):
    assert seen["errors"] == []


def test_the_first_view_needs_no_kernel(seen):
    good, poor = seen["first"]
    assert good["values"] > 20
    assert good["lime"] > 100
    assert poor["lime"] > 100
    assert poor["cyan"] > good["cyan"]  # the truth shows where the result differs
    assert seen["labels"][0].startswith("mixed_sizes, plain -> good: DSB score 1.000")
    assert "6 objects, truth 6" in seen["scores"][0]
    assert seen["buttons"] == 0


def test_the_readout_names_what_is_pointed_at(seen):
    assert seen["readout"].startswith("row ")
    assert "object 1 | 1, truth 1" in seen["readout"]


def test_objects_are_outlined_filled_or_off(seen):
    assert all(panel["lime"] < 20 for panel in seen["filled"])
    assert all(panel["cyan"] < 20 for panel in seen["filledAlone"])
    assert all(panel["lime"] > 100 and panel["cyan"] < 20 for panel in seen["outlinesAlone"])
    assert seen["bare"][0] == seen["bare"][1]  # the same image, nothing over it
    assert len({panel["sum"] for key in ("filledAlone", "outlinesAlone", "bare") for panel in seen[key][:1]}) == 3


def test_zoom_and_pan_move_all_panels_together(seen):
    assert seen["notFocused"] == seen["bare"]  # the wheel is the page's until the widget was clicked
    for before, after in (("bare", "zoomed"), ("zoomed", "panned"), ("panned", "stretched")):
        assert seen[after][0] != seen[before][0]
        assert seen[after][0] == seen[after][1]
    assert seen["whole"] == seen["bare"]
    assert seen["again"] == seen["first"]


def test_another_panel_is_loaded_when_it_is_chosen(seen):
    assert [label.split(":")[0] for label in seen["three"]] == [f"mixed_sizes, {p}" for p in (GOOD, POOR, BROKEN)]
    assert seen["messages"] == ["", "", "Failed: a reason"]


def test_space_blinks_between_grid_points(seen):
    (a, one), (b, two) = seen["blinkA"], seen["blinkB"]
    assert len(a) == len(b) == 1
    assert GOOD in a[0]
    assert POOR in b[0]
    assert one != two
    assert BROKEN in seen["blinkC"][0]


def test_another_image_is_asked_for_once(seen):
    assert all(label.startswith("touching_discs") for label in seen["second"])
    assert seen["secondShown"][0]["lime"] > 50
    assert seen["state"]["image"] == "touching_discs"
    asked = [(m["image"], m.get("point")) for m in seen["sent"]]
    assert len(set(asked)) == len(asked)
    assert ("mixed_sizes", None) not in asked  # that was in the state


def test_it_fits_the_notebook(seen):
    wide, narrow, all_of_it = seen["widths"]
    assert 3 * wide < 1200  # three beside each other
    assert 380 < narrow < 420  # and below each other
    assert all_of_it <= 420


def test_without_a_kernel_what_is_loaded_can_still_be_seen(seen):
    note, messages = seen["dead"]
    assert "kernel does not answer" in note
    assert set(messages) == {"This image is not loaded."}
    labels, shown, note = seen["back"]
    assert labels == seen["second"]
    assert shown[0]["lime"] > 50
    assert note == ""


def test_a_closed_view_listens_no_more(seen):
    assert seen["listening"] == 0
