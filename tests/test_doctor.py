"""opsef doctor: everything that is missing is named, with the command that mends it."""

import importlib.metadata
import importlib.util
import re
import shutil
import tomllib

import pytest
from model_folder import write_folder

from opsef_core import doctor
from opsef_core.__main__ import main
from opsef_core.models import _bundle, _card, _sources


@pytest.fixture(autouse=True)
def empty_caches(tmp_path, monkeypatch):
    for name in ("OPSEF_CACHE", "CELLPOSE_LOCAL_MODELS_PATH", "KERAS_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)


def rows():
    return doctor.findings().set_index("what")


def test_every_package_of_every_extra_is_looked_at(root):
    about = tomllib.loads((root / "pyproject.toml").read_text("utf8"))["project"]["optional-dependencies"]
    assert set(about) - set(doctor.EXTRAS) == {"all", "docs", "test"}
    named = {re.match(r"[\w.-]+", line)[0] for extra in doctor.EXTRAS for line in about[extra]}
    assert named - {"opsef-core"} <= set(doctor.findings()["what"])


def test_a_missing_package_has_the_command_that_installs_it(monkeypatch):
    find, gone = importlib.util.find_spec, {"torch", "dask_jobqueue", "optuna"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in gone else find(name, *rest))
    found = rows()
    for name, extra in (("torch", "torch"), ("dask-jobqueue", "cluster"), ("optuna", "search")):
        assert list(found.loc[name]) == ["not installed", f'pip install "opsef-core[{extra}]"']
    assert list(found.loc["model unet"]) == ["lacks torch", 'pip install "opsef-core[torch]"']
    assert doctor.lacking(found.reset_index()) >= 5  # the three, and two models at least


def test_an_opsef_that_is_not_installed_says_so(monkeypatch, root):
    def nobody(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", nobody)
    assert rows().loc["opsef-core", "to do"] == f"pip install -e {root}"


def test_shipped_weights_that_are_damaged_or_gone(monkeypatch, tmp_path, root):
    zoo = shutil.copytree(root / "opsef_core/models/zoo/unet-bbbc038", tmp_path / "zoo/unet-bbbc038").parent
    for module in (_card, _sources):
        monkeypatch.setattr(module, "ZOO", zoo)
    (zoo / "unet-bbbc038" / "weights.safetensors").unlink()
    found = rows()
    mended = f"git checkout -- {root / 'opsef_core/models/zoo'}"
    assert list(found.loc["weights unet-bbbc038"]) == ["weights.safetensors is missing", f"{mended}/unet-bbbc038"]
    assert list(found.loc["weights stardist-bbbc038"]) == [
        "not on disk, model stardist needs them",
        f"{mended}/stardist-bbbc038",
    ]
    monkeypatch.setattr(doctor, "_is_checkout", lambda: False)
    assert rows().loc["weights unet-bbbc038", "to do"] == "pip install --force-reinstall --no-deps opsef-core"


def test_own_weights_that_are_damaged(tmp_path):
    folder = tmp_path / "OPSEF_CACHE" / "weights" / "mine"
    write_folder(folder, "unet", {"net": b"numbers"})
    (folder / "net").unlink()
    assert rows().loc["weights mine", "to do"].startswith("opsef bundle --install")


def test_official_weights_can_be_fetched_and_are_not_missed(monkeypatch, capsys, tmp_path):
    pytest.importorskip("stardist")
    found = rows()
    assert "2D_versatile_fluo" in found.loc["official weights of stardist", "state"]
    assert found.loc["official weights of stardist", "to do"] == "opsef models --fetch NAME"
    assert "cpsam" not in " ".join(found["state"]) or "cyto3" not in " ".join(found["state"])  # one major is installed
    assert main(["models", "--fetch", "2D_versatile_fluo", "--offline"]) == 2
    assert "nothing is downloaded offline" in capsys.readouterr().err

    def download(family, name):
        write_folder(tmp_path / "OPSEF_CACHE" / "weights" / "bioimageio-kind-ant", family, {"net": b"numbers"})

    monkeypatch.setattr(_bundle, "_fetch", download)
    assert main(["models", "--fetch", "bioimageio:kind-ant"]) == 0
    assert "kind-ant" in capsys.readouterr().out


def test_the_sample_images(monkeypatch):
    assert list(rows().loc["sample images"]) == ["12 on disk", ""]
    table = doctor.datasets_table()
    monkeypatch.setattr(doctor, "datasets_table", lambda: table[:0])
    assert "git checkout -- " in rows().loc["sample images", "to do"]
    monkeypatch.setattr(doctor, "_is_checkout", lambda: False)
    assert "clone of the project" in rows().loc["sample images", "to do"]


def test_the_command_says_how_much_is_missing(monkeypatch, capsys):
    found = doctor.findings()
    found["to do"] = ""
    for state, said in (
        ("", "Nothing is missing."),
        ("pip install x", "1 missing; the last column says what mends it."),
    ):
        found.loc[0, "to do"] = state
        monkeypatch.setattr("opsef_core.commands.lists.findings", found.copy)
        assert main(["doctor"]) == 0
        assert said in capsys.readouterr().out
