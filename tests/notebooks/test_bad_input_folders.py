"""Folders an analyst meets: read-only, and with spaces and other letters in their path."""

import errno
import os
from pathlib import Path

import imageio.v3 as imageio
import pytest
import tifffile
import toy
import yaml
from level_family import RIGHT
from perfect_painter import FEW, POOR, images
from toy_run import a_run, truth_of

import opsef_core as opsef
from opsef_core import model
from opsef_core.errors import (
    BadParameter,
    BadRunFolder,
    CannotWrite,
)
from opsef_core.projects import batch, new_project
from opsef_core.refine import FORMATS
from opsef_core.run import RunConfig, write_table
from opsef_core.widgets._annotator.folder import AnnotationFolder
from opsef_core.widgets._annotator.sheet import Sheet

ODD = "Größe µm 細胞"


# --- read-only folder ---------------------------------------------------------------------------------------------


@pytest.fixture
def read_only(monkeypatch):
    """Let nothing in a folder be made, written or removed any more; also for root, who may do everything."""
    frozen = []
    opened, made, removed = Path.open, Path.mkdir, Path.unlink

    def check(path):
        if any(Path(path).absolute().is_relative_to(folder) for folder in frozen):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def careful_open(self, mode="r", *more, **options):
        if set(mode) & set("wax+"):
            check(self)
        return opened(self, mode, *more, **options)

    def careful_mkdir(self, *more, **options):
        if not self.is_dir():
            check(self)
        return made(self, *more, **options)

    def careful_unlink(self, missing_ok=False):
        if self.exists():
            check(self)
        return removed(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "open", careful_open)
    monkeypatch.setattr(Path, "mkdir", careful_mkdir)
    monkeypatch.setattr(Path, "unlink", careful_unlink)
    return frozen.append


SAID = r"cannot be (written|made): Read-only file system.* Choose a folder (that exists and )?that you may write in"


def test_read_only_folder_for_something_new(pairs, tmp_path, read_only, level, new, old, painter):
    run = a_run(tmp_path / "run", pairs)
    run.go(progress=False)
    run.score(truth_of(pairs))
    pipeline = run.save(tmp_path / "p.yml")
    good, poor = level.start(RIGHT, "good"), level.start(POOR, "poor")
    there = tmp_path / "there"
    there.mkdir()
    read_only(there)
    for act in (
        lambda to: a_run(to, pairs),
        lambda to: opsef.export(run.best(), folder=to),
        lambda to: opsef.fit(good, old, to, steps=2, progress=False),
        lambda to: opsef.adapt(images(new), poor, to, annotated=old, **FEW),
        lambda to: batch(pipeline, "bbbc038_sample", to),
        lambda to: run.save(to / "pipeline.yml"),
        lambda to: opsef.Recipe().to_yaml(to / "recipe.yml"),
    ):
        with pytest.raises((BadRunFolder, CannotWrite), match=SAID):
            act(there)
        with pytest.raises((BadRunFolder, CannotWrite), match=r"cannot be (written|made): .* Choose a folder"):
            act(there / "new")
        assert not list(there.iterdir())
    with pytest.raises(BadParameter, match="Read-only file system. Choose a folder you may write in"):
        new_project(there / "project")
    with pytest.raises(CannotWrite, match=SAID):
        write_table(run.cells, there / "t.csv")
    with pytest.raises(CannotWrite, match=SAID):
        AnnotationFolder(there / "annotations", ["nucleus"]).store(Sheet.begun(*pairs[0]))
    with pytest.raises(BadParameter, match="Read-only file system"):
        opsef.widgets.quiz(images(pairs), images(pairs), folder=there / "quiz")


def test_read_only_folder_of_a_run_that_exists(pairs, tmp_path, read_only):
    run = a_run(tmp_path / "run", pairs)
    run.go(progress=False)
    run.score(truth_of(pairs))
    read_only(run.folder)
    run = a_run(run.folder, pairs)  # looking is allowed
    assert [labels.count for labels in (run.labels(key) for key in run.cells["key"])] == [1, 2]
    assert len(run.best().pairs) == 2
    more = opsef.Recipe([opsef.step("median")])
    for act in (
        lambda: run.go(progress=False),
        lambda: run.score(truth_of(pairs)),
        lambda: opsef.report(run),
        lambda: opsef.export(run.best(), to="coco"),
        lambda: opsef.Run(run.folder, images(pairs), more, [model("threshold")]).go(progress=False),
    ):
        with pytest.raises(CannotWrite, match=SAID):
            act()


def test_read_only_folder_in_the_middle(pairs, tmp_path, read_only):
    run = a_run(tmp_path / "run", pairs)
    read_only(run.folder / "labels")
    with pytest.raises(CannotWrite, match=SAID):
        run.go(progress=False)
    assert list(run.cells["status"]) == ["waiting", "waiting"]  # no row says that the image failed


def test_a_run_folder_in_the_home_folder(pairs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    run = a_run("~/run", pairs)
    run.go(progress=False)
    run.score(truth_of(pairs))
    folder = opsef.export(run.best(), to="label_tiff", folder="~/labels")
    assert opsef.report(run) == tmp_path / "home" / "run" / "report.html"
    assert folder == tmp_path / "home" / "labels"
    assert len(opsef.reimport("~/labels").labels) == 2
    assert len(opsef.Run.open("~/run", images(pairs)).cells) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


# --- path with spaces and non-ASCII -------------------------------------------------------------------------------


def test_path_with_spaces_and_non_ascii(tmp_path):
    home = tmp_path / ODD / "Bilder 1"
    home.mkdir(parents=True)
    ids = toy.discs((64, 80), (32, 20, 9), (32, 52, 9))
    tifffile.imwrite(home / f"{ODD} 1.tif", toy.picture(ids))
    imageio.imwrite(home / "größer 2.png", toy.picture(ids, seed=1))
    imageio.imwrite(home / "wahr 2.png", ids.astype("uint8"))
    files = [{"image": f"{ODD} 1.tif"}, {"image": "größer 2.png", "truth": "wahr 2.png"}]
    told = {"title": ODD, "licence": "CC0-1.0", "source": ODD, "files": files}
    (home / "dataset.yml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf8")
    pipeline = home / "Ablauf µ.yml"
    pipeline.write_text(yaml.safe_dump({"dataset": ".", "models": [{"model": "threshold"}]}), "utf8")

    run = opsef.Run.from_yaml(pipeline, home / "Lauf 1")
    assert "2 label images, 4 objects" in repr(run.go(progress=False))
    run.score()
    page = opsef.report(run)
    assert ODD in page.read_text("utf8")
    best = opsef.Run.open(run.folder).best()
    for name in FORMATS.names():
        folder = opsef.export(best, to=name, folder=home / f"für {name}", outlines=True)
        back = opsef.reimport(folder)
        assert [labels.count for labels in back.labels.values()] == [2, 2], name
        assert set(back.found_images) == {f"{ODD} 1.tif", "größer 2.png"}, name
    again = run.save(home / "gespeichert 細.yml")
    assert RunConfig.load(again) == run.config
    project = new_project(home / "Projekt µ", images=str(home / "*.tif"))
    assert len(opsef.dataset(project.folder, **project.reading).images) == 1
