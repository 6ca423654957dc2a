"""Notebooks that take the name of a data set get one, as from a terminal: papermill ... -p dataset NAME."""

import json
import subprocess
import sys

import imageio.v3 as imageio
import nbformat
import pytest
import toy

pytest.importorskip("papermill")


@pytest.fixture
def papermill(root, monkeypatch):
    """The command line; gives the executed notebook."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)

    def execute(name, out, *parameters):
        command = [sys.executable, "-m", "papermill", str(root / "notebooks" / f"{name}.ipynb"), str(out), *parameters]
        done = subprocess.run([*command, "--no-progress-bar", "-k", "python3"], cwd=out.parent, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return nbformat.read(out, as_version=4)

    return execute


def test_models_and_sweep_on_a_folder_of_images(papermill, tmp_path):
    """Two images without truth, in a folder with a space: a report, a record, and agreement in place of a score."""
    plate = tmp_path / "plate 1"
    plate.mkdir()
    for image, _ in (toy.touching_discs(), toy.mixed_sizes()):
        imageio.imwrite(plate / f"{image.name}.png", image.array())
    papermill(
        "3_models_and_sweep",
        tmp_path / "out.ipynb",
        *("-p", "dataset", "plate 1", "-p", "run_folder", "runs/plate 1", "-p", "device", "cpu"),
        *("-y", "more_models: []"),
    )
    made = tmp_path / "runs" / "plate 1"
    assert "agreement" in (made / "scores.csv").read_text("utf8").splitlines()[0]
    assert (made / "report.html").stat().st_size > 10_000
    assert json.loads((made / "record.json").read_text("utf8"))["versions"]["opsef-core"]


def test_a_demonstration_on_a_stand_in(papermill, tmp_path, monkeypatch):
    """It is made on the way, and every table and the report say that it is made up."""
    monkeypatch.setenv("OPSEF_DATA", str(tmp_path / "data"))
    made = papermill(
        "10_opsef_demonstrations",
        tmp_path / "out.ipynb",
        *("-p", "dataset", "cobblestones", "-p", "stand_in", "True", "-p", "device", "cpu", "-y", "only: [threshold]"),
    )
    assert (tmp_path / "data" / "cobblestones_standin" / "dataset.yml").is_file()
    report = tmp_path / "runs" / "opsef" / "cobblestones_standin" / "report.html"
    assert "MADE-UP IMAGES" in report.read_text("utf8")
    assert any(
        "MADE-UP" in o.get("text", "") + str(o.get("data", "")) for c in made.cells for o in c.get("outputs", ())
    )
