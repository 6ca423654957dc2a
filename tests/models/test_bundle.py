"""Weights in one file: packed, verified, installed; nothing else gets in."""

import hashlib
import json
import shutil
import stat
import zipfile

import numpy as np
import pytest
from model_folder import write_folder

from opsef_core.errors import BadConfig, BadParameter, DiskFull, MissingWeights
from opsef_core.models import _install, bundle, install, model, weights_table
from opsef_core.models._card import ZOO, find_folder


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Goes to a machine of that name: own cache, own home of the libraries; gives its weights folder."""

    def to(name):
        monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / name))
        monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path / name / "cellpose"))
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / name / "keras"))
        return tmp_path / name / "weights"

    monkeypatch.chdir(tmp_path)
    return to


@pytest.fixture
def packed(machine, tmp_path):
    """A bundle of one own model; we are on the second machine."""
    write_folder(machine("one") / "my-nuclei", "unet", {"net": b"numbers" * 100, "trained_on.csv": b"name\n"})
    bundle(tmp_path / "b.zip", ["my-nuclei"])
    machine("two")
    return tmp_path / "b.zip"


def contents(folder):
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def rewritten(file, change, **listed):
    """The bundle with its members changed: change(name, info) gives (name, content, info), or None to leave it out."""
    with zipfile.ZipFile(file) as archive:
        members = [(i.filename, archive.read(i), i) for i in archive.infolist()]
    with zipfile.ZipFile(file, "w") as archive:
        for name, content, info in members:
            if name == "manifest.json" and listed:
                content = json.dumps(listed["manifest"](json.loads(content))).encode()
            for new_name, new_content, attributes in change(name, content):
                new = zipfile.ZipInfo(new_name)
                new.external_attr, new.compress_type = attributes or info.external_attr, info.compress_type
                archive.writestr(new, new_content)


def same(name, content):
    return [(name, content, None)]


def test_there_and_back(packed, machine):
    table = install(packed)
    assert list(table.columns) == ["model", "weights", "source", "files", "size_mb", "state"]
    assert table.iloc[0].drop("size_mb").to_list() == ["unet", "my-nuclei", "own", 3, "installed"]
    assert contents(machine("two")) == contents(machine("one"))
    machine("two")
    assert install(packed)["state"].to_list() == ["is here already"]
    assert find_folder("my-nuclei") is not None
    assert weights_table().set_index("weights").loc["my-nuclei", "source"] == "own"


def test_a_fitted_folder_by_its_path(machine, tmp_path):
    write_folder(tmp_path / "models" / "fitted", "unet", {"net": b"numbers"})
    machine("one")
    assert bundle("b.zip", ["models/fitted"])["weights"].to_list() == ["fitted"]
    machine("two")
    shutil.rmtree(tmp_path / "models")
    install("b.zip")
    assert find_folder("fitted") is not None


def test_official_weights_are_found_offline_afterwards(
    machine, stardist_folder, cellpose_file, monkeypatch, no_network
):
    from opsef_core.models.cellpose import file as library

    home = machine("one")
    name = "nuclei" if library.major() == 3 else "cpsam"
    (home.parent / "cellpose").mkdir(parents=True)
    shutil.copy(cellpose_file, home.parent / "cellpose" / library.file_name(name))
    home.mkdir()
    np.save(home / "size_nucleitorch_0.npy", {"A": np.zeros(1)}, allow_pickle=True)
    shutil.copytree(stardist_folder, home.parent / "keras" / "models" / "StarDist2D" / "2D_versatile_fluo")
    wanted = [("cellpose", {"pretrained": name, "diameter_px": 16}), ("stardist", {"pretrained": "2D_versatile_fluo"})]
    before = [model(family, **asked).weights_checksum for family, asked in wanted]
    assert None not in before
    bundle("b.zip", [name, "2D_versatile_fluo"])
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    home = machine("two")
    assert [model(family, **asked).weights_checksum for family, asked in wanted] == [None, None]
    assert install("b.zip")["state"].to_list() == ["installed", "installed"]
    assert [model(family, **asked).weights_checksum for family, asked in wanted] == before
    for family, asked in wanted:
        model(family, **asked).fetch()
    model("stardist", pretrained="2D_versatile_fluo").ready("cpu")
    if name == "nuclei":
        assert (home / "size_nucleitorch_0.npy").exists()


def test_without_names_all_that_is_here_is_packed_but_for_the_zoo(machine):
    home = machine("one")
    with pytest.raises(BadParameter) as error:
        bundle("b.zip")
    assert str(error.value) == "There are no weights to pack but those shipped with opsef-core; name some."
    write_folder(home / "a", "unet", {"net": b"1"})
    write_folder(home / "bioimageio-some-animal", "stardist", {"net.h5": b"2", "config.json": b"{}"})
    table = bundle("b.zip")
    assert table["weights"].to_list() == ["bioimageio-some-animal", "a"]
    assert table["source"].to_list() == ["bioimage.io", "own"]
    assert bundle("c.zip", ["bioimageio:some-animal"])["weights"].to_list() == ["bioimageio-some-animal"]


def test_shipped_weights_can_be_packed_and_are_not_installed_twice(machine):
    machine("one")
    bundle("b.zip", ["unet-bbbc038"])
    home = machine("two")
    assert install("b.zip")["state"].to_list() == ["is here already"]
    assert list(home.iterdir()) == []
    assert (ZOO / "unet-bbbc038").exists()


def test_names_that_cannot_be_packed(machine, tmp_path):
    home = machine("one")
    write_folder(home / "mine", "unet", {"net": b"1"})
    write_folder(tmp_path / "elsewhere" / "mine", "unet", {"net": b"2"})
    with pytest.raises(MissingWeights) as error:
        bundle("b.zip", ["your-nuclei"])
    shipped = ", ".join(sorted(folder.name for folder in ZOO.iterdir()))
    assert str(error.value) == (
        f"There are no weights called 'your-nuclei' (`opsef models` lists all). On this machine: {shipped}, mine."
    )
    with pytest.raises(MissingWeights, match=r"\./nowhere is no model folder: it holds no model\.yml\."):
        bundle("b.zip", ["./nowhere"])
    with pytest.raises(BadParameter, match="Two of these weights have a file mine/model.yml"):
        bundle("b.zip", ["mine", "elsewhere/mine"])
    (home / "mine" / "net").write_bytes(b"damaged")
    with pytest.raises(MissingWeights, match="is damaged"):
        bundle("b.zip", ["mine"])
    (home / "mine" / "net").unlink()
    with pytest.raises(MissingWeights, match="The weights 'mine' cannot be had here: net is missing"):
        bundle("b.zip", ["mine"])
    with pytest.raises(BadParameter, match=r"nowhere/b\.zip cannot be written: No such file"):
        bundle("nowhere/b.zip", ["unet-bbbc038"])
    assert not list(tmp_path.glob("*.zip*"))


def test_other_weights_of_that_name_are_never_overwritten(packed, machine):
    other = write_folder(machine("two") / "my-nuclei", "unet", {"net": b"other numbers"})
    before = contents(other)
    with pytest.raises(BadParameter) as error:
        install(packed)
    assert str(error.value) == (
        f"Other weights called my-nuclei are here already: {other}. Nothing was installed; move them away, or make a "
        "bundle without these."
    )
    assert contents(other) == before
    assert [f.name for f in machine("two").iterdir()] == ["my-nuclei"]


def test_a_link_in_its_place_is_not_followed(packed, machine, tmp_path):
    home = machine("two")
    home.mkdir(parents=True)
    (home / "my-nuclei").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadParameter, match="are here already"):
        install(packed)
    assert not (tmp_path / "nowhere").exists()


LINK = (stat.S_IFLNK | 0o777) << 16


def drop(name, content):
    return [] if name.endswith("net") else same(name, content)


def flip(name, content):
    return [(name, content[::-1] if name.endswith("net") else content, None)]


def longer(name, content):
    return [(name, content + b"x" if name.endswith("net") else content, None)]


def more(name, content):
    return [*same(name, content), *([("evil.sh", b"#", None)] if name == "manifest.json" else [])]


def twice(name, content):
    return [*same(name, content), *([(name, b"other", None)] if name.endswith("net") else [])]


def link(name, content):
    return [(name, content, LINK if name.endswith("net") else None)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop, "its members are not those its manifest.json lists"),
        (more, "its members are not those its manifest.json lists"),
        (twice, "its members are not those its manifest.json lists"),
        (flip, "the checksum of my-nuclei/net is not the one that was packed"),
        (longer, "its members do not have the sizes its manifest.json says"),
        (link, "its member 'my-nuclei/net' is a link or no file"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_was_not_packed_like_this_is_refused(packed, machine, change, message):
    rewritten(packed, change)
    with pytest.raises(BadConfig, match=message):
        install(packed)
    home = machine("two")
    assert not home.exists() or list(home.iterdir()) == []


@pytest.mark.parametrize(
    "path",
    ["../evil", "/etc/evil", "a/../../evil", "a/b/c", "C:evil", "a\\evil", ".hidden", "a/.hidden", "", "a/", "nul\0"],
)
def test_a_path_that_leads_elsewhere_is_refused(packed, machine, path):
    def lead_out(manifest):
        manifest["weights"][0]["files"][1]["path"] = path
        return manifest

    def rename(name, content):
        return [(path if name.endswith("net") else name, content, None)]

    rewritten(packed, rename, manifest=lead_out)
    with pytest.raises(
        BadConfig, match=r"is no plain file name|is a link or no file|no bundle of weights|are not those"
    ):
        install(packed)
    assert not machine("two").exists()


def test_compressed_members_are_refused(packed, machine):
    """So nothing can unpack to more than the bundle's own size."""
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"0" * 10_000_000)
    with pytest.raises(BadConfig, match="its member 'bomb' is compressed or encrypted"):
        install(packed)
    assert not machine("two").exists()


@pytest.mark.parametrize(
    "manifest",
    [
        lambda m: {**m, "opsef_bundle": 2},
        lambda m: {**m, "more": 1},
        lambda m: [m],
        lambda m: {"opsef_bundle": 1, "weights": [{**m["weights"][0], "files": []}]},
    ],
)
def test_a_manifest_that_cannot_be_understood(packed, manifest):
    rewritten(packed, same, manifest=manifest)
    with pytest.raises(BadConfig, match=r"its manifest\.json cannot be understood"):
        install(packed)


def test_a_card_that_does_not_fit_its_files(machine, tmp_path):
    home = machine("one")
    write_folder(home / "mine", "unet", {"net": b"1"})
    bundle("b.zip", ["mine"])

    def lie(manifest):
        for member in manifest["weights"][0]["files"]:
            if member["path"] == "mine/net":
                member["sha256"] = hashlib.sha256(b"2").hexdigest()
        return manifest

    rewritten(tmp_path / "b.zip", lambda n, c: [(n, b"2" if n == "mine/net" else c, None)], manifest=lie)
    home = machine("two")
    with pytest.raises(MissingWeights, match="net of 'Toy' is damaged"):
        install("b.zip")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"x" * 100])
def test_what_is_no_bundle(machine, tmp_path, content):
    machine("two")
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(BadConfig, match=r"b\.zip is no bundle of weights"):
        install("b.zip")
    with pytest.raises(BadConfig, match="There is no bundle nowhere.zip"):
        install("nowhere.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("something.txt", "else")
    with pytest.raises(BadConfig, match="it has no manifest.json"):
        install("b.zip")


def test_a_truncated_bundle(packed):
    packed.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(BadConfig, match="is no bundle of weights, or damaged"):
        install(packed)


def test_not_enough_room(packed, machine, monkeypatch):
    monkeypatch.setattr(_install.shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DiskFull, match=r"The weights need 0 MB in .*; 0 MB are free"):
        install(packed)
    assert list(machine("two").iterdir()) == []


def test_a_cache_that_cannot_be_written(packed, machine):
    machine("two").parent.write_text("a file where the folder should be")
    with pytest.raises(BadConfig, match=r"b\.zip cannot be installed to"):
        install(packed)
