"""opsef errors: objects and what became of them, from the command line."""

import pandas as pd
import toy

from opsef_core.__main__ import main
from opsef_core.models import model
from opsef_core.run import Run

PIPELINE = """
dataset: bbbc038_sample
recipes: [[]]
models: [{model: threshold}]
reading: {where: {image_class: large_fluorescent}}
"""


def test_counts_on_the_terminal_and_objects_in_a_file(tmp_path, capsys):
    file = tmp_path / "one.yml"
    file.write_text(PIPELINE, encoding="utf8")
    folder, objects = str(tmp_path / "run"), tmp_path / "objects.csv"
    assert main(["run", str(file), "--out", folder, "--device", "cpu"]) == 0
    capsys.readouterr()
    assert main(["errors", folder, "--out", str(objects)]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("found", "missed", "split", "merged", "invented", "objects.csv"))
    table = pd.read_csv(objects, keep_default_na=False)
    assert set(table["image_class"]) == {"large_fluorescent"}
    assert {"found"} < set(table["type"])
    assert main(["score", folder, "--annotated", "sparse"]) == 0
    assert "only some objects were annotated" in " ".join(capsys.readouterr().out.split())


def test_without_truth_it_is_said_what_to_do(tmp_path, capsys, monkeypatch):
    image, _ = toy.one_disc()
    run = Run(tmp_path, [image], models=[model("threshold")])
    run.go(progress=False)
    monkeypatch.setattr(Run, "open", lambda folder: run)
    assert main(["errors", str(tmp_path)]) == 2
    assert "Errors can only be told where there is truth" in capsys.readouterr().err
