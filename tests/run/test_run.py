import errno
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import toy

from opsef_core.choices import either
from opsef_core.data import Image, Unreadable
from opsef_core.errors import BadParameter, BadRunFolder, DiskFull, NothingToShow, UnknownName
from opsef_core.models import model
from opsef_core.postprocess import clean
from opsef_core.preprocess import Recipe, grid, step
from opsef_core.run import Run
from opsef_core.run.store import Store


def a_run(folder, pairs, **more):
    recipes = grid(step("median", size_px=either(1, 3)), either(None, step("gaussian")))
    models = [model("bright", level=either(60, 100)), model("noop")]
    return Run(folder, [i for i, _ in pairs], recipes, models, **more)


def test_every_grid_point_leaves_a_row_with_its_parameters(tmp_path, pairs):
    run = a_run(tmp_path / "run", pairs)
    labels = run.go(progress=False)
    cells = run.cells
    assert len(cells) == len(labels) == 3 * 4 * 3
    assert set(cells["status"]) == {"done"}
    assert set(cells["median.size_px"]) == {1, 3}
    assert set(cells["bright.level"].dropna()) == {60, 100}
    assert (cells["seconds"] > 0).all()
    assert (cells["peak_memory_mb"] > 10).all()
    empty = cells[(cells["image"] == "empty") & (cells["model"] == "bright")]
    assert (empty["n_objects"] == 0).all()
    one = cells[(cells["image"] == "one_disc") & (cells["model"] == "bright")]
    assert (one["n_objects"] == 1).all()
    assert (tmp_path / "run" / "cells.csv").exists()


def test_a_second_run_computes_nothing(tmp_path, pairs, network_runs):
    a_run(tmp_path, pairs).go(progress=False)
    before = {f: f.stat().st_mtime_ns for f in (tmp_path / "labels").iterdir()}
    network_runs.clear()
    again = a_run(tmp_path, pairs)
    assert again.plan().todo == []
    again.go(progress=False)
    assert network_runs == []
    assert {f: f.stat().st_mtime_ns for f in (tmp_path / "labels").iterdir()} == before


def test_cheap_parameters_share_one_network_pass(tmp_path, pairs, network_runs):
    models = [model("bright", level=either(*range(50, 140, 10)), blur_px=either(0, 1))]
    run = Run(tmp_path, [pairs[0][0]], models=models)
    assert "18 to do in 2 network passes" in repr(run.plan())
    run.go(progress=False)
    assert len(network_runs) == 2
    assert len(run.cells) == 18


def test_a_killed_run_continues_where_it_was(tmp_path, pairs, network_runs, monkeypatch):
    run = a_run(tmp_path, pairs)
    keep, kept = Store.put_row, []

    def die_after_ten(self, key, row):
        if len(kept) == 10:
            raise KeyboardInterrupt
        kept.append(key)
        keep(self, key, row)

    monkeypatch.setattr(Store, "put_row", die_after_ten)
    with pytest.raises(KeyboardInterrupt):
        run.go(progress=False)
    monkeypatch.setattr(Store, "put_row", keep)
    plan = a_run(tmp_path, pairs).plan()
    assert len(plan.todo) == 36 - 10
    assert set(kept) == plan.done
    assert len(a_run(tmp_path, pairs).go(progress=False)) == 36


def test_a_result_is_the_same_whatever_else_runs_beside_it(tmp_path, pairs):
    alone = Run(tmp_path / "alone", [pairs[1][0]], models=[model("bright", level=60)])
    alone.go(progress=False)
    beside = a_run(tmp_path / "beside", pairs[::-1])
    beside.go(progress=False)
    key = alone.cells["key"].iloc[0]
    raw = Run(tmp_path / "raw", [p[0] for p in pairs], [Recipe(), *beside.recipes], [model("bright", level=60)])
    raw.go(progress=False)
    assert np.array_equal(alone.labels(key).pixels, raw.labels(key).pixels)


def test_failures_are_rows_with_the_reason_and_the_rest_goes_on(tmp_path, pairs):
    items = [*(i for i, _ in pairs), Unreadable("broken.tif", "broken.tif is no image: it is empty.")]
    models = [model("fails", limit=30.0), model("bright"), model("homeless")]
    run = Run(tmp_path, items, models=models)
    labels = run.go(progress=False)
    cells = run.cells.set_index(["image", "model"])
    assert cells.loc[("broken.tif", "bright"), "reason"] == "broken.tif is no image: it is empty."
    assert cells.loc[("one_disc", "homeless"), "reason"].startswith("The file homeless.bin is not here")
    assert cells.loc[("one_disc", "fails"), "reason"] == "ZeroDivisionError: inside a library"
    assert "objects" in cells.loc[("one_disc", "fails"), "trace"]
    assert cells.loc[("empty", "fails"), "status"] == "done"
    assert (cells.xs("bright", level="model")["status"] == "done").sum() == 3
    assert "failed" in repr(labels)


def test_weights_are_fetched_once_before_the_keys_are_made(tmp_path, pairs, monkeypatch):
    import fakes

    here = []
    monkeypatch.setattr(fakes.Bright, "fetch", lambda self: here.append("weights"))
    monkeypatch.setattr(fakes.Bright, "weights_checksum", property(lambda self: here[0] if here else None))
    run = Run(tmp_path, [pairs[0][0]], models=[model("bright", level=either(60, 80, 100))])
    assert len(run.go(progress=False)) == 3
    assert here == ["weights"]


def test_weights_that_cannot_be_had_are_asked_for_once(tmp_path, pairs, monkeypatch):
    import fakes

    asked = []

    def offline(self):
        asked.append(1)
        raise fakes.MissingWeights("bright.bin cannot be downloaded; put it into the folder weights.")

    monkeypatch.setattr(fakes.Bright, "fetch", offline)
    run = Run(tmp_path, [i for i, _ in pairs], models=[model("bright", level=either(60, 80)), model("noop")])
    run.go(progress=False)
    cells = run.cells
    assert asked == [1]
    assert set(cells[cells["model"] == "bright"]["reason"]) == {
        "bright.bin cannot be downloaded; put it into the folder weights."
    }
    assert set(cells[cells["model"] == "noop"]["status"]) == {"done"}


@pytest.mark.parametrize("name", ["nucleaizer", "unet"])
def test_weights_that_are_not_here_fail_alone(tmp_path, pairs, name):
    """Also around another model: the others of the run go on."""
    absent = model(name, pretrained="./nowhere")
    run = Run(tmp_path, [pairs[0][0]], models=[absent, model("tta", of=absent), model("noop")])
    run.go(progress=False)
    status = run.cells.groupby("model")["status"].agg(list).to_dict()
    assert status == {name: ["failed"], "tta": ["failed"], "noop": ["done"]}
    assert run.cells["reason"].str.contains("nowhere").sum() == 2


def test_one_broken_file_among_ten_leaves_nine_results_and_one_reason(tmp_path):
    import tifffile

    from opsef_core.ingest import images

    folder = tmp_path / "ten"
    folder.mkdir()
    for number in range(10):
        image, _ = toy.many_discs(seed=number)
        tifffile.imwrite(folder / f"{number}.tif", image.pixels)
    whole = (folder / "4.tif").read_bytes()
    (folder / "4.tif").write_bytes(whole[: len(whole) // 2])
    run = Run(tmp_path / "run", images(folder), models=[model("bright")])
    run.go(progress=False)
    cells = run.cells.set_index("image")
    assert (cells["status"] == "done").sum() == 9
    assert cells.loc["4.tif", "status"] == "failed"
    assert "4.tif" in cells.loc["4.tif", "reason"]
    assert (cells["status"] == "failed").sum() == 1


def test_a_failed_cell_is_tried_again(tmp_path, pairs, monkeypatch):
    import fakes

    Run(tmp_path, [pairs[0][0]], models=[model("fails")]).go(progress=False)
    monkeypatch.setattr(fakes.Fails, "objects", fakes.Noop.objects)
    run = Run(tmp_path, [pairs[0][0]], models=[model("fails")])
    assert len(run.plan().failed) == 1
    run.go(progress=False)
    assert list(run.cells["status"]) == ["done"]


def test_nan_and_empty_images_are_rows_too(tmp_path):
    nan = np.ones((8, 8), np.float32)
    nan[2, 3] = np.nan
    arrays = {"nan": nan, "nothing": np.zeros((0, 0)), "dot": np.ones((1, 1), bool)}
    items = [Image(pixels, "YX", name) for name, pixels in arrays.items()]
    run = Run(tmp_path, items, grid(step("median")), [model("bright")])
    run.go(progress=False)
    cells = run.cells.set_index("image")
    assert cells.loc["nan", "reason"] == (
        "nan has 1 pixels of 64 that are NaN or infinite. Read it with replace_nan=0 (or another number) to fill them."
    )
    assert cells.loc["nothing", "reason"] == "nothing has no pixels: its shape is {'Y': 0, 'X': 0}."
    assert cells.loc["dot", "status"] == "done"


def test_passes_can_change_without_segmenting_again(tmp_path, pairs, network_runs):
    images = [i for i, _ in pairs]
    Run(tmp_path, images, models=[model("bright")]).go(progress=False)
    network_runs.clear()
    run = Run(tmp_path, images, models=[model("bright")], passes=[clean("size", min_area_px=400)])
    run.go(progress=False)
    assert network_runs == []
    counts = run.cells.set_index("image")["n_objects"]
    assert (counts["one_disc"], counts["touching_discs"]) == (0, 1)
    raw = Run(tmp_path, images, models=[model("bright")])
    raw.go(progress=False)
    assert raw.cells.set_index("image")["n_objects"]["one_disc"] == 1


def test_a_run_folder_can_be_moved(tmp_path, pairs):
    images = [i for i, _ in pairs]
    a_run(tmp_path / "here", pairs).go(progress=False)
    shutil.move(tmp_path / "here", tmp_path / "there")
    run = Run.open(tmp_path / "there", images)
    assert run.plan().todo == []
    assert run.labels(run.cells["key"].iloc[0]).name in {i.name for i in images}


def test_the_record_says_what_decided_the_result(tmp_path, pairs):
    run = a_run(tmp_path, pairs, seed=7)
    run.go(progress=False)
    assert run.record["seed"] == 7
    assert run.record["device"] in ("cpu", "cuda", "mps")
    assert {"numpy", "scikit-image"} <= set(run.record["versions"])
    assert run.record["started"] < run.record["finished"]


def test_scoring_and_choosing(tmp_path, pairs):
    run = a_run(tmp_path, pairs)
    run.go(progress=False)
    with pytest.raises(NothingToShow, match=r"^Nothing has been scored yet; call run.score\(\) first.$"):
        run.best()
    scores = run.score(truth=[truth for _, truth in pairs])
    good = scores[(scores["image"] == "one_disc") & (scores["model"] == "bright")]
    assert (good["ap50"] == 1).all()
    assert (scores[scores["image"] == "empty"]["dsb_score"] == 1).all()
    assert pd.read_csv(tmp_path / "scores.csv").shape[0] == len(scores)
    best = run.best()
    assert "bright" in best.grid_point
    assert len(best.pairs) == 3
    with pytest.raises(UnknownName, match="no metric in this run's scores called 'dsb'. Did you mean 'dsb_score'"):
        run.rank("dsb")
    with pytest.raises(UnknownName, match="no grid point called"):
        run.chosen("brigt")


def test_without_truth_agreement_ranks(tmp_path, pairs):
    run = a_run(tmp_path, pairs)
    run.go(progress=False)
    scores = run.score()
    assert "dsb_score" not in scores
    assert run.rank().iloc[0]["grid_point"].count("bright") == 1


@pytest.mark.parametrize("known", [True, False])
def test_where_all_failed_the_verdict_says_so(tmp_path, pairs, known):
    run = Run(tmp_path, [i for i, _ in pairs], models=[model("fails", limit=0), model("fails", limit=-1)])
    run.go(progress=False)
    scores = run.score(truth=[t for _, t in pairs] if known else None)
    assert scores["dsb_score" if known else "agreement"].isna().all()
    assert str(run.verdict()).startswith("Every grid point failed on every image")
    assert not run.best().pairs


def test_two_truths_of_one_name_are_refused(tmp_path, pairs):
    run = a_run(tmp_path, pairs)
    truth = [t for _, t in pairs]
    with pytest.raises(BadParameter, match=r"^2 true label images are called 'one_disc'; each image has one truth"):
        run.score(truth=[*truth, truth[0]])


def test_one_image_stays_failed_in_the_scores(tmp_path, pairs):
    run = Run(tmp_path, [i for i, _ in pairs], models=[model("fails", limit=30)])
    run.go(progress=False)
    scores = run.score(truth=[t for _, t in pairs])
    assert scores["dsb_score"].isna().sum() == 2


def test_full_disk_ends_the_run_and_keeps_what_is_done(tmp_path, pairs, monkeypatch):
    real, count = Path.write_bytes, iter(range(1000))

    def full(path, content):
        if next(count) > 8:
            real(path, content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, content)

    run = a_run(tmp_path, pairs)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull, match="The disk is full: .* make space and call go"):
        run.go(progress=False)
    monkeypatch.undo()
    assert list(tmp_path.rglob("*.part")) == []
    done = len(a_run(tmp_path, pairs).plan().done)
    assert done > 0
    assert len(a_run(tmp_path, pairs).go(progress=False)) == 36


def test_damaged_row_is_computed_again(tmp_path, pairs):
    run = a_run(tmp_path, pairs)
    run.go(progress=False)
    row = next((tmp_path / "cells").iterdir())
    row.write_text(row.read_text()[:20])
    assert len(run.plan().todo) == 1


@pytest.mark.parametrize(
    ("images", "models", "message"),
    [
        ([], ["noop"], "A run needs at least one image."),
        ([np.zeros((3, 3))], ["noop"], "ndarray is no image. Read files with opsef.images"),
        (None, [], "A run needs at least one model."),
        (None, ["fails", 3], "3 is no model."),
    ],
)
def test_wrong_ingredients(tmp_path, pairs, images, models, message):
    images = [i for i, _ in pairs] if images is None else images
    models = [model(m) if isinstance(m, str) else m for m in models]
    with pytest.raises(BadParameter, match=message):
        Run(tmp_path, images, models=models)


def test_two_images_of_one_name_are_refused(tmp_path, pairs):
    image = pairs[0][0]
    with pytest.raises(BadParameter, match=r"^Two images are called 'one_disc'; names must differ within a run.$"):
        Run(tmp_path, [image, image], models=[model("noop")])


def test_folders_that_are_no_run_folder(tmp_path, pairs):
    images = [pairs[0][0]]
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").touch()
    with pytest.raises(BadRunFolder, match="is not empty and holds no run; choose another one"):
        Run(tmp_path / "photos", images, models=[model("noop")])
    with pytest.raises(BadRunFolder, match="is a file; a run needs a folder of its own"):
        Run(tmp_path / "photos" / "me.jpg", images, models=[model("noop")])
    with pytest.raises(BadRunFolder, match=r"There is no run in .*: it has no run.yml."):
        Run.open(tmp_path / "photos")


def test_run_folder_of_another_version(tmp_path, pairs):
    Run(tmp_path, [pairs[0][0]], models=[model("noop")])
    settings = tmp_path / "run.yml"
    settings.write_text(settings.read_text().replace("format: 1", "format: 99"))
    with pytest.raises(BadRunFolder, match="has format 99, this version of opsef-core works with format 1"):
        Run.open(tmp_path, [pairs[0][0]])
    settings.write_text("models")
    with pytest.raises(BadRunFolder, match="is damaged: it does not say the format"):
        Run(tmp_path, [pairs[0][0]], models=[model("noop")])


def test_object_tables_come_back(tmp_path, pairs):
    image, truth = pairs[1]
    store = Store(tmp_path).open()
    labels = truth.then(truth.history[-1], truth.pixels, pd.DataFrame({"score": [0.5, 0.25]}, index=[1, 2]))
    store.put_labels(labels)
    back = store.labels(labels.key, image)
    assert back.key == labels.key
    assert list(back.objects["score"]) == [0.5, 0.25]
    assert np.array_equal(back.pixels, labels.pixels)


def test_on_dask_workers_the_result_is_the_same(tmp_path, pairs):
    distributed = pytest.importorskip("distributed")
    models = [model("threshold")]
    images = [i for i, _ in pairs]
    recipes = grid(either(None, step("median")))
    here = Run(tmp_path / "here", images, recipes, models)
    here.go(progress=False)
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = Run(tmp_path / "there", images, recipes, models)
        there.go(progress=False, client=client)
    assert list(here.cells["key"]) == list(there.cells["key"])
    assert list(here.cells["n_objects"]) == list(there.cells["n_objects"])


def test_rows_are_plain_json(tmp_path, pairs):
    run = a_run(tmp_path, pairs)
    run.go(progress=False)
    for file in (tmp_path / "cells").iterdir():
        assert json.loads(file.read_text())["status"] == "done"


def test_tiles_come_back_as_whole_images_with_the_passes_on_the_whole(tmp_path):
    from opsef_core.ingest import tile

    image, truth = toy.many_discs()
    tiles = tile(image, 100, 24)
    passes = [clean("border"), clean("size", min_area_px=60)]
    tiled = Run(tmp_path / "tiled", tiles, models=[model("bright")], passes=passes)
    untiled = Run(tmp_path / "untiled", [image], models=[model("bright")], passes=passes)
    tiled.go(progress=False)
    untiled.go(progress=False)
    (whole,) = tiled.chosen("raw -> bright -> border -> size(min_area_px=60)").whole().pairs
    (plain,) = untiled.chosen("raw -> bright -> border -> size(min_area_px=60)").pairs
    assert np.array_equal(whole[0].pixels, image.pixels)
    assert whole[1].count == plain[1].count == truth.count
    assert np.array_equal(whole[1].pixels > 0, plain[1].pixels > 0)


def test_truth_of_a_whole_image_scores_its_tiles(tmp_path):
    from opsef_core.ingest import tile

    image, truth = toy.many_discs()
    run = Run(tmp_path, tile(image, 100, 24), models=[model("bright")])
    run.go(progress=False)
    scores = run.score(truth=[truth])
    assert len(scores) == 9
    assert (scores["f1"] == 1).all()
