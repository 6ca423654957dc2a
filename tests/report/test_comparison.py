"""What the report says about who is better, how sure that is, and what it costs."""

import base64
import io
import re

import pytest
from fake_run import FakeRun
from PIL import Image as Pillow
from score_table import table

from opsef_core.report import write_report
from opsef_core.report._comparison import MAX_COMPARED, p_value, signed
from opsef_core.report._page import context

NASTY = "<script>alert(1)</script> \"é\" & '細胞'"


class Scored(FakeRun):
    """A run of which only the scores are known."""

    def __init__(self, folder, scores):
        super().__init__(folder)
        self.given_scores = scores.assign(
            recipe="raw", model_title=scores["model"], n_objects=3, reason="", key=None, parent=scores["image"]
        )

    @property
    def cells(self):
        return self.given_scores.drop(columns="dsb_score", errors="ignore")


def page(run):
    return write_report(run).read_text("utf8")


def text(run):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page(run)))


def test_verdict_comparisons_and_pictures(tmp_path):
    run = Scored(tmp_path, table(40, quick=0.2, poor=0.0, slow=0.202))
    found = context(run)
    assert (found["best"]["word"], found["best"]["grid_point"]) == ("Best", "slow")
    assert "The cheapest of these is quick: 1.0 s an image instead of 3.0 s" in text(run)
    rows = found["comparison"]["rows"]
    assert [(r["grid_point"], r["shown"], r["images"]) for r in rows] == [("quick", False, 40), ("poor", True, 40)]
    assert rows[1]["p"] == "< 0.001"
    assert rows[1]["difference"].startswith("-0.2")
    assert rows[1]["effect"] == "-1.00"
    for name in ("forest", "pareto"):
        picture = found["comparison"][name].removeprefix("data:image/png;base64,")
        with Pillow.open(io.BytesIO(base64.b64decode(picture))) as opened:
            opened.load()
    assert "no difference shown" in text(run)


def test_the_ranking_shows_intervals_and_memory(tmp_path):
    scores = table(12, a=0.2, b=0.0).assign(working_memory_mb=12.4, peak_memory_mb=1234.0)
    found = context(Scored(tmp_path, scores))
    first = found["grid_points"][0]
    assert re.fullmatch(r"\[0\.\d\d, \d\.\d\d\]", first["interval"])
    assert found["memory"] == ["memory, MB"]
    assert first["memory"] == ["12"]
    assert found["summary"]["facts"]["peak memory"] == "1.2 GB"
    gpu = context(Scored(tmp_path, scores.assign(gpu_memory_mb=500.0)))
    assert gpu["memory"] == ["memory, MB", "GPU memory, MB"]


def test_names_are_escaped(tmp_path):
    html = page(Scored(tmp_path, table(8, **{NASTY: 0.2, "other": 0.0})))
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; &#34;é&#34; &amp; &#39;細胞&#39;") >= 2


def test_one_image_has_no_table_of_comparisons(tmp_path):
    run = Scored(tmp_path, table(1, a=0.2, b=0.0))
    assert context(run)["comparison"]["rows"] == []
    assert "One image only: no interval, no test" in text(run)
    assert "Compared with" not in text(run)


def test_one_grid_point_has_nothing_to_compare(tmp_path):
    run = Scored(tmp_path, table(5, only=0.2))
    assert context(run)["comparison"] is None
    assert "Best: only, DSB score" in text(run)
    assert "There is nothing to compare it with." in text(run)


def test_all_failed_is_said(tmp_path):
    scores = table(3, a=0.0, b=0.0).assign(status="failed", dsb_score=float("nan"), reason="no weights")
    run = Scored(tmp_path, scores)
    run.given_scores = run.given_scores.drop(columns="dsb_score")
    assert context(run)["best"] is None
    assert context(run, None)["comparison"] is None


def test_many_grid_points_are_listed_in_part(tmp_path):
    names = {f"g{i:02}": i / 60 for i in range(20)}
    found = context(Scored(tmp_path, table(12, **names)))["comparison"]
    assert (len(found["rows"]), found["more"]) == (MAX_COMPARED, 19 - MAX_COMPARED)


def test_without_times_there_is_no_picture_of_the_cost(tmp_path):
    run = Scored(tmp_path, table(12, a=0.2, b=0.0).assign(seconds=float("nan")))
    assert context(run)["comparison"]["pareto"] is None
    assert "What it costs" not in text(run)


def test_the_clean_verdict_stands_in_the_warning(tmp_path):
    scores = table(40, learned=0.0, honest=0.0)
    early = scores["image"].isin([f"i{i}" for i in range(20)])
    scores["seen_in_training"] = (early & (scores["model"] == "learned")).astype("boolean")
    scores.loc[scores["seen_in_training"], "dsb_score"] += 0.3
    scores.loc[~early & (scores["model"] == "learned"), "dsb_score"] -= 0.2
    run = Scored(tmp_path, scores)
    said = text(run)
    assert "On the 20 images that no model here is known to have seen, the best is honest, DSB score 0." in said
    assert "]. It is better than the other one." in said


@pytest.mark.parametrize(
    ("p", "shown"), [(0.0002, "< 0.001"), (0.0123, "0.012"), (0.345, "0.34"), (1.0, "1.00"), (float("nan"), "–")]
)
def test_p_values(p, shown):
    assert p_value(p) == shown


def test_differences_have_a_sign_and_zero_has_none():
    assert [signed(x, 2) for x in (0.1, -0.1, 0.001, -0.001, float("nan"))] == ["+0.10", "-0.10", "0.00", "0.00", "–"]
