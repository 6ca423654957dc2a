"""The code of the README runs as it stands, on two images of the sample."""

import re

import pytest

import opsef_core as opsef


@pytest.fixture
def code(root):
    """The sweep, and the fit."""
    first, second = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text("utf8"), re.DOTALL)
    return first, second


class TwoOf:
    """A data set with its first two images only."""

    def __init__(self, data):
        self.images, self.truth = list(data.images)[:2], dict(list(data.truth.items())[:2])


def test_the_cell_runs(code, tmp_path, monkeypatch):
    whole = opsef.dataset
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opsef, "dataset", lambda name: TwoOf(whole(name)))
    space = {}
    exec(compile(code[0], "README.md", "exec"), space)
    assert len(space["labels"]) == 2 * len(space["recipes"]) * 3
    assert (space["scores"]["status"] == "done").all()
    assert space["scores"]["dsb_score"].between(0, 1).all()
    assert "<html" in (tmp_path / "runs/first/report.html").read_text("utf8").lower()
    assert list((space["folder"] / "10_ImportExport").glob("FilePairList_*.txt"))
    assert {p.name for p in tmp_path.iterdir()} == {"runs"}


def test_the_fit_runs(code, tmp_path, monkeypatch):
    """With two steps in place of half an hour."""
    whole = opsef.fit
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("opsef_core.models.unet.trainer.UNetTrainer.crop_px", 32)
    monkeypatch.setattr(opsef, "fit", lambda *given, hours: whole(*given, steps=2, device="cpu"))
    space = {"opsef": opsef, "model": opsef.model, "data": TwoOf(opsef.dataset("bbbc038_sample"))}
    exec(compile(code[1], "README.md", "exec"), space)
    assert (tmp_path / "models/mine/model.yml").is_file()
    assert space["made"].scores["fitted_dsb_score"].between(0, 1).all()
    assert space["better"] in (space["made"].start, space["made"].fitted)
    assert space["surer"](space["data"].images[0], "cpu").objects["votes"].between(1, 8).all()


def test_the_commands_of_the_readme_are_targets_of_the_makefile(root):
    targets = set(re.findall(r"^([a-z0-9-]+):", (root / "Makefile").read_text("utf8"), re.MULTILINE))
    named = set(
        re.findall(r"`make ([a-z0-9-]+)|^make ([a-z0-9-]+)", (root / "README.md").read_text("utf8"), re.MULTILINE)
    )
    assert {one or other for one, other in named} <= targets
