"""From a run to the annotator and back: what was drawn is learned from, and judged on the images nobody corrected."""

import pytest
import toy
from test_annotate import Person, square

import opsef_core as opsef
from opsef_core import model
from opsef_core.widgets import annotations
from opsef_core.widgets._annotator.annotator import Annotator
from opsef_core.widgets._annotator.assistant import Assistant
from opsef_core.widgets._annotator.folder import AnnotationFolder
from opsef_core.widgets._annotator.given import given

NAMES = ["one", "two", "three"]
SHAPE = (96, 120)


def test_what_was_corrected_in_the_annotator_is_judged_on_the_other_images(tmp_path):
    pairs = {name: toy.many_discs(name, n, SHAPE) for n, name in enumerate(NAMES)}
    models = [model("threshold"), model("threshold", sigma_px=4)]
    run = opsef.Run(tmp_path / "run", [image for image, _ in pairs.values()], models=models)
    run.go(progress=False)
    run.score({name: truth for name, (_, truth) in pairs.items()})
    point = "raw -> threshold"
    who = Annotator(given(run, point), AnnotationFolder(tmp_path / "drawn", ("cell",)), Assistant(), "ann")
    ann = Person(who, "one")
    ann.new(square(0, 0, 12, SHAPE), "cell")
    ann.change(ann.ids == 2, 0)
    ann.send({"patches": [], "classes": {"3": "cell"}}, seconds=7)  # since it was opened
    found = annotations(tmp_path / "drawn")
    assert found.looked_at == ["one"]
    assert found.summary.iloc[-1]["deleted"] == 1
    assert found.summary.iloc[-1]["minutes"] == pytest.approx(7 / 60)
    said = found.before_after(run, model("threshold", sigma_px=4), progress=False)
    assert (said.grid_point, said.corrected, sorted(said.table["image"])) == (point, 1, ["three", "two"])
    assert said.minutes == pytest.approx(7 / 60)
    scores = run.scores.pivot(index="image", columns="grid_point", values="dsb_score").loc[said.table["image"]]
    assert said.table["before"].tolist() == pytest.approx(scores[point].tolist())
    assert said.table["after"].tolist() == pytest.approx(scores["raw -> threshold(sigma_px=4.0)"].tolist())
