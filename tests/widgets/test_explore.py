"""The explorer's side of the kernel: what it knows, what it answers, what it refuses."""

import pytest
import traitlets
from fake_run import FakeRun

import opsef_core as opsef
from opsef_core.errors import BadParameter, MissingPackage, NothingToShow, UnknownName
from opsef_core.registry import Need
from opsef_core.widgets._answer import split
from opsef_core.widgets._explorer.answers import Answers
from opsef_core.widgets._layers import unpacked
from opsef_core.widgets._standing import Standing

GOOD, POOR, BROKEN = "plain -> good", "plain -> poor", "plain -> broken"


@pytest.fixture
def answers(run):
    return Answers(run, Standing(run))


def test_grid_points_are_offered_best_first(run):
    about = Standing(run).about()
    assert about["images"] == ["mixed_sizes", "touching_discs", "many_discs"]
    assert about["points"][0] == {"title": GOOD, "mean": 1.0}
    assert about["metrics"][0] == {"label": "DSB score", "lower": False}
    run.scored = False
    assert [p["title"] for p in Standing(run).about()["points"]] == [POOR, GOOD, BROKEN]
    assert Standing(run).about()["metrics"] == []


def test_an_image_comes_with_its_scores_and_its_truth(answers, run):
    answer = answers.to({"image": "mixed_sizes"})
    truth = run.truth_of("mixed_sizes")
    assert (answer["kind"], answer["height"], answer["width"], answer["step"]) == ("image", 150, 180, 1)
    assert answer["png"].startswith(b"\x89PNG")
    assert (unpacked(answer["truth"], (150, 180)) == truth.array()).all()
    assert answer["truth_count"] == truth.count
    good, broken = answer["rows"][GOOD], answer["rows"][BROKEN]
    values = [float(metric["lower"] is False) for metric in answers.standing.about()["metrics"]]
    assert good == {"status": "done", "reason": "", "count": 6, "values": values, "seen": False}
    assert (broken["status"], broken["reason"], broken["count"]) == ("failed", "a reason", None)
    assert set(broken["values"]) == {None}


def test_a_result_is_sent_with_its_ids(answers, run):
    answer = answers.to({"image": "touching_discs", "point": GOOD})
    found = unpacked(answer["ids"], (answer["height"], answer["width"]))
    assert (found == run.truth_of("touching_discs").array()).all()
    message, buffers = split(answer)
    assert message["buffers"] == ["ids"]
    assert buffers == [answer["ids"]]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ({"image": "mixed_sizes", "point": BROKEN}, "No result: a reason"),
        ({"image": "mixed_sizes", "point": "nobody"}, "No result: it has not run yet."),
        ({"image": "nowhere"}, "could not be read"),
        ({}, "could not be read"),
    ],
)
def test_what_cannot_be_shown_is_an_answer_too(answers, question, text):
    answer = answers.to(question)
    assert answer["kind"] == "problem"
    assert text in answer["text"]


def test_a_broken_library_does_not_end_the_widget(answers, monkeypatch):
    def fails(key):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(answers._run, "labels", fails)
    assert answers.to({"image": "mixed_sizes", "point": GOOD})["text"] == "This cannot be shown: inside"


def test_the_saved_state_holds_the_first_view(run):
    assert opsef.widgets.explore(run).grid_points[0] == GOOD
    widget = opsef.widgets.explore(run, grid_points=[GOOD, POOR])
    assert widget.image == "mixed_sizes"
    assert repr(widget) == "Explorer(3 images, 3 grid points)"
    assert [a["kind"] for a in widget.first] == ["image", "layer", "layer"]
    state = widget.get_state()
    assert {"about", "first", "image", "grid_points", "_esm", "_css"} <= set(state)
    assert state["_esm"].count("export default") == 1
    assert not any(line.startswith("import ") for line in state["_esm"].splitlines())


def test_questions_are_answered_and_others_ignored(run, monkeypatch):
    widget = opsef.widgets.explore(run, image="many_discs", grid_points=[POOR])
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, buffers=None: sent.append((message, buffers)))
    widget._handle_custom_msg({"kind": "ask", "image": "touching_discs", "point": GOOD}, [])
    widget._handle_custom_msg({"kind": "else"}, [])
    widget._handle_custom_msg("nonsense", [])
    ((message, buffers),) = sent
    assert (message["kind"], message["image"], message["point"]) == ("layer", "touching_discs", GOOD)
    assert len(buffers) == 1


def test_names_that_do_not_exist_are_refused_in_words(run):
    with pytest.raises(UnknownName, match="no image called 'mixed_size'. Did you mean 'mixed_sizes'"):
        opsef.widgets.explore(run, image="mixed_size")
    with pytest.raises(UnknownName, match="no grid point called 'plain'"):
        opsef.widgets.explore(run, grid_points=["plain"])
    with pytest.raises(BadParameter, match="one to 4 grid points side by side, not 5"):
        opsef.widgets.explore(run, grid_points=[GOOD] * 5)
    widget = opsef.widgets.explore(run)
    with pytest.raises((UnknownName, traitlets.TraitError)):
        widget.image = "nowhere"
    widget.image = "many_discs"
    widget.grid_points = [POOR]
    assert widget.image == "many_discs"


def test_a_run_without_results_says_what_to_do(tmp_path):
    run = FakeRun(tmp_path)
    run.result("a", "plain", "good", None, "broken")
    for widget in (opsef.widgets.explore, opsef.widgets.rate):
        with pytest.raises(NothingToShow, match=r"no finished result to show; call run.go\(\) first"):
            widget(run)


def test_without_the_package_the_extra_is_named(run, monkeypatch):
    monkeypatch.setattr(Need, "installed", property(lambda need: need.module != "anywidget"))
    with pytest.raises(MissingPackage, match=r'pip install "opsef-core\[notebook\]"'):
        opsef.widgets.explore(run)
    with pytest.raises(MissingPackage, match="The rater needs the package anywidget"):
        opsef.widgets.rate(run)
