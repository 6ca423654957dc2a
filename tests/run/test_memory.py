"""What a cell costs: memory of the process, of the GPU, and what is not lost when only the passes change."""

import sys
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy

from opsef_core.choices import either
from opsef_core.models import model
from opsef_core.postprocess import clean
from opsef_core.run import Run
from opsef_core.run.memory import PeakMemory

MB = 125_000  # float64 numbers


def test_work_is_told_from_what_was_loaded_before():
    with PeakMemory() as memory:
        memory.restart()
        loaded = np.ones(150 * MB)
        memory.settle()
        work = np.ones(60 * MB)
        time.sleep(0.2)  # the thread looks every 10 ms
        del work
        found = memory.taken
    assert 45 < found["working_memory_mb"] < 90
    assert found["peak_memory_mb"] > 200
    assert loaded[0] == 1
    assert "gpu_memory_mb" not in found


def test_loading_belongs_to_the_peak():
    with PeakMemory() as memory:
        memory.restart()
        before = memory.taken["peak_memory_mb"]
        loaded = np.ones(150 * MB)
        time.sleep(0.2)
        del loaded
        memory.settle()
        found = memory.taken
    assert found["peak_memory_mb"] > before + 100
    assert found["working_memory_mb"] < 50


def test_on_a_gpu_torch_is_asked(monkeypatch):
    calls = []
    cuda = SimpleNamespace(
        reset_peak_memory_stats=lambda device: calls.append(device), max_memory_allocated=lambda device: 2_500_000
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    memory = PeakMemory("cuda:1")
    memory.restart()
    assert calls == ["cuda:1"]
    assert memory.taken["gpu_memory_mb"] == 2.5
    monkeypatch.delitem(sys.modules, "torch")
    assert "gpu_memory_mb" not in memory.taken
    assert "gpu_memory_mb" not in PeakMemory("cpu").taken


def test_cells_that_share_a_network_pass_share_its_memory(tmp_path, monkeypatch):
    """The first cell's network takes 80 MB; the second cell reads its output, and would need them, too."""
    import fakes

    def hungry(self, pixels):
        work = np.ones(80 * MB)
        time.sleep(0.2)
        kept.append(float(work[0]))
        return usual(self, pixels)

    kept, usual = [], fakes.Bright.network
    monkeypatch.setattr(fakes.Bright, "network", hungry)
    run = Run(tmp_path, [toy.one_disc()[0]], models=[model("bright", level=either(60, 100))])
    run.go(progress=False)
    assert len(kept) == 1
    assert (run.cells["working_memory_mb"] > 60).all()
    assert (run.cells["peak_memory_mb"] > run.cells["working_memory_mb"]).all()


def test_other_passes_do_not_make_the_network_free(tmp_path, pairs):
    images = [image for image, _ in pairs]

    def cells(*passes):
        run = Run(tmp_path, images, models=[model("bright", level=either(60, 100))], passes=passes)
        run.go(progress=False)
        return run.cells

    first = cells(clean("size", min_area_px=5))
    other = cells(clean("size", min_area_px=9))
    costs = ["network_seconds", "recipe_seconds"]
    pd.testing.assert_frame_equal(first[costs], other[costs])
    assert (other["seconds"] > other[costs].sum(axis=1)).all()
    assert (other["working_memory_mb"] >= 0).all()
    none = cells()
    assert none[costs].equals(first[costs])
    assert (none["seconds"] < first["seconds"]).all()
    assert (none["status"] == "done").all()


def test_rows_name_the_whole_image_of_a_tile(tmp_path):
    from opsef_core.ingest import tile

    image, _ = toy.many_discs()
    run = Run(tmp_path, [*tile(image, 128), toy.one_disc()[0]], models=[model("noop")])
    run.go(progress=False)
    assert set(run.cells["parent"]) == {"many_discs", "one_disc"}
    assert run.cells["parent"].value_counts()["many_discs"] == len(run.cells) - 1


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_elsewhere_there_is_no_gpu_memory_to_tell(device):
    assert "gpu_memory_mb" not in PeakMemory(device).taken
