"""`opsef compare`: from a run folder to the verdict and a table."""

import pandas as pd
import pytest
import tifffile
import toy

from opsef_core.__main__ import main
from opsef_core.models import model
from opsef_core.run import Run


@pytest.fixture
def folder(tmp_path):
    """A run of two thresholds on seven images, whose images lie beside it."""
    (tmp_path / "images").mkdir()
    for seed in range(7):
        image, _ = toy.many_discs(f"i{seed}", seed=seed)
        tifffile.imwrite(tmp_path / "images" / f"{image.name}.tif", image.pixels)
    from opsef_core.ingest import images

    found = images(str(tmp_path / "images" / "*.tif"))
    models = [model("threshold"), model("threshold", sigma_px=6.0), model("threshold", threshold="li")]
    run = Run(tmp_path / "run", found, models=models)
    run.go(progress=False)
    run.score(truth=[toy.many_discs(f"{i.name}", seed=int(i.name[1]))[1] for i in found])
    return tmp_path / "run"


def test_the_verdict_is_printed_and_all_pairs_are_written(folder, tmp_path, capsys):
    table = tmp_path / "pairs.csv"
    assert main(["compare", str(folder), "--metric", "f1", "--out", str(table)]) == 0
    out = capsys.readouterr().out
    assert "7 images" in out
    pairs = pd.read_csv(table)
    assert len(pairs) == 3
    assert {"a", "b", "difference", "p_holm", "effect", "better", "in_words"} <= set(pairs)


def test_the_run_has_the_same(folder):
    run = Run.open(folder)
    assert len(run.compare()) == 3
    assert run.intervals()["grid_point"][0] == run.verdict().best == run.rank()["grid_point"][0]
    assert run.intervals("f1").attrs["metric"] == "f1"
    assert (run.intervals()["working_memory_mb"] >= 0).all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--metric", "f2"], "no metric in this run's scores called 'f2'. Did you mean 'f1'"),
        (["--by", "patient"], "has no column 'patient'; it has: image, parent"),
        (["--out", "pairs.txt"], ".csv"),
    ],
)
def test_mistakes_are_told_in_words(folder, more, message, capsys):
    assert main(["compare", str(folder), *more]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_a_run(tmp_path, capsys):
    assert main(["compare", str(tmp_path)]) == 2
    assert "There is no run in" in capsys.readouterr().err
