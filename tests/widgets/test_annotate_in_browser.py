"""The annotator in a real browser: every tool, what reaches the kernel, a kernel that dies, and a large image."""

import numpy as np
import pytest
import toy
import widget_page

import opsef_core as opsef
from opsef_core.data import Labels
from opsef_core.widgets._annotator.annotator import Annotator
from opsef_core.widgets._annotator.assistant import Assistant
from opsef_core.widgets._annotator.folder import AnnotationFolder
from opsef_core.widgets._annotator.given import given
from opsef_core.widgets._annotator.patches import patch_of
from opsef_core.widgets._answer import split

pytestmark = pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")
CLASSES = ("nucleus", "mitosis")


def images():
    first = toy.pair("first", toy.discs((150, 200), (110, 40, 14), (110, 70, 12)))
    second = toy.pair("second", toy.discs((150, 200), (75, 100, 20)))
    return [first, second]


def kernel(folder):
    return Annotator(given(images()), AnnotationFolder(folder, CLASSES), Assistant())


def told(question, answer):
    return (question, *split(answer))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the page left behind after all of it; one start of the browser."""
    folder = tmp_path_factory.mktemp("page")
    widget = opsef.widgets.annotate(images(), classes=CLASSES, folder=folder / "a")
    who = kernel(folder / "b")
    answers = [told({"kind": "open", "image": name}, who.to({"kind": "open", "image": name})) for name in who.names]
    mask = toy.discs((150, 200), (30, 30, 10))
    patch = patch_of(mask, slice(18, 42), slice(18, 42))
    suggestion = {"kind": "suggestion", "image": "first", "method": "region_growing", "patch": patch}
    answers.append(({"kind": "the suggestion"}, suggestion | {"threshold": 0.5, "score": None, "area": 1}, []))
    page = widget_page.write_page(folder / "page.html", "annotator", widget, answers, "hands_on_annotator.js")
    outcome, text = widget_page.browse(page, folder, "--window-size=1000,1100")
    assert outcome is not None, text[-2000:]
    return outcome


@pytest.fixture(scope="module")
def stored(seen, tmp_path_factory):
    """A real kernel, and what it answers to all that the page sent before its kernel died."""
    who = kernel(tmp_path_factory.mktemp("stored") / "annotations")
    questions = [m for m in seen["sentBefore"] if m["kind"] != "suggest" and m["image"]]
    return who, [who.to(question) for question in questions]


def ids_of(who, name):
    return who.sheet(name).ids


def test_nothing_throws(seen):
    assert seen["errors"] == []


def test_the_first_image_is_there_without_a_kernel(seen):
    label, place, picture, status, classes = seen["first"]
    assert label == "first, 2 objects"
    assert place == "1 of 2"
    assert picture["values"] > 100
    assert status == "All saved"
    assert classes == list(CLASSES)


def test_a_line_a_click_and_a_box_ask_for_a_contour(seen):
    assert seen["asked"]["method"] == "region_growing"
    assert len(seen["asked"]["points"]) > 20
    assert np.allclose(np.mean(seen["asked"]["points"], axis=0), [30, 30], atol=1)
    assert seen["offered"] == ["305 px", False, "first, 2 objects"]
    assert seen["accepted"] == ["first, 3 objects", True]
    assert (seen["click"], seen["box"]) == (1, 2)
    assert seen["rejected"] == ["first, 3 objects", True]
    assert seen["inverted"] is None  # this method has no other side


def test_what_was_accepted_reaches_the_kernel_as_a_small_patch(seen):
    edit = seen["firstEdit"]
    assert (edit["image"], edit["revision"]) == ("first", 0)
    (step,) = edit["steps"][:1]
    assert step["classes"] == {"3": "nucleus"}
    assert len(step["patches"][0]["runs"]) < 100
    assert edit["seconds"] > 0


def test_every_tool_does_what_it_says(seen):
    assert seen["brushed"] == seen["enlarged"] == "first, 4 objects"
    assert [seen[name] for name in ("drawn", "split", "merged", "deleted")] == [
        f"first, {n} objects" for n in (5, 6, 5, 4)
    ]
    assert seen["notSplit"] == "The line must cross an object from side to side."
    assert seen["saved"] == "All saved"
    assert seen["edits"] == 12


def test_the_kernel_stores_what_was_seen(seen, stored):
    who, replies = stored
    assert {reply["kind"] for reply in replies} <= {"saved", "image", "opened"}
    ids = ids_of(who, "first")
    assert sorted(np.unique(ids)) == [0, 1, 2, 3, 5]  # 4 was deleted, 6 merged into 5
    assert np.array_equal(ids == 3, toy.discs((150, 200), (30, 30, 10)) > 0)
    disc = toy.discs((150, 200), (99.5, 119.5, 14)) > 0
    assert ((ids == 5) & disc).sum() / ((ids == 5) | disc).sum() > 0.95
    for number in (1, 2):
        assert np.array_equal(ids == number, images()[0][1].pixels == number)
    drawn = ids_of(who, "second") == 2
    assert drawn[10:20, 10:20].all()
    assert drawn.sum() == 100
    truth = who.sheet("first").labels
    assert isinstance(truth, Labels)
    assert truth.objects["class"].to_dict() == {1: None, 2: None, 3: "nucleus", 5: "mitosis"}


def test_each_edit_by_itself_is_what_the_tool_should_do(seen):
    """The steps are put one after another into a label image."""
    sent = [m for m in seen["sentBefore"] if m["kind"] == "edit" and m["image"] == "first"]
    steps = [step for message in sent for step in message["steps"]]
    ids, after = images()[0][1].pixels.copy(), []
    for step in steps:
        for p in step["patches"]:
            part = np.repeat(p["runs"][::2], p["runs"][1::2]).reshape(p["height"], p["width"])
            ids[p["top"] : p["top"] + p["height"], p["left"] : p["left"] + p["width"]] = part
        after.append(ids.copy())
    area = [[int((x == number).sum()) for number in (4, 5, 6)] for x in after]
    brushed, enlarged, erased, undone, undone_again, redone = (a[0] for a in area[1:7])
    assert erased < enlarged
    assert undone == enlarged == redone
    assert undone_again == brushed
    assert np.array_equal(after[4], after[2])
    drawn, split_in, merged = area[7], area[8], area[9]
    assert drawn[1] == split_in[1] + split_in[2] == merged[1]
    assert split_in[1] >= split_in[2] > 0.4 * drawn[1]
    assert steps[10] == {"patches": [], "classes": {"5": "mitosis"}}
    assert area[11][0] == 0


def test_two_images_are_kept_apart(seen):
    assert seen["second"] == ["2 of 2", "second, 1 objects"]
    place, label, outlined = seen["back"]
    assert (place, label) == ("1 of 2", "first, 4 objects")
    assert seen["leave"][:2] == [["first", True], ["second", True]]
    assert len({outlined["sum"], seen["filled"]["sum"], seen["bare"]["sum"]}) == 3


def test_enter_marks_as_finished_and_goes_on(seen, stored):
    message, place = seen["finished"]
    assert (message["image"], message["finished"]) == ("first", True)
    assert place == "2 of 2, 1 finished"
    assert stored[0].marks == "21"


def test_without_a_kernel_drawing_goes_on_and_the_note_says_what_is_where(seen):
    label, note, status = seen["dead"]
    assert label == "second, 3 objects"
    assert "You can go on: 1 edit is not saved yet, but kept in this browser" in note
    assert "run this cell again" in note
    assert status == "1 not saved"
    assert "does not answer" in seen["deadAssist"]


def test_what_was_kept_is_saved_when_the_cell_is_run_again(seen):
    label, edits, said = seen["again"]
    assert edits == [["second", 1, 2]]
    assert label == "second, 3 objects"  # the stored image of this test has one, the browser kept two
    assert said == "2 edits that were kept in this browser are being saved."
    assert seen["left"] == []


def test_on_a_large_image_an_edit_traces_its_own_object_alone(tmp_path):
    circles = [(40 + 52 * row, 40 + 52 * column, 15 + (row + column) % 7) for row in range(39) for column in range(39)]
    image = toy.pair("large", toy.discs((2048, 2048), *circles))
    widget = opsef.widgets.annotate([image], folder=tmp_path / "a")
    page = widget_page.write_page(tmp_path / "page.html", "annotator", widget, [], "hands_on_annotator_large.js")
    outcome, _ = widget_page.browse(page, tmp_path, "--window-size=1000,1100")
    assert outcome["errors"] == []
    assert outcome["first"] == "large, 1521 objects"
    assert outcome["last"] == "large, 1517 objects"
    for kind in ("strokes", "deletes"):
        assert max(paths for _, _, paths in outcome[kind]) < 60  # a few outlines of one tile, not 1521
        assert min(acted for acted, _, _ in outcome[kind]) < 100  # milliseconds; 2 to 13 measured
        assert min(shown for _, shown, _ in outcome[kind]) < 500  # until it is drawn; 20 to 35 measured
    steps = [step for m in outcome["sent"] if m["kind"] == "edit" for step in m["steps"]]
    assert len(steps) >= 8
    assert max(len(str(step)) for step in steps) < 4000


def test_zoomed_and_panned_a_hand_meets_the_pixel_it_points_at_and_the_keys_of_assist(tmp_path):
    widget = opsef.widgets.annotate(images(), classes=CLASSES, folder=tmp_path / "a")
    looking = {"name": "probability_map", "label": "Probability map", "threshold": 0.5, "inverts": True}
    widget.about = widget.about | {"methods": [looking, *widget.about["methods"]]}  # as with a model
    patch = patch_of(toy.discs((150, 200), (30, 30, 10)), slice(18, 42), slice(18, 42))
    suggestion = {"kind": "suggestion", "image": "first", "patch": patch, "threshold": 0.5, "score": None, "area": 1}
    answers = [({"kind": "the suggestion"}, suggestion, [])]
    page = widget_page.write_page(tmp_path / "page.html", "annotator", widget, answers, "hands_on_annotator_zoom.js")
    outcome, _ = widget_page.browse(page, tmp_path, "--window-size=1000,1100")
    assert outcome["errors"] == []
    (whole, whole_aside), (near, near_aside), (moved, moved_aside), fitted = (
        np.array(outcome[name]) for name in ("whole", "zoomed", "panned", "fitted")
    )
    scale = 100 / (whole_aside - whole)[0]  # screen pixels an image pixel
    zoom = 100 / (near_aside - near)[0] / scale
    assert zoom > 1.5
    assert near == pytest.approx(whole, abs=1 / scale)  # what lies under the wheel stays there
    assert (near_aside - near) * scale * zoom == pytest.approx([100, 50], abs=1)
    assert outcome["asksOfPanning"] == 0
    assert moved - near == pytest.approx(np.array([30, 20]) / scale / zoom, abs=1 / scale)
    assert moved_aside - moved == pytest.approx(near_aside - near, abs=0.01)
    assert fitted == pytest.approx(np.array(outcome["whole"]))
    assert outcome["method"] == "probability_map"
    assert (outcome["inverse"], outcome["again"]) == (True, False)
    assert outcome["tightened"][0] == "active_contour"
    assert outcome["tightened"][1] > 20
    assert outcome["offers"]
