"""The quiz's side of the kernel: the truth stays here, answers are judged once and stored at once."""

import io
import json

import numpy as np
import pytest
import toy
from PIL import Image as Pillow

import opsef_core as opsef
from opsef_core.compare import wilson
from opsef_core.data import Image
from opsef_core.errors import BadImage, BadParameter, DiskFull, UnreadableFile
from opsef_core.widgets import quiz_results
from opsef_core.widgets._quiz.boards import Boards
from opsef_core.widgets._quiz.judge import COUNTS, counted, judged, published, verdict
from opsef_core.widgets._quiz.widget import answer


def images(kind, n=3):
    """Discs are real, noise is made."""
    if kind == "real":
        return [toy.many_discs(f"real{i}", seed=i)[0] for i in range(n)]
    rng = np.random.default_rng(1)
    return [Image(rng.integers(0, 255, (128, 128)).astype(np.uint8), "YX", f"made{i}") for i in range(n)]


def boards(folder=None, taker="ann", **other):
    asked = {"side": 4, "tile_px": 32, "seed": 0, "taker": taker, "folder": folder} | other
    return Boards(asked.pop("real", images("real")), asked.pop("made", images("made")), **asked)


def fake(session):
    return [place for place, fake in enumerate(session._truth) if fake]


def check(session, marked, seconds=12.34):
    question = {"kind": "check", "board": session.board, "marked": marked, "seconds": seconds}
    return answer(session, question)


def test_the_board_holds_tiles_of_both_kinds_where_the_truth_says():
    session = boards()
    picture = np.array(Pillow.open(io.BytesIO(session.show()["png"])))
    assert picture.shape == (128, 128)
    tiles = picture.reshape(4, 32, 4, 32).swapaxes(1, 2).reshape(16, -1).astype(int)
    noisy = [place for place, tile in enumerate(tiles) if np.abs(np.diff(tile)).mean() > 50]
    assert noisy == fake(session)
    assert 0 < len(noisy) < 16


def test_before_the_answer_nothing_that_leaves_the_kernel_depends_on_the_truth():
    session = boards()
    shown = session.show()
    assert set(shown) == {"kind", "board", "png"}
    session._truth = [not one for one in session._truth]
    assert session.show() == shown
    widget = opsef.widgets.quiz(images("real"), images("made"), side=4, tile_px=32)
    synced = {name: getattr(widget, name) for name in widget.trait_names(sync=True) if not name.startswith("_")}
    assert set(synced["about"]) == {"side", "tile_px", "taker", "stored", "published"}
    assert [set(one) for one in synced["first"]] == [{"kind", "board", "png"}]
    assert widget.score == {}


def test_boards_are_the_same_for_a_seed_and_differ_from_each_other():
    one, two, other = boards(), boards(), boards(seed=1)
    assert one.show() == two.show() != other.show()
    check(one, [])
    assert answer(one, {"kind": "next"})["board"] == 1
    assert one.show()["png"] != two.show()["png"]
    shares = [np.mean(boards(seed=seed)._truth) for seed in range(12)]
    assert 0.4 < np.mean(shares) < 0.6
    assert len(set(shares)) > 1  # a toss a tile: counting does not help


def test_an_answer_is_judged():
    session = boards()
    truth = fake(session)
    told = check(session, [*truth[1:], next(p for p in range(16) if p not in truth)])
    n = len(truth)
    assert told["fake"] == truth
    assert [told["score"][name] for name in COUNTS] == [n - 1, 1, 1, 15 - n]
    assert told["score"]["accuracy"] == 14 / 16
    assert told["score"]["precision"] == told["score"]["recall"] == (n - 1) / n
    assert (told["score"]["low"], told["score"]["high"]) == wilson(14 / 16, 16)
    assert told["verdict"].startswith("Better than chance")
    assert told["so_far"]["boards"] == 1
    json.dumps(told)  # as a message it is JSON


def test_the_first_answer_counts():
    session = boards()
    first = check(session, [])
    assert check(session, fake(session)) == first
    assert first["score"]["precision"] is None  # nothing was said to be fake


def test_all_boards_of_a_person_are_added_up():
    session = boards()
    check(session, fake(session))
    answer(session, {"kind": "next"})
    told = check(session, [p for p in range(16) if p not in fake(session)])
    assert told["score"]["accuracy"] == 0
    assert (told["so_far"]["accuracy"], told["so_far"]["n"], told["so_far"]["boards"]) == (0.5, 32, 2)
    assert told["verdict"].startswith("Worse than chance")
    assert told["so_far"]["verdict"].startswith("This could be chance")


def test_the_published_score_is_that_of_the_paper():
    known = published()
    assert known["n"] == 512
    assert [round(100 * known[name], 1) for name in ("accuracy", "precision", "recall")] == [57.4, 59.3, 47.3]
    assert verdict(known).startswith("Better than chance")
    assert counted([True, True, False, False, False], [True, False, True, False, False]) == dict(
        zip(COUNTS, (1, 1, 1, 2), strict=True)
    )
    assert judged(dict.fromkeys(COUNTS, 0))["accuracy"] is None


def test_answers_are_stored_at_once_and_the_next_session_goes_on(tmp_path):
    assert quiz_results(tmp_path).empty
    session = boards(tmp_path)
    check(session, fake(session))
    answer(session, {"kind": "next"})
    check(session, [], seconds=None)
    table = quiz_results(tmp_path)
    assert table["board"].tolist() == [0, 1]
    assert table["accuracy"].tolist()[0] == 1
    assert table["seconds"].tolist()[0] == 12.3
    assert table["seconds"].isna().tolist() == [False, True]
    assert table["precision"].isna().tolist() == [False, True]
    assert (table[list(COUNTS)].sum(axis=1) == 16).all()
    assert table["time"].str.endswith("+00:00").all()
    later = boards(tmp_path)
    assert later.board == 2
    assert check(later, [])["so_far"]["n"] == 48
    assert boards(tmp_path, "bob").board == boards(tmp_path, seed=3).board == 0
    assert boards(tmp_path, made=images("made", 2)).board == 0


def test_an_answer_that_cannot_be_stored_is_not_judged(tmp_path, monkeypatch):
    session = boards(tmp_path)

    def full(path, content, if_full):
        raise DiskFull(if_full)

    with monkeypatch.context() as patched:
        patched.setattr("opsef_core.widgets._quiz.table.write_whole", full)
        told = check(session, [])
    assert (told["kind"], told["about"]) == ("problem", "check")
    assert "disk is full" in told["text"]
    assert session.score is None
    assert check(session, [])["kind"] == "checked"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ({"kind": "next"}, "Check this board first"),
        ({"kind": "check", "board": 3, "marked": []}, "Board 4 is not shown"),
        ({"kind": "check", "board": 0, "marked": [16]}, "has the tiles 0 to 15"),
        ({"kind": "check", "board": 0, "marked": ["x"]}, "has the tiles 0 to 15"),
        ({"kind": "check"}, "This did not work"),
    ],
)
def test_a_mishap_is_an_answer(question, text):
    session = boards()
    told = answer(session, question)
    assert told["kind"] == "problem"
    assert text in told["text"]
    assert session.score is None


@pytest.mark.parametrize(
    "damage",
    [lambda t: "x\n1\n", lambda t: t.replace(",4,32,", ",5,32,"), lambda t: t.replace("ann,", "ann,1,"), lambda t: ""],
)
def test_a_damaged_table_is_said_before_anything_is_shown(tmp_path, damage):
    check(boards(tmp_path), [])
    file = tmp_path / "quiz.csv"
    file.write_text(damage(file.read_text()))
    with pytest.raises(UnreadableFile, match=r"quiz.csv is damaged"):
        opsef.widgets.quiz(images("real"), images("made"), side=4, tile_px=32, folder=tmp_path)


def test_what_cannot_be_asked_is_told(tmp_path):
    real, made = images("real"), images("made")
    (tmp_path / "file").write_text("")
    for error, text, asked in [
        (BadParameter, "side is a whole number from 2 to 12, not 1", {"side": 1}),
        (BadParameter, "tile_px is a whole number from 16 to 256, not 8.5", {"tile_px": 8.5}),
        (BadParameter, "seed is a whole number from 0 on", {"seed": -1}),
        (BadParameter, "list of opsef images", {"real": [np.zeros((9, 9))]}),
        (BadParameter, "list of opsef images", {"made": made[0]}),
        (BadParameter, "real0 is among the real and among the made", {"made": [*made, real[0]]}),
        (BadParameter, "cannot be a folder", {"folder": tmp_path / "file"}),
    ]:
        given = {"real": real, "made": made, "side": 4, "tile_px": 32} | asked
        with pytest.raises(error, match=text):
            opsef.widgets.quiz(given.pop("real"), given.pop("made"), **given)


def test_colour_in_one_set_alone_is_refused():
    rng = np.random.default_rng(0)
    colour = Image(rng.integers(0, 255, (3, 128, 128)).astype(np.uint8), "CYX", "c", channels=("red", "green", "blue"))
    with pytest.raises(BadImage, match="The made images have colour"):
        boards(made=[colour])
    assert boards(real=[colour], made=[Image(colour.array()[:, ::-1], "CYX", "d", channels=colour.channels)]).board == 0


def test_a_board_whose_tiles_are_all_of_one_side_is_a_board():
    rng = np.random.default_rng(0)
    one, other = (
        Image(rng.integers(0, 255, (3, 128, 128)).astype(np.uint8), "CYX", name, channels=("red", "green", "blue"))
        for name in "cd"
    )
    sides = {len(fake(boards(real=[one], made=[other], side=2, seed=seed))) for seed in range(40)}
    assert {0, 4} <= sides


def test_as_it_comes_a_board_has_8_x_8_tiles_of_64_px():
    real = toy.many_discs("real", shape=(512, 512))[0]
    noise = np.random.default_rng(0).integers(0, 255, (512, 512)).astype(np.uint8)
    widget = opsef.widgets.quiz([real], [Image(noise, "YX", "made")])
    assert (widget.about["side"], widget.about["tile_px"]) == (8, 64)
    assert Pillow.open(io.BytesIO(widget.first[0]["png"])).size == (512, 512)
    widget._handle_custom_msg({"kind": "check", "board": 0, "marked": [63], "seconds": 1}, [])
    assert widget.score["n"] == 64


def test_the_widget_passes_on_and_keeps_what_it_shows(monkeypatch):
    widget = opsef.widgets.quiz(images("real"), images("made"), side=4, tile_px=32, taker="ann")
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, buffers=None: sent.append(message))
    for question in ({"kind": "nothing"}, {"kind": "next"}, {"kind": "check", "board": 0, "marked": [1], "seconds": 1}):
        widget._handle_custom_msg(question, [])
    assert [m["kind"] for m in sent] == ["problem", "checked"]
    assert [one["kind"] for one in widget.first] == ["board", "checked"]
    assert widget.score["n"] == 16
    widget._handle_custom_msg({"kind": "next"}, [])
    assert [one["kind"] for one in widget.first] == ["board"]
    assert repr(widget) == "Quiz(board 2, 1 answered by ann)"
