"""The rater's side of the kernel: order, resuming, undoing, and every mishap told."""

import pytest

import opsef_core as opsef
from opsef_core.errors import DiskFull, NothingToShow, UnknownName, UnreadableFile
from opsef_core.widgets import ratings
from opsef_core.widgets._layers import unpacked
from opsef_core.widgets._rater.queue import queue
from opsef_core.widgets._rater.session import Session
from opsef_core.widgets._rater.widget import answer

GOOD, POOR, BROKEN = "plain -> good", "plain -> poor", "plain -> broken"


def session(run, rater="ann", **asked):
    return Session(run, queue(run, **asked), rater)


def say(who, place, rating="good", seconds=2.0):
    return answer(who, {"kind": "rate", "place": place, "rating": rating, "seconds": seconds}, True)


def test_the_order_is_random_and_always_the_same(run):
    items = queue(run)
    assert len(items) == 8  # one failed
    assert items == queue(run)
    assert items != queue(run, seed=1)
    assert set(items) == set(queue(run, seed=1))
    some = queue(run, grid_points=[GOOD, POOR], images="many_discs")
    assert {(i.image, i.grid_point) for i in some} == {("many_discs", GOOD), ("many_discs", POOR)}
    assert [i for i in items if i in some] == some  # a smaller grid has the same order


def test_what_does_not_exist_cannot_be_asked_for(run):
    with pytest.raises(UnknownName, match="grid point"):
        queue(run, grid_points=["plain"])
    with pytest.raises(UnknownName, match="image"):
        queue(run, images=["x"])
    with pytest.raises(NothingToShow, match="None of these grid points"):
        queue(run, grid_points=[BROKEN], images=["mixed_sizes"])


def test_an_item_is_shown_without_its_title_until_it_is_rated(run):
    ann = session(run)
    shown = answer(ann, {"kind": "ask", "place": 0}, True)
    item = ann.items[0]
    assert (shown["kind"], shown["image"], shown["title"]) == ("item", item.image, "")
    assert item.grid_point not in str({k: v for k, v in shown.items() if not isinstance(v, bytes)})
    assert (unpacked(shown["ids"], (shown["height"], shown["width"])) == run.labels(item.key).array()).all()
    assert answer(ann, {"kind": "ask", "place": 0}, False)["title"] == item.grid_point
    assert say(ann, 0)["title"] == item.grid_point
    assert answer(ann, {"kind": "ask", "place": 0}, True)["title"] == item.grid_point


def test_of_a_large_image_one_place_is_shown_for_all_grid_points(run, wide):
    image, truth = wide
    run.image_with(image, truth)
    for model in ("one", "two"):
        run.result("wide", "plain", model, truth)
    ann = session(run, images=["wide"])
    first, second = (answer(ann, {"kind": "ask", "place": p}, True) for p in (0, 1))
    assert first["crop"] == second["crop"] != ""
    assert (first["height"], first["width"]) == (300, 400)


def test_every_rating_is_stored_at_once_and_the_next_session_goes_on(run):
    ann = session(run)
    told = say(ann, 0, "under-segmented", 1.234)
    assert (told["kind"], told["marks"]) == ("rated", "20000000")
    row = ratings(run).iloc[0]
    item = ann.items[0]
    assert (row["image"], row["grid_point"], row["key"]) == (item.image, item.grid_point, item.key)
    assert (row["rating"], row["rater"], row["seconds"]) == ("under-segmented", "ann", 1.23)
    assert row["time"].endswith("+00:00")
    say(ann, 1)
    assert session(run).marks == "21000000"
    assert session(run).place == 2
    assert session(run, rater="bob").place == 0


def test_a_rating_of_an_earlier_result_does_not_count(run):
    ann = session(run)
    say(ann, 0)
    for row in run.rows:
        if row["key"] == ann.items[0].key:
            run._labels["new"] = run._labels[row["key"]]
            row["key"] = "new"
    assert set(session(run).marks) == {"0"}


def test_ratings_are_taken_back_one_by_one_also_in_the_next_session(run):
    ann = session(run)
    for place in (0, 1, 2):
        say(ann, place)
    say(ann, 0, "failed")
    assert answer(ann, {"kind": "undo"}, True) == {"kind": "undone", "place": 0, "marks": "01100000"}
    later = session(run)
    assert answer(later, {"kind": "undo"}, True)["place"] == 2
    assert answer(later, {"kind": "undo"}, True)["place"] == 1
    assert answer(later, {"kind": "undo"}, True)["place"] is None
    assert ratings(run).empty


def test_when_all_are_rated_the_shares_are_told(run):
    ann = session(run, grid_points=[GOOD, POOR])
    for place, item in enumerate(ann.items):
        told = say(ann, place, "good" if item.grid_point == GOOD else "over-segmented")
    assert [(s["grid_point"], s["share_good"], s["n_images"]) for s in told["summary"]] == [
        (GOOD, 1.0, 3),
        (POOR, 0.0, 3),
    ]
    widget = opsef.widgets.rate(run, [GOOD, POOR], rater="ann")
    assert widget.about["summary"] == told["summary"]
    assert widget.marks.count("0") == 0


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ({"kind": "rate", "place": 0, "rating": "fine"}, "'fine' is no rating"),
        ({"kind": "rate", "place": 99, "rating": "good"}, "There are 8 results to rate"),
        ({"kind": "ask", "place": "x"}, "This did not work"),
        ({"kind": "ask", "place": 99}, "This did not work|There are 8 results"),
    ],
)
def test_a_mishap_is_an_answer(run, question, text):
    told = answer(session(run), question, True)
    assert told["kind"] == "problem"
    assert any(part in told["text"] for part in text.split("|"))
    assert ratings(run).empty


def test_a_rating_that_could_not_be_stored_is_not_marked(run, monkeypatch):
    ann = session(run)

    def full(path, content, if_full):
        raise DiskFull(if_full)

    monkeypatch.setattr("opsef_core.run.ratings.write_whole", full)
    told = say(ann, 0)
    assert (told["kind"], told["about"]) == ("problem", "rate")
    assert "disk is full" in told["text"]
    assert set(ann.marks) == {"0"}


def test_the_widget_begins_where_it_stopped(run, monkeypatch):
    widget = opsef.widgets.rate(run, rater="ann")
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, buffers=None: sent.append(message))
    widget._handle_custom_msg({"kind": "rate", "place": 0, "rating": "good", "seconds": 1.0}, [])
    widget._handle_custom_msg({"kind": "nothing"}, [])
    assert [m["kind"] for m in sent] == ["rated"]
    assert widget.marks == "10000000"
    assert repr(widget) == "Rater(1 of 8 results rated by ann)"
    again = opsef.widgets.rate(run, rater="ann")
    assert again.first[0]["place"] == 1
    assert opsef.widgets.rate(run).about["rater"]


def test_a_damaged_table_is_said_before_anything_is_shown(run):
    (run.folder / "ratings.csv").write_text("image\n")
    with pytest.raises(UnreadableFile, match="has no column grid_point"):
        opsef.widgets.rate(run)
