"""The table of all weights."""

import sys

import pytest
from model_folder import write_folder

from opsef_core.models import MODELS, weights_table
from opsef_core.models._official import all_official, is_official
from opsef_core.models._sources import COLUMNS
from opsef_core.models.cellpose import file
from opsef_core.models.stardist import folder
from opsef_core.registry import Need


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Nothing on disk but what is shipped."""
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path / "cellpose"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "cache" / "weights"


def row(name):
    """One row of the table."""
    table = weights_table().set_index("weights")
    assert table.index.is_unique
    return table.loc[name]


def test_every_source_is_listed(home):
    table = weights_table()
    assert list(table.columns) == COLUMNS
    promised = {"nuclei", "cyto3", "cpsam", "2D_versatile_fluo", "2D_versatile_he", "2D_paper_dsb2018", "unet-bbbc038"}
    assert promised <= set(table["weights"])
    assert set(table["source"]) == {"zoo", "official", "bioimage.io"}
    assert set(table["model"]) <= set(MODELS.names())
    assert (table[["licence", "trained on", "runs here"]] != "").all(axis=None)
    assert table["size_mb"].notna().equals(table["on disk"])
    assert set(table.loc[table["on disk"], "source"]) == {"zoo"}


def test_shipped_weights_say_what_their_card_says():
    shown = row("unet-bbbc038")
    assert shown["source"] == "zoo"
    assert shown["licence"] == "CC0-1.0 (trained on CC0 images)"
    assert shown["trained on"].endswith("551 images")
    assert 1 < shown["size_mb"] < 90


def test_own_models_of_the_cache_and_of_the_folder_models(home):
    write_folder(home / "my-nuclei", "unet", {"w": b"x" * 1000}, licence="mine")
    write_folder("models/fitted", "cellpose", {"w": b"x"})
    shown = row("my-nuclei")
    assert list(shown[["model", "source", "licence", "trained on", "on disk"]]) == [
        "unet", "own", "mine", "toys, 4 images", True,
    ]  # fmt: skip
    assert shown["size_mb"] == pytest.approx(0.0013, abs=0.0004)
    assert row("models/fitted")["source"] == "own"  # with its path: this is what pretrained takes


def test_what_is_not_whole_is_not_on_disk(home):
    write_folder(home / "mine", "unet", {"w": b"x"})
    (home / "mine" / "w").unlink()
    assert list(row("mine")[["runs here", "on disk"]]) == ["w is missing", False]
    (home / "mine" / "model.yml").write_text("nonsense: [")
    shown = row("mine")
    assert shown["runs here"] == "its card cannot be read"
    assert "model.yml is not a model card" in shown["trained on"]


def test_what_was_half_downloaded_is_not_listed(home):
    write_folder(home / ".part-x1", "unet", {"w": b"x"})
    assert not weights_table()["weights"].str.contains("part").any()


def test_official_weights_on_disk(home, tmp_path):
    (tmp_path / "cellpose").mkdir()
    (tmp_path / "cellpose" / "nucleitorch_0").write_bytes(b"x" * 1_000_000)
    home.mkdir(parents=True)
    (home / "size_nucleitorch_0.npy").write_bytes(b"x" * 500_000)
    assert row("nuclei")["size_mb"] == pytest.approx(1.5)
    folder = home / "2D_versatile_he"
    folder.mkdir()
    assert not row("2D_versatile_he")["on disk"]
    (folder / "weights_best.h5").write_bytes(b"x" * 1_000_000)
    assert not row("2D_versatile_he")["on disk"]
    (folder / "config.json").write_text("{}")
    assert row("2D_versatile_he")["on disk"]


def test_what_is_missing_is_told_with_the_command(home, monkeypatch):
    monkeypatch.setattr(Need, "installed", property(lambda self: self.extra == "torch"))
    assert row("unet-bbbc038")["runs here"] == "yes"
    assert row("nuclei")["runs here"] == 'pip install "opsef-core[cellpose]"'
    assert row("2D_versatile_he")["runs here"] == 'pip install "opsef-core[stardist]"'
    monkeypatch.setattr(Need, "installed", property(lambda self: self.extra != "bioimageio"))
    assert row("bioimageio:ID")["runs here"] == 'pip install "opsef-core[bioimageio]"'


@pytest.mark.parametrize(("major", "here", "not_here"), [(3, "nuclei", "cpsam"), (4, "cpsam", "nuclei")])
def test_cellpose_weights_are_for_one_major(home, monkeypatch, major, here, not_here):
    monkeypatch.setattr(Need, "installed", property(lambda self: True))
    monkeypatch.setattr("opsef_core.models.cellpose.file.major", lambda: major)
    assert row(here)["runs here"] == "yes"
    assert row(not_here)["runs here"] == f"needs Cellpose {7 - major}"


def test_official_names_are_those_of_the_libraries():
    cellpose = pytest.importorskip("cellpose.models")
    major = str(file.major())
    mine = {o.name for o in all_official() if o.family == "cellpose" and o.major == major}
    assert mine
    assert mine <= set(cellpose.MODEL_NAMES)


def test_official_names_of_stardist_are_those_of_the_library():
    pytest.importorskip("stardist")
    registered = folder._registered()
    assert {o.name for o in all_official() if o.family == "stardist"} == set(registered)
    for name, facts in registered.items():
        assert facts["url"] == f"{folder.RELEASES}python_{name}.zip"
    assert is_official("stardist", "2D_versatile_fluo")
    assert not is_official("cellpose", "cpsam", "3")


def test_the_table_loads_no_library_and_asks_no_network(root, home):
    import subprocess

    code = (
        "import sys, socket; socket.create_connection = socket.getaddrinfo = socket.socket.connect = None\n"
        "from opsef_core.models import weights_table; assert len(weights_table()) > 10\n"
        "print([m for m in ('torch', 'tensorflow', 'cellpose', 'stardist', 'bioimageio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
