"""The forest and the Pareto plot: what stands where."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from score_table import table

from opsef_core.compare import SEEN, intervals
from opsef_core.errors import NothingToShow
from opsef_core.plots import forest, pareto

BOTH = pytest.mark.parametrize("draw", [forest, pareto])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def ranks(n=12, metric="dsb_score", **shifts):
    shifts = shifts or {"quick": 0.0, "slow": 0.2, "lame": 0.1}  # 1, 2 and 3 s
    return intervals(table(n, metric, **shifts), metric, resamples=200)


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_the_best_is_on_top_with_its_numbers():
    rows = ranks()
    ax = forest(rows)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["slow", "lame", "quick"]
    bottom, top = ax.get_ylim()
    assert bottom > top
    first = rows.iloc[0]
    assert texts(ax)[0] == f"{first['mean']:.2f}  [{first['low']:.2f}, {first['high']:.2f}]"
    assert ax.get_title(loc="left") == "dsb_score, mean and 95 % interval over 12 images\n(higher is better)"


def test_open_points_were_shown_to_be_worse():
    ax = forest(ranks(), not_worse=["lame"])
    faces = [line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"]
    assert [face == "white" for face in faces] == [False, False, True]
    assert "open: shown to be worse" in ax.get_xlabel()
    assert forest(ranks()).get_xlabel() == ""


def test_where_small_is_good_good_is_still_right_and_up():
    rows = ranks(metric="count_error")
    left, right = forest(rows).get_xlim()
    assert left > right
    bottom, top = pareto(rows).get_ylim()
    assert bottom > top


def test_the_front_is_numbered_and_named_the_others_are_not():
    ax = pareto(ranks())
    assert texts(ax)[:2] == ["1", "2"]
    names = texts(ax)[-1].splitlines()
    assert [line.split()[:2] for line in names] == [["1", "quick"], ["2", "slow"]]
    assert "lame" not in texts(ax)[-1]
    assert ax.get_xscale() == "log"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["slow", "lame", "quick"]


@BOTH
def test_one_image_is_drawn_without_intervals(draw):
    ax = draw(ranks(1))
    assert not any("[" in text for text in texts(ax))


@BOTH
def test_grid_points_without_a_score_are_left_out(draw):
    rows = ranks()
    rows.loc[rows["grid_point"] == "lame", ["mean", "low", "high"]] = np.nan
    drawn = [line for line in draw(rows).lines if line.get_marker() == "o" and len(line.get_xdata())]
    assert len({tuple(line.get_xdata()) for line in drawn}) == 2


@BOTH
def test_models_that_have_seen_images_are_marked(draw):
    scores = table(12, quick=0.0, slow=0.2)
    scores[SEEN] = scores["model"].eq("slow") & scores["image"].eq("i0")
    ax = draw(intervals(scores, resamples=50))
    shown = " ".join([*texts(ax), ax.get_xlabel(), *(t.get_text() for t in ax.get_yticklabels())])
    assert "trained on some of these images" in shown


@BOTH
@pytest.mark.parametrize("count", [1, 40])
def test_few_and_many_with_long_names_fit(draw, count, tmp_path):
    names = [f"a_step(with_a_long_parameter_name={i}.5) + another_step -> model(of='some kind')" for i in range(count)]
    ax = draw(ranks(5, **{name: i / 60 for i, name in enumerate(names)}))
    ax.figure.savefig(tmp_path / "plot.png", dpi=40)
    assert max(ax.figure.get_size_inches()) <= 30
    sheet = ax.figure.bbox
    box = ax.get_tightbbox()
    assert box.x0 >= -2
    assert box.y0 >= -2
    assert box.x1 <= sheet.x1 + 2
    assert box.y1 <= sheet.y1 + 2


@BOTH
def test_names_that_look_like_formulas_are_drawn_as_they_are(draw, tmp_path):
    ax = draw(ranks(5, **{"a $x_1$ <b>": 0.1, "b_$": 0.0}))
    ax.figure.savefig(tmp_path / "plot.png", dpi=40)
    named = [t for t in (*ax.texts, *ax.get_yticklabels()) if "$" in t.get_text()]
    assert named
    assert not any(t.get_parse_math() for t in named)


@BOTH
def test_drawing_changes_no_global_setting_and_can_go_into_given_axes(draw):
    before = dict(mpl.rcParams)
    figure, ax = plt.subplots()
    assert draw(ranks(), ax=ax) is ax
    assert ax.figure is figure
    assert dict(mpl.rcParams) == before


@BOTH
def test_what_is_missing_is_told_in_words(draw):
    with pytest.raises(NothingToShow, match=r"as run.intervals\(\) gives them. Here are 3 rows; columns: grid_point"):
        draw(ranks()[["grid_point"]])
    with pytest.raises(NothingToShow, match="Here are 0 rows"):
        draw(ranks().iloc[:0])


def test_without_seconds_there_is_no_cost_to_draw():
    with pytest.raises(NothingToShow, match="No grid point has seconds"):
        pareto(ranks().assign(seconds=np.nan))


def test_numbers_of_points_close_together_stand_on_either_side():
    rows = ranks()
    apart = [text.get_ha() for text in pareto(rows).texts if text.get_text() in "12"]
    seconds = {"quick": 1.0, "slow": 1.05}
    rows["seconds"] = rows["grid_point"].map(seconds).fillna(9.0)
    close = [text.get_ha() for text in pareto(rows).texts if text.get_text() in "12"]
    assert (apart, close) == (["right", "right"], ["right", "left"])
