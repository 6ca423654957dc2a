"""The scripts that fetch the images of OpSeF's demonstrations, on tiny files; nothing is downloaded."""

import gzip
import hashlib
import importlib.util
import shutil
import sys
import zipfile

import numpy as np
import pytest
import tifffile

from opsef_core.errors import UnreadableFile
from opsef_core.ingest import dataset

SETS = ["bbbc027", "cobblestones", "idr0062", "idr0077", "kidney", "leaves", "skeletal_muscle"]


@pytest.fixture(scope="module")
def script(root):
    """A fetch.py as a module, by the name of its data set."""
    made = {}

    def load(name):
        if name not in made:
            spec = importlib.util.spec_from_file_location(f"fetch_{name}", root / "datasets" / name / "fetch.py")
            made[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(made[name])
        return made[name]

    before = list(sys.path)
    yield load
    sys.path[:] = before
    sys.modules.pop("fetching", None)


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSEF_DATA", str(tmp_path / "data"))


def tif(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.random.default_rng(seed).integers(0, 255, (20, 30), np.uint8))
    return path


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def call(script, name, *given):
    from fetching import main

    module = script(name)
    return main(module.HERE, module.WAY, [a for g in given for a in ("--from", str(g))])


@pytest.mark.parametrize("name", SETS)
def test_every_set_says_where_it_is_from_and_how_to_get_it(script, name):
    data = dataset(name)
    assert data.info.fetch == "fetch.py"
    assert all((data.info.source, data.info.licence, data.info.cite, data.info.doi, data.info.url, data.info.about))
    assert "not fetched yet" in repr(data)
    with pytest.raises(UnreadableFile, match=rf"Get them: python .*{name}/fetch.py"):
        _ = data.images
    way = script(name).WAY
    assert way.by_hand.endswith(".")
    assert all(s.url.startswith("https://") for s in way.sources)


def test_images_of_a_folder_are_taken_checked_and_listed(script, tmp_path, capsys):
    mine = tmp_path / "my stones ü"
    for number, name in enumerate(("a.tif", "deep/b é.tif", ".hidden.tif")):
        tif(mine / name, number)
    (mine / "notes.txt").write_text("no image")
    (mine / "broken.tif").write_bytes(b"II*\0 no image")
    assert call(script, "cobblestones", mine) == 0
    assert "broken.tif is not used: " in capsys.readouterr().out
    data = dataset("cobblestones")
    assert sorted(i.name for i in data.images) == ["a.tif", "b é.tif"]
    assert data.folder == tmp_path / "data" / "cobblestones"
    assert not (data.folder / "images" / "broken.tif").exists()
    shutil.copy(mine / "a.tif", data.folder / "images" / "b é.tif")
    with pytest.raises(UnreadableFile, match="has changed"):
        next(i for i in data.images if i.name == "b é.tif").array()


def test_a_second_part_is_added_to_the_first(script, tmp_path, capsys):
    assert call(script, "idr0062", tif(tmp_path / "B3.tif")) == 0
    assert call(script, "idr0062", tif(tmp_path / "130520_Neural_Rosettes.tif", 1)) == 0
    assert [i.name for i in dataset("idr0062", where={"kind": "neural"}).images] == ["130520_Neural_Rosettes.tif"]
    assert len(dataset("idr0062").images) == 2
    assert call(script, "idr0062") == 0
    assert "2 images are in" in capsys.readouterr().out


def test_paths_in_an_archive_write_nothing_outside(script, tmp_path):
    content = tif(tmp_path / "x.tif").read_bytes()
    archive = packed(tmp_path / "a.zip", {"../../leaves_1.tif": content, "/etc/leaves_2.tif": content, "evil.py": b"x"})
    assert call(script, "leaves", archive) == 0
    found = sorted(p.relative_to(tmp_path / "data").as_posix() for p in (tmp_path / "data").rglob("*") if p.is_file())
    assert found == ["leaves/files.csv", "leaves/images/leaves_1.tif", "leaves/images/leaves_2.tif"]


def test_what_is_too_long_is_not_unpacked(script, tmp_path, capsys, monkeypatch):
    from dataclasses import replace

    monkeypatch.setattr(script("leaves"), "WAY", replace(script("leaves").WAY, largest=1000))
    assert call(script, "leaves", packed(tmp_path / "a.zip", {"leaves_1.tif": bytes(2000)})) == 1
    assert "leaves_1.tif is not used: 2000 bytes are too many" in capsys.readouterr().out


def test_a_member_that_is_longer_than_it_says(script):
    import io

    script("leaves")
    from fetching import reader

    with pytest.raises(ValueError, match="it unpacks to more than it says"):
        reader(lambda _: io.BytesIO(bytes(11)), "x", 3, 10)()


def test_an_archive_with_the_name_of_a_known_one_must_be_that_one(script, tmp_path, capsys):
    archive = packed(tmp_path / "BBBC027_lowSNR_images_part1.zip", {"image-final_0.ics": b""})
    assert call(script, "bbbc027", archive) == 1
    assert "is not the file its name says: its sha256 is not bf537d5e" in capsys.readouterr().out


def ics(volume, compression="uncompressed"):
    """An ICS 2.0 file; sizes are told fastest first."""
    rows = [
        "ics_version\t2.0",
        "layout\torder\tbits\tx\ty\tz",
        "layout\tsizes\t" + "\t".join(map(str, (8 * volume.itemsize, *volume.shape[::-1]))),
        "representation\tformat\tinteger",
        "representation\tsign\tunsigned",
        f"representation\tcompression\t{compression}",
        "representation\tbyte_order\t1\t2",
        "end",
    ]
    pixels = volume.astype(volume.dtype.newbyteorder("<")).tobytes()
    return b"\t\n" + "\n".join(rows).encode() + b"\t\n" + (gzip.compress(pixels) if compression == "gzip" else pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", ["uncompressed", "gzip"])
def test_volumes_of_bbbc027_become_stacks(script, tmp_path, dtype, compression):
    volume = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (3, 5, 7)).astype(dtype)
    (tmp_path / "image-final_0001.ics").write_bytes(ics(volume, compression))
    (tmp_path / "image-labels_0001.ics").write_bytes(ics(volume))
    assert call(script, "bbbc027", tmp_path / "image-final_0001.ics") == 0
    (image,) = dataset("bbbc027").images
    assert (image.name, image.axes) == ("image-final_0001.tif", "ZYX")
    assert np.array_equal(image.array(), volume)


def test_a_volume_that_claims_to_be_huge_is_not_unpacked(script, tmp_path, capsys):
    content = ics(np.zeros((3, 5, 7), np.uint8), "gzip").replace(b"\t7\t5\t3", b"\t70000\t50000\t300")
    (tmp_path / "image-final_1.ics").write_bytes(content)
    assert call(script, "bbbc027", tmp_path) == 1
    assert "1050000000000 bytes are too many" in capsys.readouterr().out


def test_offline_it_says_what_to_do_by_hand(script, capsys, monkeypatch):
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    assert call(script, "leaves") == 1
    said = capsys.readouterr().out
    assert "leaves_example_data.zip is not downloaded: OPSEF_OFFLINE is set." in said
    assert "By hand: save https://github.com/yapic/" in said
    assert "fetch.py --from FILE_OR_FOLDER" in said
    assert call(script, "kidney") == 1
    assert "By hand: save the kidney images from https://owncloud.gwdg.de/" in capsys.readouterr().out


def test_a_download_is_checked_used_and_thrown_away(script, tmp_path, monkeypatch):
    import pooch

    archive = packed(tmp_path / "a.zip", {"leaves_1.tif": tif(tmp_path / "x.tif").read_bytes()})

    def retrieve(url, known_hash, fname, path, downloader):
        path.mkdir(parents=True, exist_ok=True)
        return shutil.copy(archive, path / fname)

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert call(script, "leaves") == 0
    (file,) = dataset("leaves").files
    assert file.image_sha256 == hashlib.sha256((tmp_path / "x.tif").read_bytes()).hexdigest()
    assert not (tmp_path / "data" / "leaves" / "download").exists()


def test_a_file_that_is_not_there(script, tmp_path, capsys):
    assert call(script, "cobblestones", tmp_path / "none") == 1
    assert f"There is no file or folder {tmp_path / 'none'}." in capsys.readouterr().out
