"""The preview in a real browser, without a notebook: sliders, comparison, steps off and on, and a kernel that dies."""

import json

import numpy as np
import pytest
import toy
import widget_page

import opsef_core as opsef
from opsef_core import Recipe, either, grid, step
from opsef_core.data import Image
from opsef_core.widgets._answer import split

pytestmark = pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")

MEDIAN, NORMALIZE, INVERT = step("median"), step("normalize"), step("invert")
CLAHE = step("clahe")


def as_browser(value):
    """Whole numbers without a point, as JavaScript writes them."""
    if isinstance(value, dict):
        return {name: as_browser(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_browser(one) for one in value]
    return int(value) if isinstance(value, float) and value == int(value) else value


def entry(one, **other):
    return {"step": one.kind.name, **one.act.parameters, **other}


def answered(widget, entries, region=(0, 0)):
    """A question of the browser, by its name, and what the kernel says to it."""
    name = json.dumps(as_browser([list(region), entries]), separators=(",", ":"))
    question = {"kind": "ask", "name": name, "region": list(region), "steps": entries}
    return ({"name": name}, *split(widget._answers.to(question)))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the page left behind after all of it; one start of the browser."""
    folder = tmp_path_factory.mktemp("page")
    widget = opsef.widgets.preview(toy.mixed_sizes()[0], [MEDIAN, either(CLAHE, NORMALIZE), INVERT])
    rows = [[entry(MEDIAN, size_px=px), entry(CLAHE), entry(INVERT)] for px in (3, 5, 7, 9)]
    rows += [[entry(CLAHE), entry(INVERT)]]
    rows += [[entry(MEDIAN), entry(NORMALIZE, low_percentile=low), entry(INVERT)] for low in (1.0, 100.0)]
    told = [answered(widget, row[:n]) for row in rows for n in range(len(row) + 1)]
    page = widget_page.write_page(folder / "page.html", "preview", widget, told, "hands_on_preview.js")
    outcome, _ = widget_page.browse(page, folder, "--window-size=1150,950")
    return outcome


def test_nothing_throws(seen):
    assert seen["errors"] == []
    assert seen["listening"] == 0
    assert seen["unnamed"] == 0


def test_the_first_view_needs_no_kernel(seen):
    first = seen["first"]
    assert first["asked"] == 0
    assert first["names"] == ["Original", "median", "clahe", "invert"]
    assert len(set(first["thumbs"])) == 4
    assert first["tags"] == ["Original", "3 invert"]
    assert all(took.endswith(" ms") or took.endswith(" s") for took in first["took"][1:])


def test_before_and_after_are_compared_in_three_ways(seen):
    (before, after), tags = seen["beside"]
    assert tags == ["Original", "3 invert"]
    assert before != after
    assert seen["alone"][1] == ["3 invert"]
    assert seen["heldOriginal"][1] == ["Original"]
    assert seen["heldBefore"][1] == ["2 clahe"]
    looks = [seen["first"]["look"], seen["alone"][0], seen["heldOriginal"][0], seen["heldBefore"][0]]
    assert len({json.dumps(one) for one in looks}) == 4
    assert seen["lifted"] == seen["alone"][0]
    assert seen["again"] == seen["first"]["look"]
    assert seen["dragged"] != seen["first"]["look"]
    assert seen["zoomed"] != seen["dragged"]


def test_values_are_told_before_and_after(seen):
    assert seen["readout"].startswith("row 75, column 90 · ")
    before, after = seen["readout"].split(" · ")[1].split(" → ")
    pixels = toy.mixed_sizes()[0].array()
    assert int(before) == pixels[75, 90]
    assert float(after.split()[-1]) > float(before)  # the ground has become bright
    original, inverted = seen["histograms"]
    assert original == f"Histogram, Values: original: values from {pixels.min()} to {pixels.max()}"
    assert "3 invert" in inverted


def test_one_question_is_under_way_and_the_newest_position_wins(seen):
    assert seen["stops"] == ["15", "1", "3\u00a0px"]  # 1, 3, 5 ... 31
    assert seen["waiting"] == [1, "Computing …"]
    assert seen["asked"] == [[1, 5], [1, 9], [2, 9], [3, 9]]  # 7 was passed over; what is looked at comes first
    moved = seen["moved"]
    assert (moved["value"], moved["status"]) == ("9\u00a0px", "")
    assert moved["settings"][0]["values"] == {"size_px": 9}
    assert all(a != b for a, b in zip(moved["thumbs"][1:], seen["first"]["thumbs"][1:], strict=True))
    assert seen["back"] == {"asked": 0, "thumbs": seen["first"]["thumbs"]}


def test_a_step_is_switched_off_and_on(seen):
    off = seen["off"]
    assert off["code"] == 'recipes = grid(step("clahe"), step("invert"))'
    assert off["took"][1] == "off"
    assert off["thumbs"][0] == off["thumbs"][1]
    assert off["settings"][0]["on"] is False
    assert seen["on"] == {"thumbs": seen["first"]["thumbs"], "asked": [1, 2]}


def test_an_alternative_is_chosen(seen):
    assert seen["alternatives"] == ["clahe", "normalize"]
    assert seen["alternative"]["names"] == ["Original", "median", "normalize", "invert"]


def test_what_cannot_be_done_is_a_sentence_at_its_step(seen):
    (message,) = seen["problem"]["message"]
    assert "low_percentile (100) must be smaller than high_percentile (99.8)" in message
    assert seen["problem"]["took"][2:] == ["failed", "failed"]
    assert seen["further"] == ["Step 2, normalize, cannot be done; see there."]
    assert seen["reset"]["message"] == []
    assert seen["reset"]["took"][2] != "failed"


def test_the_code_is_the_recipe(seen):
    lines = {seen[part]["code"] for part in ("first", "moved", "off", "reset")}
    assert lines == {
        'recipes = grid(step("median"), step("clahe"), step("invert"))',
        'recipes = grid(step("median", size_px=9), step("clahe"), step("invert"))',
        'recipes = grid(step("clahe"), step("invert"))',
        'recipes = grid(step("median"), step("normalize"), step("invert"))',
    }
    made = {}
    exec(seen["reset"]["code"], {"grid": grid, "step": step}, made)
    assert made["recipes"] == [Recipe([MEDIAN, NORMALIZE, INVERT])]
    widget = opsef.widgets.preview(toy.mixed_sizes()[0], [MEDIAN, either(CLAHE, NORMALIZE), INVERT])
    widget.settings = seen["settings"]
    assert [widget.recipe] == made["recipes"]


def test_it_fits_the_notebook(seen):
    wide, narrow, whole = seen["widths"]
    assert wide > 700
    assert 360 < narrow < 420
    assert whole <= 420


def test_without_a_kernel_the_last_picture_stays_and_a_line_says_so(seen):
    assert "kernel does not answer" in seen["dead"]["note"]
    assert seen["dead"]["look"]
    assert "size_px=19" in seen["dead"]["code"]
    assert seen["known"] == ""


def test_the_region_of_a_large_image_is_dragged(tmp_path):
    image = Image(np.random.default_rng(0).integers(0, 900, (700, 1400)).astype(np.uint16), "YX", "large", {"X": 0.5})
    widget = opsef.widgets.preview(image, "invert", region=(0, 0))
    places = [(0, 888), (64, 888), (188, 888)]
    told = [answered(widget, [entry(INVERT)][:n], place) for place in places for n in (0, 1)]
    hands = tmp_path / "hands.js"
    hands.write_text(
        """
        const map = el.querySelector(".opsef-map"), frame = el.querySelector(".opsef-frame");
        outcome.start = [frame.style.left, frame.style.top, text(".opsef-told")];
        pointer("pointerdown", map, 0.99, 0.01); pointer("pointerup", map, 0.99, 0.01); await wait(200);
        outcome.region = [...state.region];
        for (let n = 0; n < 3; n++) key("ArrowDown", map);
        await wait(300);
        outcome.moved = [...state.region];
        const canvas = el.querySelector(".opsef-panels canvas");
        pointer("pointermove", canvas, 0.5, 0.999); await wait(100);
        outcome.readout = text(".opsef-readout")[0];
        outcome.names = sent.map((m) => m.region);
        """,
        encoding="utf8",
    )
    page = widget_page.write_page(tmp_path / "page.html", "preview", widget, told, str(hands))
    seen, _ = widget_page.browse(page, tmp_path, "--window-size=1150,950")
    assert seen["errors"] == []
    assert seen["start"][:2] == ["0%", "0%"]
    assert seen["start"][2][0].startswith("A region of 512 × 512 px of 700 × 1400")
    assert seen["region"] == [0, 888]
    assert seen["moved"] == [188, 888]
    assert seen["readout"].startswith("row 699, column 1144 · ")
    assert [188, 888] in seen["names"]
