"""The parts of a batch: what it runs on, what folders are called, what went wrong in words."""

from pathlib import Path

import pytest
import toy
from batch_inputs import put_dataset, put_images

from opsef_core.projects._batch import shelf
from opsef_core.projects._batch.asked import asked
from opsef_core.projects._batch.sources import Source, sources
from opsef_core.projects._batch.worker import nothing, told


def test_sources_are_names_folders_and_patterns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for plate in ("p2", "p1"):
        put_images(tmp_path / "plates" / plate, toy.one_disc())
    put_dataset(tmp_path / "mine")
    where = Path("plates").absolute()
    assert sources(["bbbc038_sample", "mine"]) == [Source("bbbc038_sample"), Source("mine", tmp_path / "mine")]
    assert [s.given for s in sources("plates/*")] == ["plates/p1", "plates/p2"]
    assert sources("plates/p1/*.tif") == [Source("plates/p1/*.tif", where / "p1" / "*.tif")]
    assert sources("plates/p1/*.tif")[0].title == "p1"
    assert len(sources(["mine", "./mine", tmp_path / "mine"])) == 1


def test_names_of_folders_are_safe_unique_and_stable(tmp_path):
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    wanted = [Source("x", tmp_path / n) for n in ("a", "b/A", "ä ß.tif", "con", "..", "CON")]
    named = shelf.places(out, wanted)
    assert [named[s] for s in wanted] == ["a_2", "A_3", "ä_ß_tif", "con_", "data", "CON__2"]
    for source, name in named.items():
        shelf.write_record(out / name, {"data": shelf.identity(source, out)})
    assert shelf.places(out, wanted[::-1]) == named
    assert shelf.identity(Source("bbbc038_sample"), out) != shelf.identity(Source("x", out / "bbbc038_sample"), out)


def test_reasons_are_sentences():
    assert told("NothingToShow", "There is none.", 3) == "There is none."
    assert told("ValueError", "no\n  light", 3) == "ValueError in cell 3: no light"
    assert told("KeyError", "", 2) == "KeyError in cell 2: no reason given"


@pytest.mark.parametrize("name", ["0_start_here", "3_models_and_sweep"])
def test_notebooks_of_the_series_can_be_run_as_a_batch(root, name, caplog):
    found = asked("p.yml", root / "notebooks" / f"{name}.ipynb", "cpu")
    told = found.parameters(Source("mine"), "out/mine/run", "a title")
    assert told == {"dataset": "mine", "run_folder": "out/mine/run", "device": "cpu"}
    assert "no parameter `pipeline`: it runs its own grid" in caplog.text


def test_a_run_without_a_single_result_has_failed():
    assert (
        nothing({"results": 2, "failed": 2, "why_failed": "No light."}) == "Not one result could be computed. No light."
    )
    assert nothing({"results": 2, "failed": 1, "why_failed": "No light."}) == ""
    assert nothing({}) == ""  # the notebook made no run


def test_records_of_work_that_nobody_does_say_so(tmp_path):
    for status in ("running", "waiting", "done", "failed"):
        shelf.write_record(tmp_path / status, {"status": status})
    shelf.say_stopped(tmp_path)
    found = {name: record["status"] for name, record in shelf.records(tmp_path).items()}
    assert found == {"running": "stopped", "waiting": "stopped", "done": "done", "failed": "failed"}
