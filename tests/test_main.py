import subprocess
import sys

import pandas as pd
import pytest
import tifffile
import toy
import yaml
from few_images import few_images
from imageio.v3 import imread
from model_folder import write_folder

from opsef_core.__main__ import main
from opsef_core.errors import OpsefError

PIPELINE = """
images: {folder}/*.tif
recipes: [[], [{{step: median}}]]
models: [{{model: threshold}}]
passes: [{{pass: size, min_area_px: 10}}]
"""


@pytest.fixture
def pipeline(tmp_path):
    folder = tmp_path / "my images"
    folder.mkdir()
    for case in (toy.one_disc, toy.touching_discs):
        image, _ = case()
        tifffile.imwrite(folder / f"{image.name}.tif", image.pixels)
    (folder / "broken.tif").write_text("not an image")
    file = tmp_path / "pipeline.yml"
    file.write_text(PIPELINE.format(folder=folder), encoding="utf8")
    return file


def test_from_a_folder_to_a_report_and_an_export(pipeline, tmp_path, capsys):
    run = str(tmp_path / "run")
    assert main(["plan", str(pipeline), "--out", run]) == 0
    assert "3 images x 2 grid points = 6 results; 0 done" in capsys.readouterr().out
    assert main(["run", str(pipeline), "--out", run, "--device", "cpu"]) == 0
    out = capsys.readouterr().out
    assert "4 label images" in out
    assert "2 failed" in out
    assert (tmp_path / "run" / "report.html").exists()
    assert "report.html" in out
    assert main(["plan", str(pipeline), "--out", run]) == 0
    assert "4 done, 2 to do" in capsys.readouterr().out
    assert main(["score", run]) == 0
    assert "agreement" in capsys.readouterr().out
    table = tmp_path / "scores.csv"
    assert main(["score", run, "--estimate", "--table", str(table)]) == 0
    assert (tmp_path / "run" / "estimates.csv").exists()
    assert str(table) in capsys.readouterr().out
    assert len(table.read_text("utf8").splitlines()) == 1 + 6
    assert main(["export", run, "--out", str(tmp_path / "fiji")]) == 0
    assert (tmp_path / "fiji" / "objects.csv").exists()
    assert list((tmp_path / "fiji").rglob("FilePairList*.txt"))
    assert main(["report", run]) == 0
    plain = ["export", run, "--to", "label_tiff", "--outlines", "--out", str(tmp_path / "plain")]
    assert main(plain) == main(plain) == 0  # what is made anew each time is nobody's work
    files = {p.relative_to(tmp_path / "plain").as_posix() for p in (tmp_path / "plain").rglob("*.*")}
    assert {
        "0001_one_disc_tif.tif",
        "masks/0001_one_disc_tif/00001.png",
        "outlines/0001_one_disc_tif.png",
        "objects.csv",
    } <= files
    assert imread(tmp_path / "plain" / "outlines" / "0001_one_disc_tif.png").shape == (64, 64, 3)


def test_metrics_by_name_and_with_parameters(tmp_path, capsys):
    file = tmp_path / "pipeline.yml"
    metrics = "[seg, {metric: f1, iou_threshold: 0.7}]"
    file.write_text(f"dataset: bbbc038_sample\nmodels: [{{model: threshold}}]\nmetrics: {metrics}\n")
    run, table = str(tmp_path / "run"), tmp_path / "scores.csv"
    assert main(["run", str(file), "--out", run]) == 0
    assert main(["score", run, "--by", "f1(iou_threshold=0.7)"]) == 0
    assert "f1(iou_threshold=0.7)" in capsys.readouterr().out
    assert (
        main(["score", run, "--metrics", "ap", "iou_threshold=0.75", "aji", "--by", "aji", "--table", str(table)]) == 0
    )
    assert "aji" in capsys.readouterr().out
    found = pd.read_csv(table)
    assert set(found["metric"]) == {"ap(iou_threshold=0.75)", "aji"}
    assert found["value"].between(0, 1).all()
    assert main(["score", run, "--metrics", "aij"]) == 2
    assert "Did you mean 'aji'" in capsys.readouterr().err
    assert main(["report", run]) == 0


def test_other_images_than_the_pipelines(pipeline, tmp_path, capsys):
    one = str(tmp_path / "my images" / "one_disc.tif")
    assert main(["plan", str(pipeline), "--out", str(tmp_path / "run"), "--images", one]) == 0
    assert "1 images x 2 grid points" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nowhere.yml"], "opsef: There is no pipeline file nowhere.yml."),
        (["report", "nowhere"], "opsef: There is no run in nowhere: it has no run.yml."),
    ],
)
def test_mistakes_are_told_in_words(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert capsys.readouterr().err.strip() == message
    assert list(tmp_path.iterdir()) == []


def test_unknown_data_set(pipeline, capsys, tmp_path):
    assert main(["plan", str(pipeline), "--out", str(tmp_path / "run"), "--dataset", "bbbc038_sampl"]) == 2
    assert "Did you mean 'bbbc038_sample'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("models --weights", ["unet-bbbc038", "cyto3", "2D_versatile_he", "bioimageio:ID", "licence"]),
        ("models", ["unet-bbbc038", "threshold", "unet", "cellpose", "stardist", "diameter_px"]),
        ("metrics", ["dsb_score", "aji_plus", "iou_threshold = 0.5", "lower is better", "0 to 1"]),
        ("steps", ["median", "rolling_ball", "size_px"]),
        ("doctor", ["Python", "device", "torch", "model unet"]),
    ],
)
def test_tables(command, words, capsys):
    assert main(command.split()) == 0
    out = capsys.readouterr().out
    assert [w for w in words if w not in out] == []


def test_weights_travel_in_a_bundle(tmp_path, capsys, monkeypatch):
    write_folder(tmp_path / "one" / "weights" / "my-nuclei", "unet", {"w": b"numbers"})
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "one"))
    assert main(["bundle", str(tmp_path / "b.zip"), "my-nuclei"]) == 0
    assert "my-nuclei" in capsys.readouterr().out
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "two"))
    assert main(["bundle", "--install", str(tmp_path / "b.zip")]) == 0
    assert "installed" in capsys.readouterr().out
    assert main(["models", "--weights"]) == 0
    assert "my-nuclei" in capsys.readouterr().out
    assert main(["bundle", "--install", str(tmp_path / "b.zip"), "my-nuclei"]) == 2
    assert "names are for packing" in capsys.readouterr().err


def test_offline_is_for_one_command(pipeline, tmp_path, capsys, monkeypatch):
    from opsef_core import places

    seen = []
    monkeypatch.setattr("opsef_core.commands.sweep._opened", lambda options: seen.append(places.offline()) or stop())
    for flags, expected in (["--offline"], True), ([], False):
        assert main(["plan", str(pipeline), *flags]) == 2
        assert seen.pop() == expected
        assert not places.offline()


def test_offline_what_is_missing_is_told_and_stops_nothing_else(pipeline, tmp_path, capsys, monkeypatch):
    """Official weights that are not here: at once, in words; the other model runs."""
    pytest.importorskip("stardist")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    text = pipeline.read_text()
    pipeline.write_text(
        text.replace("{model: threshold}", "{model: threshold}, {model: stardist, pretrained: 2D_versatile_fluo}")
    )
    assert main(["run", str(pipeline), "--out", str(tmp_path / "run"), "--offline"]) == 0
    shown = capsys.readouterr()
    assert "failed: The StarDist weights '2D_versatile_fluo' are not on this machine, and nothing is" in shown.err
    assert "report.html" in shown.out
    pipeline.write_text(text.replace("{model: threshold}", "{model: stardist, pretrained: 2D_versatile_fluo}"))
    assert main(["run", str(pipeline), "--out", str(tmp_path / "other"), "--offline"]) == 2
    assert "opsef: Not one result could be computed" in capsys.readouterr().err


def stop():
    raise OpsefError("far enough")


def test_it_is_a_program():
    done = subprocess.run([sys.executable, "-m", "opsef_core", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("opsef-core ")


def test_the_demo_finishes_with_a_report(tmp_path, capsys, monkeypatch, root):
    """All of its grid, on two of its images: on all twelve it takes minutes."""
    grid = yaml.safe_load((root / "pipelines" / "quickstart.yml").read_text("utf8"))
    grid["dataset"] = str(few_images(root, tmp_path / "few", slice(2)))
    (tmp_path / "quickstart.yml").write_text(yaml.safe_dump(grid), encoding="utf8")
    monkeypatch.setattr("opsef_core.commands.sweep.PIPELINES", tmp_path)
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 0
    out = capsys.readouterr().out
    assert str(tmp_path / "demo" / "report.html") in out.replace("\n", "")
    assert "failed" not in out


def test_an_installed_package_says_what_it_does_not_hold(tmp_path, capsys, monkeypatch):
    """The demo and the data sets are part of the project's folder, not of the package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("opsef_core.commands.sweep.PIPELINES", tmp_path / "pipelines")
    monkeypatch.setattr("opsef_core.commands.lists.datasets_table", lambda: pd.DataFrame())
    for command, said in (
        ("demo", "opsef new my_project --images FOLDER"),
        ("datasets", "Work in the project's folder"),
    ):
        assert main([command]) == 2
        assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
