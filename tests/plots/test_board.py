"""The board: what stands in which cell."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from opsef_core.compare import ranking
from opsef_core.errors import NothingToShow
from opsef_core.plots import board


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def scores(rows=2, columns=3, images=2, metric="dsb_score"):
    """Recipe r x model m on image i scores (r + m) / 10; both images alike."""
    return pd.DataFrame(
        [
            {
                "image": f"i{i}",
                "recipe": f"recipe {r}",
                "model_title": f"model {m}",
                metric: (r + m) / 10,
                "status": "done",
            }
            for i in range(images)
            for r in range(rows)
            for m in range(columns)
        ]
    )


def texts(ax):
    return [t.get_text() for t in ax.texts]


def frame(ax):
    """(column, row) of the frame around the best cell."""
    (best,) = [p for p in ax.patches if not p.get_fill()]
    return best.get_x() + 0.5, best.get_y() + 0.5


def test_recipes_go_down_models_across_and_the_mean_is_printed():
    ax = board(scores())
    assert texts(ax) == ["0.00", "0.10", "0.20", "0.10", "0.20", "0.30"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["recipe 0", "recipe 1"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["model 0", "model 1", "model 2"]
    assert ax.get_title(loc="left") == "dsb_score, mean over 2 images\n(higher is better)"


def test_the_best_cell_has_a_frame_and_is_the_brightest():
    ax = board(scores())
    assert frame(ax) == (2, 1)
    brightness = ax.images[0].to_rgba(ax.images[0].get_array())[..., :3].sum(-1)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == (1, 2)


def test_where_lower_is_better_the_lowest_has_the_frame_and_is_the_brightest():
    ax = board(scores(metric="count_error"), metric="count_error")
    assert frame(ax) == (0, 0)
    brightness = ax.images[0].to_rgba(ax.images[0].get_array())[..., :3].sum(-1)
    assert np.unravel_index(brightness.argmax(), brightness.shape) == (0, 0)
    assert "lower is better" in ax.get_title(loc="left")


def test_order_is_the_order_of_the_grid_not_of_the_alphabet():
    table = scores().replace({"recipe 0": "z first", "recipe 1": "a second"})
    assert [t.get_text() for t in board(table).get_yticklabels()] == ["z first", "a second"]


def failing():
    table = scores()
    bad = table["model_title"].eq("model 2") & (table["recipe"].eq("recipe 0") | table["image"].eq("i1"))
    table.loc[bad, ["dsb_score", "status"]] = [np.nan, "failed"]
    return table


def test_failed_cells_say_so_and_count_as_zero():
    ax = board(failing())
    assert texts(ax) == ["0.00", "0.10", "failed", "0.10", "0.20", "0.15\n1 failed"]
    assert [p.get_hatch() for p in ax.patches if p.get_hatch()] == ["////"]
    assert frame(ax) == (1, 1)


def test_numbers_are_those_of_the_ranking():
    table = failing().assign(grid_point=lambda t: t["recipe"] + t["model_title"])
    means = ranking(table).set_index("grid_point")["mean"]
    shown = np.asarray(board(table).images[0].get_array().filled(np.nan))
    assert shown[1, 2] == pytest.approx(means["recipe 1model 2"])
    assert shown[0, 1] == pytest.approx(means["recipe 0model 1"])


def test_what_has_not_run_is_a_dash():
    table = scores()
    waiting = table["recipe"].eq("recipe 1") & table["model_title"].eq("model 0")
    table.loc[waiting, ["dsb_score", "status"]] = [np.nan, "waiting"]
    assert texts(board(table))[3] == "–"
    assert texts(board(table[~waiting]))[3] == "–"


def test_nothing_but_failures_can_be_drawn():
    table = scores(1, 2).assign(dsb_score=np.nan, status="failed")
    assert texts(board(table)) == ["failed", "failed"]


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (20, 30)])
def test_small_and_large_boards_with_long_names_fit(rows, columns, tmp_path):
    table = scores(rows, columns, images=1)
    table["model_title"] = "a_model(with_a_long_parameter_name=12.5, another_parameter='text') " + table["model_title"]
    ax = board(table)
    ax.figure.savefig(tmp_path / "board.png", dpi=40)
    assert max(ax.figure.get_size_inches()) <= 25
    sheet = ax.figure.bbox
    for text in (*ax.texts, ax._left_title, *ax.get_yticklabels(), *ax.get_xticklabels()):
        box = text.get_window_extent()
        assert box.x0 >= -1
        assert box.x1 <= sheet.x1 + 1
        assert box.y1 <= sheet.y1 + 1


def test_drawing_changes_no_global_setting_and_can_go_into_given_axes():
    before = dict(mpl.rcParams)
    figure, ax = plt.subplots()
    assert board(scores(), ax=ax) is ax
    assert ax.figure is figure
    assert dict(mpl.rcParams) == before


def test_a_missing_column_is_refused_in_words():
    with pytest.raises(NothingToShow) as caught:
        board(scores()[["image", "recipe"]], "ap50")
    assert str(caught.value) == (
        "A board needs rows with the columns image, recipe, model_title, ap50. "
        "Here are 12 rows; columns: image, recipe."
    )
    with pytest.raises(NothingToShow, match="Here are 0 rows"):
        board(scores().iloc[:0])


def test_models_that_were_trained_on_the_images_are_marked():
    table = scores()
    table["seen_in_training"] = (table["model_title"].eq("model 1") & table["image"].eq("i0")).astype("boolean")
    table.loc[table["model_title"] == "model 2", "seen_in_training"] = pd.NA
    ax = board(table)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["model 0", "model 1 †", "model 2"]
    assert ax.get_xlabel() == "† trained on some of these images: its score is too good"
    assert board(scores()).get_xlabel() == ""


def test_titles_are_broken_before_parameters_and_values_not_within():
    from opsef_core.plots._board import _wrapped

    assert _wrapped("nucleaizer(score_threshold=0.4)", 20, 6) == "nucleaizer\n(score_threshold=\n0.4)"
    assert _wrapped("nucleaizer(fast=True, correct_with=None)", 20, 6).splitlines()[1] == "(fast=True,"
    assert _wrapped("unet(a=1)", 20, 6) == "unet(a=1)"
