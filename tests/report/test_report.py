"""The page a run ends in."""

import base64
import errno
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_run import FakeRun, eroded
from PIL import Image as Pillow
from toy import empty, mixed_sizes, one_disc, pair, touching_discs

from opsef_core.data import Act, Image, Labels
from opsef_core.errors import DiskFull, NothingToShow
from opsef_core.report import write_report
from opsef_core.report._page import context
from opsef_core.report._pictures import MAX_IMAGES, _window

NASTY = "<script>alert('1')</script> \"ümlaut\" & 細胞"


def small_run(folder, scored=True):
    """Two recipes x two models on three images; one result failed."""
    run = FakeRun(folder, title=f"run {NASTY}")
    run.scored = scored
    for image, truth in (one_disc(), touching_discs(), empty()):
        run.image_with(image, truth)
        run.result(image.name, "plain", "perfect", truth, **{"perfect.sigma_px": 2.0, "perfect.max_area_px": None})
        run.result(image.name, "median", "perfect", eroded(truth, 1), **{"median.size_px": 3, "perfect.sigma_px": 2.0})
        run.result(image.name, "plain", "poor", eroded(truth, 4), **{"poor.mode": NASTY})
        failed = image.name == "one_disc"
        run.result(image.name, "median", "poor", None if failed else eroded(truth, 5), reason=NASTY if failed else "")
    return run


class Page(HTMLParser):
    """Tags with attributes, and the text, of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    @property
    def sources(self):
        return [a["src"] for tag, a in self.tags if tag == "img"]


def page_of(run):
    path = write_report(run)
    assert path == Path(run.folder) / "report.html"
    return Page(path.read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return page_of(small_run(tmp_path_factory.mktemp("run")))


def test_the_winner_stands_on_top(page):
    text = re.sub(r"\s+", " ", page.text)
    assert "Best mean: plain -> perfect, DSB score 1.00 [1.00, 1.00] on 3 images" in text
    assert "So few cannot show that it is better than any of the others" in text


def test_everything_is_inside_the_page(page):
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "object")]
    assert page.sources
    assert all(source.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")) for source in page.sources)
    assert not any("http" in str(value) for _, attributes in page.tags for value in attributes.values())


def test_pictures_can_be_read(page):
    for source in page.sources:
        with Pillow.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as picture:
            picture.load()
            assert max(picture.size) > 100


def test_names_are_escaped_and_kept(page):
    assert page.text.count(NASTY) >= 4  # title (twice), reason, parameter


def test_ranking_parameters_versions_settings_and_failures_are_there(tmp_path):
    found = context(small_run(tmp_path))
    first = found["grid_points"][0]
    assert (first["grid_point"], first["rank"], first["mean"], first["failed"]) == ("plain -> perfect", 1, "1.00", 0)
    assert [r["failed"] for r in found["grid_points"] if r["grid_point"] == "median -> poor"] == [1]
    assert found["failures"] == [{"reason": NASTY, "count": 1, "where": [("one_disc", "median -> poor")]}]
    assert found["parameters"][0] == {
        "grid_point": "plain -> perfect",
        "pairs": [("perfect.sigma_px", "2"), ("perfect.max_area_px", "none")],
    }
    assert ("median.size_px", "3") in found["parameters"][1]["pairs"]
    assert ("numpy", "2.0.2") in found["record"]
    assert ("seed", "7") in found["record"]
    assert found["pipeline"] == "recipes: [plain]\n"
    facts = found["summary"]["facts"]
    assert facts | {"computing time": ""} == {
        "images": 3,
        "recipes": 2,
        "models": 2,
        "grid points": 4,
        "results": 11,
        "failed": 1,
        "computing time": "",
        "peak memory": "10 MB",
    }


def test_sheets_show_original_truth_best_and_worst(tmp_path):
    sheets = context(small_run(tmp_path))["sheets"]
    assert [s["name"] for s in sheets] == ["one_disc", "touching_discs", "empty"]
    panels = sheets[1]["panels"]
    assert [p["title"] for p in panels[:3]] == ["image", "truth", "plain -> perfect"]
    assert panels[2]["role"] == "best overall, rank 1 of 4 here"
    assert panels[2]["note"] == "1.00 · 2 objects"
    assert panels[-1]["role"] == "rank 4 of 4 here"
    assert len(panels) == 6


def test_another_metric_may_decide(tmp_path):
    run = small_run(tmp_path)
    assert context(run, "count_error")["metric"]["low"]
    assert "count error 0.00 [0.00, 0.00] on 3 images" in re.sub(
        r"\s+", " ", Page(write_report(run, "count_error").read_text("utf8")).text
    )
    with pytest.raises(NothingToShow, match="no column 'pq'"):
        write_report(run, "pq")


def test_a_run_without_scores_is_reported(tmp_path):
    run = small_run(tmp_path, scored=False)
    page = page_of(run)
    assert "Not scored yet." in page.text
    assert context(run)["board"] is None
    assert len(context(run)["sheets"]) == 3


def test_agreement_is_called_a_first_estimate(tmp_path):
    run = small_run(tmp_path)
    run.given_scores = run.cells[run.cells["status"] == "done"].assign(agreement=0.5)
    assert "a first estimate" in page_of(run).text
    assert context(run)["best"]["label"] == "agreement"


def test_a_run_without_any_result_is_reported(tmp_path):
    assert "Nothing was planned in this run." in page_of(FakeRun(tmp_path)).text


def test_a_run_in_which_all_failed_is_reported(tmp_path):
    run = FakeRun(tmp_path)
    run.result("broken", "plain", "m", None, reason="no image")
    run.scored = False
    page = page_of(run)
    assert "no image" in page.text
    assert not context(run)["sheets"]


def test_a_source_that_has_gone_leaves_its_rows(tmp_path):
    run = small_run(tmp_path)
    del run._images["one_disc"]
    assert [s["name"] for s in context(run)["sheets"]] == ["touching_discs", "empty"]
    assert context(run)["summary"]["facts"]["images"] == 3


def test_many_images_are_limited_from_the_hardest_to_the_easiest(tmp_path):
    run = FakeRun(tmp_path)
    _, disc = one_disc()
    for i in range(30):
        image, truth = pair(f"i{i:02}", disc.pixels)
        run.image_with(image, truth)
        run.result(image.name, "plain", "m", eroded(truth, i // 8))
    sheets = context(run)["sheets"]
    assert len(sheets) == MAX_IMAGES
    assert (sheets[0]["name"], sheets[-1]["name"]) == ("i24", "i07")
    assert f"{MAX_IMAGES} of 30 images, spread from the hardest" in page_of(run).text


@pytest.mark.parametrize(("metric", "order"), [(None, ["c", "a", "b"]), ("count_error", ["a", "b", "c"])])
def test_the_hardest_image_comes_first(tmp_path, metric, order):
    """By the DSB score c is the worst, by the number of objects a."""
    run = FakeRun(tmp_path)
    both = touching_discs()[1]
    found = {"a": both.keep([1], Act("toy", "one of two")), "b": eroded(both, 1), "c": eroded(both, 4)}
    for name, labels in found.items():
        image, truth = pair(name, both.pixels)
        run.image_with(image, truth)
        run.result(name, "plain", "m", labels)
    run.rows.append(run.rows.pop(0))
    sheets = context(run, metric)["sheets"]
    assert [s["name"] for s in sheets] == order
    assert "The hardest image for the best grid point comes first." in page_of(run).text


def test_of_a_large_image_the_fullest_part_is_shown():
    ids = np.zeros((1000, 1400), np.int32)
    ids[850:900, 1200:1260] = 1
    top, left, height, width = _window(Image(ids, "YX", "big"), Labels(ids, "YX", "big"))
    assert (height, width) == (400, 400)
    assert top <= 850 <= 900 <= top + 400 <= 1000
    assert left <= 1200 <= 1260 <= left + 400 <= 1400
    image, labels = mixed_sizes()
    assert _window(image, labels) is None


def test_a_full_disk_leaves_the_old_report_and_no_rest(tmp_path, monkeypatch):
    run = small_run(tmp_path)
    (tmp_path / "report.html").write_text("old")

    def full(self, *_, **__):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull) as caught:
        write_report(run)
    assert str(caught.value) == (
        f"The report {tmp_path / 'report.html'} could not be written: the disk is full. Free some space and try again."
    )
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "old"


def test_the_same_run_gives_the_same_page(tmp_path):
    run = small_run(tmp_path)
    assert write_report(run).read_bytes() == write_report(run).read_bytes()


def test_the_template_is_shipped(root):
    assert "report/*.html" in (root / "pyproject.toml").read_text()
    assert (root / "opsef_core" / "report" / "page.html").exists()


def test_scores_on_training_images_are_marked_where_they_are_looked_at(tmp_path):
    run = small_run(tmp_path)
    table = run.scores
    table["seen_in_training"] = (table["model"].eq("perfect") & ~table["image"].eq("empty")).astype("boolean")
    table.loc[table["model"] == "poor", "seen_in_training"] = None
    run.given_scores = table
    page = page_of(run)
    boxes = [a for tag, a in page.tags if a.get("class") == "warning"]
    assert boxes == [{"class": "warning", "role": "alert"}]
    text = re.sub(r"\s+", " ", page.text)
    assert "perfect was trained on 2 of these 3 images. Its score is too good" in text
    assert "It is not known which images poor was trained on; these may be among them." in text
    assert (
        "On the 1 image that no model here is known to have seen, the best is median -> perfect, DSB score 1.00."
        in text
    )
    assert [row["seen"] for row in context(run)["grid_points"]] == ["2 of 3", "2 of 3", "", ""]
    assert text.count("2 of 3 images seen in training") == 2
    marked = [(s["name"], [p["title"] for p in s["panels"] if p.get("seen")]) for s in context(run)["sheets"]]
    both = ["plain -> perfect", "median -> perfect"]
    assert marked == [("one_disc", both), ("touching_discs", both), ("empty", [])]


def test_no_box_without_a_warning(page):
    assert not [a for tag, a in page.tags if a.get("class") in ("warning", "seen")]


def test_where_every_image_was_seen_nothing_is_best(tmp_path):
    run = small_run(tmp_path)
    run.given_scores = run.scores.assign(seen_in_training=True)
    assert "perfect was trained on 3 of these 3 images" in page_of(run).text
    assert context(run)["clean"] is None
    assert "no model here is known to have seen" not in page_of(run).text


def test_estimates_stand_in_the_report_with_hindsight_where_there_is_truth(tmp_path):
    run = small_run(tmp_path)
    points = list(dict.fromkeys(run.cells["grid_point"]))
    assert context(run)["estimate"] is None
    numbers = [0.1 + 0.8 * n / len(points) for n in range(len(points))]
    run.estimates = pd.DataFrame({"grid_point": points, "estimate": numbers, "blind": numbers, "agreement": numbers})
    run.estimates = run.estimates.assign(low=0.0, high=1.0, n_true=2)
    text = page_of(run).text
    assert "What can be said without truth" in text
    assert f"over {len(points)} grid points" in context(run)["estimate"]["hindsight"]
    assert context(run, "count_error")["estimate"]["hindsight"] is None


def test_what_people_said_stands_in_the_report(tmp_path):
    run = small_run(tmp_path)
    points = list(dict.fromkeys(run.cells["grid_point"]))
    said = [("one_disc", points[0], "good"), ("empty", points[0], "failed"), ("empty", points[1], "good")]
    run.ratings = pd.DataFrame(said, columns=["image", "grid_point", "rating"])
    made = context(run)["estimate"]
    assert [(r["grid_point"], r["good"], r["n_rated"]) for r in made["rows"]] == [
        (points[1], "1.00", 1),
        (points[0], "0.50", 2),
    ]
    assert not made["estimated"]
    text = page_of(run).text
    assert "rated good" in text
    assert "estimated DSB score" not in text
