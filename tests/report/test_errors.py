"""The section of the report that says where it fails."""

import re

import numpy as np
import pytest
from fake_run import FakeRun
from toy import discs, empty, pair

from opsef_core.data import Labels
from opsef_core.report import write_report
from opsef_core.report._errors import ON_A_WALL
from opsef_core.report._page import context

NASTY = "<b>x</b> & 'y'"


def failing_run(folder, images=2):
    """Two images with 40 discs; "good" finds all, "poor" misses the small ones and merges two."""
    run = FakeRun(folder)
    for number in range(images):
        circles = [(12 + 24 * r, 12 + 24 * c, 4 if c < 4 else 9) for r in range(5) for c in range(8)]
        image, truth = pair(f"{NASTY} {number}", discs((130, 200), *circles), seed=number)
        run.image_with(image, truth)
        run.result(image.name, "raw", "good", truth)
        poor = np.where(truth.pixels > 0, truth.pixels, 0)
        poor[np.isin(poor, [i for i in range(1, 41) if (i - 1) % 8 < 4])] = 0
        poor[poor == 8] = 7
        run.result(image.name, "raw", "poor", Labels(poor, "YX", image.name))
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return failing_run(tmp_path_factory.mktemp("run"))


def test_bars_lead_to_walls(run):
    text = write_report(run).read_text("utf8")
    links = set(re.findall(r'href="#([\w-]+)"', text))
    anchors = set(re.findall(r'id="([\w-]+)"', text))
    assert {"errors-1-found", "errors-2-missed", "errors-2-merged"} <= links <= anchors
    assert NASTY not in text


def test_bars_count_all_objects(run):
    bars = {b["grid_point"]: {p["kind"]: p["count"] for p in b["parts"]} for b in context(run)["errors"]["bars"]}
    assert bars == {"raw -> good": {"found": 80}, "raw -> poor": {"found": 36, "missed": 40, "merged": 4}}


def test_walls_are_short_and_shared_between_images(run):
    poor = context(run)["errors"]["points"][1]
    missed = next(w for w in poor["walls"] if w["kind"] == "missed")
    assert missed["total"] == 40
    assert len(missed["pictures"]) == ON_A_WALL
    assert len({p["name"] for p in missed["pictures"][:2]}) == 2


def test_what_it_depends_on_is_said(run):
    poor = context(run)["errors"]["points"][1]
    assert poor["depends"].startswith("Small objects (below 7.1 px) are found in 0 %") or "px" in poor["depends"]
    assert poor["missed"].startswith("Of the 40 missed objects 40 were not seen at all")


def test_without_truth_there_is_no_such_section(tmp_path):
    run = FakeRun(tmp_path)
    image, truth = empty()
    run.image_with(image)
    run.result(image.name, "raw", "m", truth)
    run.given_scores = run.cells.assign(agreement=0.5)
    assert context(run)["errors"] is None
    assert "Where it fails" not in write_report(run).read_text("utf8")


def test_sparse_truth_is_said_and_areas_that_were_not_kept_are_not_guessed(tmp_path):
    run = failing_run(tmp_path, images=1)
    run.annotated = "sparse"
    assert "only some objects were annotated" in context(run)["errors"]["counted"]
    run.given_scores = run.scores.assign(truth="area")
    found = context(run)["errors"]
    assert found["lost"]
    assert found["points"] == []
    assert "are not at hand" in write_report(run).read_text("utf8")


def test_images_that_have_gone_leave_numbers(tmp_path):
    run = failing_run(tmp_path, images=1)
    run._images.clear()
    assert context(run)["errors"]["bars"]
    write_report(run)
