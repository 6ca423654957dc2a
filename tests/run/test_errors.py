"""Errors of a run, and scores where not everything was annotated."""

import numpy as np
import pytest
from toy import discs, pair

from opsef_core.compare import annotation_note, type_counts
from opsef_core.data import Labels
from opsef_core.errors import BadParameter, NothingToShow, UnknownName
from opsef_core.ingest import tile
from opsef_core.models import model
from opsef_core.run import Run


@pytest.fixture
def three():
    """Three images with four discs each."""
    return [pair(name, discs((80, 90), (20, 20, 9), (20, 60, 9), (60, 20, 9), (60, 60, 9))) for name in "abc"]


def a_run(folder, pairs):
    run = Run(folder, [image for image, _ in pairs], models=[model("bright", level=100)])
    run.go(progress=False)
    return run


def test_one_row_an_object_and_grid_point(tmp_path, three):
    run = a_run(tmp_path, three)
    errors = run.errors(truth=[truth for _, truth in three])
    assert errors.columns[:6].tolist() == ["image", "grid_point", "key", "side", "id", "type"]
    assert type_counts(errors).iloc[0, 1:].tolist() == [12, 0, 0, 0, 0]
    assert set(errors["truth"]) == {"whole"}
    assert (errors["contrast"] > 0.5).all()
    assert errors["key"].isin(run.cells["key"]).all()
    run.score()
    scores = run.scores
    assert scores[["n_found", "n_missed", "n_invented"]].sum().tolist() == [12, 0, 0]
    assert annotation_note(scores) == ""


def test_without_truth_there_are_no_errors(tmp_path, three):
    run = a_run(tmp_path, three)
    with pytest.raises(NothingToShow, match=r"run.errors\(truth=...\)"):
        run.errors()
    with pytest.raises(UnknownName, match="There is no grid point called 'best'"):
        run.errors(["best"], truth=[t for _, t in three])


def test_only_images_with_truth_are_scored_and_it_is_said(tmp_path, three):
    run = a_run(tmp_path, three)
    scores = run.score([three[1][1]])
    assert scores["dsb_score"].notna().tolist() == [False, True, False]
    assert run.rank()["n_images"].tolist() == [1]
    assert annotation_note(scores) == "Scored on 1 of 3 images; the others have no truth."
    assert set(run.errors()["image"]) == {"b"}


def test_truth_of_other_images_is_refused(tmp_path, three):
    run = a_run(tmp_path, three)
    with pytest.raises(NothingToShow, match="None of the images of this run has truth. The images are a, b, c; the tr"):
        run.score([Labels(three[0][1].pixels, "YX", "another")])


def test_some_objects_annotated(tmp_path, three):
    run = a_run(tmp_path, three)
    few = [Labels(np.where(truth.pixels == 1, 1, 0), "YX", truth.name) for _, truth in three]
    assert run.score(few)["f1"].tolist() == [0.4] * 3  # three right ones count as invented
    scores = run.score(few, annotated="sparse")
    assert scores["truth"].tolist() == ["sparse"] * 3
    assert scores["recall"].tolist() == [1.0] * 3
    assert scores[["dsb_score", "ap50", "f1", "n_invented"]].isna().all().all()
    assert run.rank().attrs["metric"] == "recall"
    assert "On 3 of 3 images only some objects were annotated" in annotation_note(scores)
    assert type_counts(run.errors()).iloc[0, 1:].tolist() == [3, 0, 0, 0, 0]
    nothing = [Labels(truth.pixels * 0, "YX", truth.name) for _, truth in three]
    assert run.score(nothing)["recall"].isna().all()  # still sparse: of no object nothing is known


def test_what_was_sparse_stays_so_when_the_run_is_opened_again(tmp_path, three):
    images, truth = zip(*three, strict=True)
    a_run(tmp_path, three).score(truth, annotated="sparse")
    assert set(Run.open(tmp_path, images).errors(truth=truth)["truth"]) == {"sparse"}


def test_an_annotated_area(tmp_path, three):
    run = a_run(tmp_path, three)
    left = np.zeros((80, 90), bool)
    left[:, :40] = True
    half = [Labels(np.where(left, truth.pixels, 0), "YX", truth.name) for _, truth in three]
    assert run.score(half)["f1"].max() < 0.9
    scores = run.score(half, annotated={"a": left, "b": left, "c": left})
    assert scores["truth"].tolist() == ["area"] * 3
    assert scores["f1"].tolist() == [1.0] * 3
    assert scores["n_truth"].tolist() == [2] * 3
    assert set(run.errors()["type"]) == {"found"}


def test_an_area_of_a_whole_image_serves_its_tiles(tmp_path, three):
    image, truth = three[0]
    area = np.zeros((80, 90), bool)
    area[:40] = True
    tiles = tile(image, 45)
    run = Run(tmp_path, tiles, models=[model("bright", level=100)])
    run.go(progress=False)
    scores = run.score([truth], annotated={"a": area})
    assert set(scores["truth"]) == {"area"}
    assert scores["n_truth"].sum() == scores["n_found"].sum() < run.score([truth], annotated="whole")["n_truth"].sum()


@pytest.mark.parametrize("annotated", ["some", ["a"], {"a": np.zeros(4)}])
def test_what_annotated_cannot_be(tmp_path, three, annotated):
    with pytest.raises(BadParameter):
        a_run(tmp_path, three).score([t for _, t in three], annotated=annotated)


def test_rows_of_all_grid_points_stand_in_one_table(tmp_path, three):
    run = Run(tmp_path, [i for i, _ in three], models=[model("bright", level=100), model("noop")])
    run.go(progress=False)
    counts = type_counts(run.errors(truth=[t for _, t in three]))
    assert counts["missed"].tolist() == [0, 12]
