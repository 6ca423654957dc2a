"""A corrected folder comes back as examples to learn from, with what was changed; learning from it can be judged."""

import shutil

import numpy as np
import pandas as pd
import pytest
import tifffile
import toy
from refine import annotatorj_emulator as annotatorj

import opsef_core as opsef
from opsef_core import model, step
from opsef_core.data import Act, Labels
from opsef_core.errors import BadParameter, BadRunFolder, NothingToShow, UnknownName
from opsef_core.run import before_after, export, reimport

NAMES = ["one", "two", "three", "four"]


def images(folder):
    """Files, because a run of arrays cannot be opened again."""
    folder.mkdir(parents=True)
    for n, name in enumerate(NAMES):
        image, _ = toy.many_discs(name, seed=n, shape=(96, 120))
        tifffile.imwrite(folder / f"{name}.tif", image.array())
    return opsef.images(str(folder / "*.tif"))


@pytest.fixture
def run(tmp_path):
    made = opsef.Run(tmp_path / "run", images(tmp_path / "images"), None, [model("threshold")])
    made.go(progress=False)
    return made


def truth_of(run):
    seeds = {name: n for n, name in enumerate(NAMES)}
    return {i.name: toy.many_discs(i.name, seeds[i.name.split(".")[0]], (96, 120))[1] for i in run.images}


@pytest.fixture
def exported(run):
    return export(run.chosen("raw -> threshold"))


def shown(folder):
    (first, *_) = sorted((folder / "10_ImportExport").glob("FilePairList_opsef*"))
    return annotatorj.open_list(first)


def corrected(folder):
    """What a person does in AnnotatorJ to the first two images."""
    on_screen = shown(folder)
    rois = on_screen.rois[0]
    number = int(rois[2].name)
    annotatorj.reshape(rois, number, np.roll(rois[2].mask, 1, axis=1) | rois[2].mask)
    annotatorj.delete(rois, int(rois[5].name))
    annotatorj.classify(on_screen.rois[1], {int(on_screen.rois[1][0].name): 2})
    annotatorj.export(on_screen)
    return number


def test_nothing_was_done(exported):
    back = reimport(exported)
    assert back.problems == ()
    assert set(back.changes["kind"]) == {"unchanged"}
    assert back.looked_at == []
    with pytest.raises(NothingToShow, match="Nothing was changed in .* say so: reimport"):
        list(back.images)
    assert len(reimport(exported, looked_at="all").examples) == 4


def test_corrections_come_back(run, exported):
    number = corrected(exported)
    back = reimport(exported)
    first, second = (image.name for image in run.images[:2])
    assert back.looked_at == [first, second]
    assert [image.name for image in back.images] == [first, second]
    assert all(back.found_images[name].fingerprint == run.image(name).fingerprint for name in back.labels)
    counts = back.summary.set_index("image")
    assert counts.loc[first, ["reshaped", "deleted", "reclassified"]].tolist() == [1, 1, 0]
    assert counts.loc[second, ["reshaped", "deleted", "reclassified"]].tolist() == [0, 0, 1]
    assert counts.loc["total", "returned"] == counts.loc["total", "exported"] - 1
    changed = back.changes[back.changes["kind"] == "reshaped"]
    assert changed["id"].tolist() == [number]
    assert "1 reshaped, 0 added, 1 deleted" in repr(back)
    assert np.isnan(back.minutes)


def test_the_exported_folder_is_left_as_it_is(exported):
    corrected(exported)
    before = {p: p.read_bytes() for p in exported.rglob("*") if p.is_file()}
    reimport(exported)
    assert {p: p.read_bytes() for p in exported.rglob("*") if p.is_file()} == before


def test_the_faults_of_annotatorj(run, exported):
    """The last contour is renamed at each export; its id stays what it was."""
    on_screen = shown(exported)
    annotatorj.delete(on_screen.rois[0], int(on_screen.rois[0][-2].name))
    last = int(on_screen.rois[0][-1].name)
    annotatorj.export(on_screen, faults=True)
    back = reimport(exported)
    name = run.images[0].name
    assert back.summary.set_index("image").loc[name, "deleted"] == 1
    assert last in back.labels[name].ids
    assert any("have their ids again" in problem for problem in back.problems)


def test_the_whole_folder_was_moved(run, exported, tmp_path):
    corrected(exported)
    moved = tmp_path / "elsewhere" / "deep" / "export"
    shutil.copytree(exported, moved)
    back = reimport(moved)
    assert len(back.labels) == 4
    assert back.summary.set_index("image").loc["total", "deleted"] == 1
    assert back.problems[0].startswith("The run folder is no longer at ")
    with pytest.raises(NothingToShow, match=r"were not found\. Give them: reimport\(folder, images=run\)"):
        list(back.images)
    assert len(reimport(moved, images=run).examples) == 2
    assert len(reimport(moved, images=run.images).examples) == 2


def test_run_and_export_were_moved_together(run, exported, tmp_path):
    corrected(exported)
    shutil.move(run.folder, tmp_path / "moved_run")
    back = reimport(tmp_path / "moved_run/export/annotatorj")
    assert back.problems == ()
    assert len(back.examples) == 2


def test_an_image_that_was_read_in_another_way_is_said(run, exported):
    corrected(exported)
    others = [step("median", size_px=3)(image) for image in run.images]
    back = reimport(exported, images=others)
    assert "is found by its name; it was read or made in another way" in back.problems[0]


def test_some_images_are_gone(run, exported):
    corrected(exported)
    back = reimport(exported, images=run.images[1:])
    assert back.problems[-1] == f"Not found among the 3 images: {run.images[0].name}."
    assert [image.name for image in back.images] == [run.images[1].name]


def test_a_run_of_arrays_must_be_given(tmp_path):
    pairs = [toy.many_discs(name, n, (96, 120)) for n, name in enumerate(NAMES)]
    run = opsef.Run(tmp_path / "run", [image for image, _ in pairs], None, [model("threshold")])
    run.go(progress=False)
    folder = export(run.chosen("raw -> threshold"))
    corrected(folder)
    back = reimport(folder)
    assert "cannot be opened: This pipeline names no `dataset`" in back.problems[0]
    assert len(reimport(folder, images=run).examples) == 2


def test_without_the_copy_the_run_knows_what_was_exported(exported):
    corrected(exported)
    shutil.rmtree(exported / "exported")
    back = reimport(exported)
    assert back.summary.set_index("image").loc["total", "deleted"] == 1
    assert "is looked up in the run" in back.problems[0]


def test_exporting_again_replaces_the_copy(run):
    folder = export(run.chosen("raw -> threshold"))
    again = export(run.chosen("raw -> threshold"))
    assert folder == again
    assert len(list((folder / "exported").iterdir())) == 4
    corrected(folder)
    with pytest.raises(BadRunFolder, match="Somebody has worked in"):
        export(run.chosen("raw -> threshold"))


def test_who_was_looked_at(run, exported):
    corrected(exported)
    third = run.images[2].name
    assert reimport(exported, looked_at=[third]).looked_at == [third]
    with pytest.raises(UnknownName):
        reimport(exported, looked_at=["nobody"])
    (exported / "annotation_log.csv").write_text(f"image,start,end,seconds,annotator\n{third},a,b,90,me\n")
    (exported / "00_InputRaw/annotTimes").mkdir()
    (exported / "00_InputRaw/annotTimes/annotTimes.csv").write_text("#,label,time\n1,0001,30000\n2,0002,60000\n")
    back = reimport(exported)
    assert back.looked_at == [image.name for image in run.images[:3]]
    assert back.minutes == 3
    assert back.summary.set_index("image").loc[third, "minutes"] == 1.5


@pytest.mark.parametrize(
    "text", ["", "image,seconds\na,x\n", "image,seconds\na,-1\n", "a,b\n", "image,seconds\na,1e9\n", '"']
)
def test_a_log_that_cannot_be_read_does_not_count(exported, text):
    (exported / "annotation_log.csv").write_text(text)
    back = reimport(exported)
    assert np.isnan(back.minutes)
    assert back.problems[0].startswith("annotation_log.csv cannot be read (")


def test_no_export_and_an_interrupted_one(tmp_path, exported):
    with pytest.raises(BadRunFolder, match="holds no export of opsef-core"):
        reimport(tmp_path / "nowhere")
    note = exported / "opsef_export.json"
    note.write_text(note.read_text().replace('"complete": true', '"complete": false'))
    with pytest.raises(BadRunFolder, match="was interrupted; export again"):
        reimport(exported)


def test_tiles_are_put_together(tmp_path):
    folder = tmp_path / "images"
    images(folder)
    tiled = opsef.images(str(folder / "*.tif"), tile=64, overlap=16)
    run = opsef.Run(tmp_path / "run", tiled, None, [model("threshold")])
    run.go(progress=False)
    out = export(run.chosen("raw -> threshold"))
    corrected(out)
    back = reimport(out)
    assert back.problems == ()
    assert [image.shape for image, _ in back.examples] == [{"Y": 96, "X": 120}] * 2


# --- learning from it -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A run, its corrected export, and what was learned from that; made once."""
    folder = tmp_path_factory.mktemp("learned")
    run = opsef.Run(folder / "run", images(folder / "images"), None, [model("threshold")])
    run.go(progress=False)
    exported = export(run.chosen("raw -> threshold"))
    corrected(exported)
    back = reimport(exported)
    fit = opsef.fit(model("unet"), back, folder / "fitted", steps=2, device="cpu", progress=False)
    return run, exported, back, fit


def test_before_and_after_on_images_nobody_corrected(learned):
    run, exported, _, fit = learned
    (exported / "annotation_log.csv").write_text("image,start,end,seconds\nx,a,b,1800\n")
    said = reimport(exported).before_after(run, fit, truth=truth_of(run), progress=False)
    assert sorted(said.table["image"]) == sorted(image.name for image in run.images[2:])
    assert (said.corrected, said.grid_point, said.metric) == (2, "raw -> threshold", "dsb_score")
    assert said.before == pytest.approx(
        run.score(truth_of(run)).set_index("image").loc[said.table["image"], "dsb_score"].mean()
    )
    assert said.gain == pytest.approx(said.after - said.before)
    assert said.gain_per_hour == pytest.approx(2 * said.learned)
    assert "on 2 images nobody corrected" in repr(said)
    assert "30.0 minutes of correcting" in repr(said)


def test_going_over_to_another_model_is_not_learned(learned):
    """The threshold was corrected, the U-Net fitted: only what is better than the shipped U-Net comes from learning."""
    run, _, back, fit = learned
    said = back.before_after(run, fit, truth=truth_of(run), progress=False)
    alone = opsef.Run(run.folder.parent / "alone", run.images, None, [model("unet")])
    alone.go(progress=False)
    scores = alone.score(truth_of(run)).set_index("image")["dsb_score"]
    assert said.table["start"].tolist() == pytest.approx(scores[said.table["image"]].tolist())
    assert said.learned == pytest.approx(said.after - said.table["start"].mean())
    assert said.learned != pytest.approx(said.gain)
    assert f"of which {said.learned:+.3f} was learned" in repr(said)
    assert not said.table.attrs["warning"]


def test_a_model_that_did_not_learn_from_the_corrections_is_told(learned):
    run, _, back, _ = learned
    shipped = model("unet")
    said = back.before_after(run, shipped, truth=truth_of(run), progress=False)
    assert "unet was not trained on any of the corrected images" in repr(said)
    same = back.before_after(run, model("threshold"), truth=truth_of(run), progress=False)
    assert (same.gain, same.learned) == (0, 0)
    assert same.before > 0


def test_no_image_is_left(learned):
    run, _, back, fit = learned
    truth = {name: labels for name, labels in truth_of(run).items() if name in back.looked_at}
    with pytest.raises(NothingToShow, match="All 2 images with truth were corrected, and a corrected image is no test"):
        back.before_after(run, fit, truth=truth, progress=False)
    untold = opsef.Run.open(run.folder)
    with pytest.raises(NothingToShow, match="No image of this run has truth"):
        back.before_after(untold, fit, progress=False)


def test_a_corrected_image_under_another_name_is_no_test(learned, tmp_path):
    _, _, back, fit = learned
    copies = tmp_path / "copies"
    copies.mkdir()
    for n, image in enumerate(back.images):
        tifffile.imwrite(copies / f"copy{n}.tif", image.array())
    other = opsef.Run(tmp_path / "other", opsef.images(str(copies / "*.tif")), None, [model("threshold")])
    other.go(progress=False)
    act = Act("truth", "toy")
    truth = {i.name: Labels.of(i, t.pixels, act) for i, t in zip(other.images, back.truth.values(), strict=True)}
    with pytest.raises(NothingToShow, match="All 2 images with truth were corrected"):
        back.before_after(other, fit, truth=truth, progress=False)


def test_the_corrected_grid_point_must_be_known(learned):
    run, _, back, fit = learned
    with pytest.raises(UnknownName):
        back.before_after(run, fit, grid_point="nothing", progress=False)

    class Annotated:
        images, exported, log = back.images, {}, pd.DataFrame()

    with pytest.raises(BadParameter, match="Say which grid point was corrected"):
        before_after(Annotated, run, fit, truth=truth_of(run), progress=False)
    said = before_after(Annotated, run, fit, truth=truth_of(run), grid_point="raw -> threshold", progress=False)
    assert "no time was logged" in repr(said)
