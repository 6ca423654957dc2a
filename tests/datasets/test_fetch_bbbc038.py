"""The script that fetches BBBC038, on a tiny set of the same layout; nothing is downloaded."""

import csv
import hashlib
import importlib.util
import shutil
import struct
import sys
import zipfile
import zlib

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import toy
import yaml

from opsef_core.ingest._dataset import dataset
from opsef_core.ingest._dataset_truth import objects_sha256

IDS = ["00aa", "11bb", "22cc"]


@pytest.fixture(scope="module")
def fetch(root):
    spec = importlib.util.spec_from_file_location("fetch_bbbc038", root / "datasets" / "bbbc038" / "fetch.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def png(pixels):
    return iio.imwrite("<bytes>", pixels, extension=".png")


def original(number):
    """An image as it is handed out (RGBA) and its label image; the second image has an object in two parts."""
    image, truth = toy.many_discs(seed=number, shape=(64 + 8 * number, 90))
    ids = truth.pixels.copy()
    if number == 1:
        ids[ids == 2] = 1
    rgba = np.dstack([image.pixels] * 3 + [np.full_like(image.pixels, 255)])
    return png(rgba), ids


def masks(ids):
    """One png an object and an empty one, by names that sort in another order than they were written."""
    made = {f"{i:03d}.png": png(np.where(ids == i, 255, 0).astype(np.uint8)) for i in np.unique(ids[ids > 0])[::-1]}
    return {**made, "000.png": png(np.zeros(ids.shape, np.uint8))}


def members(ids=IDS, top=""):
    """The files of an archive in the original layout: name -> content."""
    found = {}
    for number, i in enumerate(ids):
        image, truth = original(number)
        found[f"{top}{i}/images/{i}.png"] = image
        found |= {f"{top}{i}/masks/{name}": content for name, content in masks(truth).items()}
    return found


def packed(path, contents):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def home(tmp_path):
    """A data set as the script's folder has one, of three images."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    said = {"title": "Tiny", "licence": "CC0-1.0", "source": "here", "fetch": "fetch.py", "files": "files.csv"}
    (folder / "dataset.yml").write_text(yaml.safe_dump(said))
    with (folder / "files.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "image", "truth", "image_sha256", "truth_objects_sha256"])
        for number, i in enumerate(IDS):
            image, ids = original(number)
            sums = [hashlib.sha256(image).hexdigest(), objects_sha256(ids)]
            table.writerow([i, f"images/{i}.png", f"labels/{i}.tif", *sums])
    return folder


@pytest.fixture
def run(fetch, home, tmp_path):
    """Call the script: sources -> its exit status. Nothing can be downloaded."""

    def call(*given, to=tmp_path / "data", sources=()):
        said = [a for g in given for a in ("--from", str(g))] + ["--to", str(to)]
        return fetch.main(said, home=home, sources=sources)

    return call


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


WHOLE = [f"images/{i}.png" for i in IDS] + [f"labels/{i}.tif" for i in IDS]


@pytest.mark.parametrize("top", ["", "stage1_train/", "fixes-3035/stage1_train/"])
def test_an_archive_in_the_original_layout(run, home, tmp_path, capsys, top):
    assert run(packed(tmp_path / "a.zip", members(top=top))) == 0
    assert files(tmp_path / "data") == WHOLE
    assert "3 of 3 images with their truth are in" in capsys.readouterr().out
    data = dataset(home, folder=tmp_path / "data")
    for number, image in enumerate(data.images):
        ids = original(number)[1]
        assert image.axes == "CYX"
        assert tifffile.imread(tmp_path / "data" / data.files[number].truth).dtype == np.uint16
        assert np.array_equal(data.truth[image.name].pixels > 0, ids > 0)
        assert data.truth[image.name].count == len(np.unique(ids)) - 1


def test_folders_and_what_it_made_itself_are_sources_too(run, tmp_path):
    for name, content in members().items():
        (tmp_path / "o" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "o" / name).write_bytes(content)
    assert run(tmp_path / "o", to=tmp_path / "first") == 0
    assert run(tmp_path / "first", to=tmp_path / "second") == 0
    assert files(tmp_path / "second") == WHOLE


def test_what_is_there_and_right_stays_and_the_rest_is_fetched(run, tmp_path):
    archive = packed(tmp_path / "a.zip", members())
    assert run(archive) == 0
    data = tmp_path / "data"
    before = {f: (data / f).stat().st_mtime_ns for f in files(data)}
    (data / "images" / "11bb.png").write_bytes(b"broken")
    (data / "labels" / "22cc.tif").write_bytes(b"")
    assert run(archive) == 0
    after = {f: (data / f).stat().st_mtime_ns for f in files(data)}
    assert {f for f in after if after[f] != before[f]} == {"images/11bb.png", "labels/22cc.tif"}
    archive.unlink()
    assert run(archive) == 0  # nothing is lacking, so nothing is opened


def test_corrected_masks_come_from_the_second_archive(run, tmp_path, capsys):
    first = members()
    first["11bb/masks/003.png"] = first["11bb/masks/004.png"]  # not what the table says
    second = {f"x/stage1_train/{n}": c for n, c in members().items() if "/masks/" in n}
    first, second = packed(tmp_path / "1.zip", first), packed(tmp_path / "2.zip", second)
    assert run(first) == 1
    said = capsys.readouterr().out
    assert "2 of 3 images with their truth are in" in said
    assert "Missing: 11bb\n" in said
    assert files(tmp_path / "data") == [f for f in WHOLE if f != "labels/11bb.tif"]
    assert run(first, second) == 0
    assert files(tmp_path / "data") == WHOLE


def test_test_sets_and_strangers_are_never_taken(run, tmp_path):
    contents = {f"stage1_test/{n}": c for n, c in members().items()} | {f"stage2/{n}": c for n, c in members().items()}
    contents |= {n.replace("00aa", "99zz"): c for n, c in members(["00aa"]).items()}
    assert run(packed(tmp_path / "a.zip", contents)) == 1
    assert not (tmp_path / "data").exists()


def test_paths_in_an_archive_write_nothing(run, tmp_path):
    image = original(0)[0]
    contents = {"../../images/00aa.png": image, "/images/../../evil/images/00aa.png": image, "../evil.py": b"x"}
    assert run(packed(tmp_path / "a.zip", contents), to=tmp_path / "deep" / "data") == 1
    assert files(tmp_path / "deep") == ["data/images/00aa.png"]
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "evil.py").exists()


def test_size_bombs_are_not_unpacked(fetch, run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fetch, "LARGEST", 50_000)
    contents = members(["00aa"])
    contents["00aa/masks/zzz.png"] = bytes(10**6)
    assert run(packed(tmp_path / "a.zip", contents)) == 1
    assert "the truth of images/00aa.png is not used: 1000000 bytes are too many" in capsys.readouterr().out


def test_a_mask_that_claims_another_size_is_not_unpacked(run, tmp_path, capsys):
    contents = members(["00aa"])
    head = struct.pack(">IIBBBBB", 60000, 60000, 1, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    huge = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    contents["00aa/masks/zzz.png"] = huge
    assert run(packed(tmp_path / "a.zip", contents)) == 1
    assert "the mask zzz.png is (60000, 60000) pixels, the image (64, 90)" in capsys.readouterr().out


def test_a_broken_member_is_told_and_the_others_are_taken(run, tmp_path, capsys):
    path = packed(tmp_path / "a.zip", members())
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("11bb/images/11bb.png").header_offset + 60
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)
    assert run(path) == 1
    assert "images/11bb.png is not used: " in capsys.readouterr().out
    assert files(tmp_path / "data") == [f for f in WHOLE if "11bb" not in f]


def test_a_source_that_is_none(run, tmp_path, capsys):
    (tmp_path / "a.zip").write_bytes(b"hello")
    assert run(tmp_path / "a.zip") == 1
    assert f"{tmp_path / 'a.zip'} is neither a folder nor a zip archive that can be read: " in capsys.readouterr().out
    assert run(tmp_path / "gone.zip") == 1
    assert "gone.zip is neither" in capsys.readouterr().out


def test_downloads_that_fail_say_what_can_be_done_by_hand(run, capsys, monkeypatch):
    import pooch

    def refuse(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(pooch, "retrieve", refuse)
    assert run(sources=["https://example.org/a.zip", "https://example.org/b.zip"]) == 1
    said = capsys.readouterr().out
    assert said.count("It could not be downloaded (no network).") == 2
    assert "name them with --from: https://example.org/a.zip https://example.org/b.zip" in said


def test_nothing_is_downloaded_offline(run, capsys, monkeypatch):
    import pooch

    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    monkeypatch.setattr(pooch, "retrieve", None)
    assert run(sources=["https://example.org/a.zip"]) == 1
    assert "https://example.org/a.zip is not downloaded: OPSEF_OFFLINE is set.\n" in capsys.readouterr().out


def test_downloads_are_thrown_away_when_the_set_is_complete(run, tmp_path, monkeypatch):
    import pooch

    archive = packed(tmp_path / "a.zip", members())
    asked = []

    def retrieve(url, known_hash, fname, path, downloader):
        asked.append(url)
        path.mkdir(parents=True, exist_ok=True)
        if "page" in url:
            (path / fname).write_text("<html>not found</html>")
        else:
            shutil.copy(archive, path / fname)
        return path / fname

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    (tmp_path / "data" / "download").mkdir(parents=True)
    (tmp_path / "data" / "download" / "mine.txt").write_text("a file of the user's")
    urls = ["https://example.org/page.zip", "https://example.org/a.zip", "https://example.org/never.zip"]
    assert run(sources=urls) == 0
    assert asked == urls[:2]
    assert files(tmp_path / "data") == ["download/mine.txt", *WHOLE]


@pytest.mark.parametrize(("largest", "dtype"), [(0, np.uint16), (65535, np.uint16), (65536, np.uint32)])
def test_many_objects_get_wider_numbers(fetch, largest, dtype):
    ids = fetch.narrowed(np.array([[0, largest]], np.uint32))
    assert ids.dtype == dtype
    assert ids.tolist() == [[0, largest]]


def test_colour_and_transparent_masks_and_overlaps(fetch):
    one, two = np.zeros((4, 5), np.uint8), np.zeros((4, 5), np.uint8)
    one[:, :3], two[:, 2:4] = 255, 255
    opaque = np.full_like(one, 255)
    colour = png(np.dstack([one, one * 0, one * 0, opaque]))
    grey = png(np.dstack([two, opaque]))
    ids = fetch.combined([("b.png", lambda: grey), ("a.png", lambda: colour)], (4, 5))
    assert ids[0].tolist() == [1, 1, 2, 2, 0]


def test_the_addresses_are_of_the_training_set_alone(fetch):
    assert all(url.startswith("https://") for url in fetch.SOURCES)
    assert fetch.SOURCES[0].endswith("/BBBC038/stage1_train.zip")
    assert not any("test" in url or "stage2" in url for url in fetch.SOURCES)
