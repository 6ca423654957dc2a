import hashlib
import pickle
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import toy
import yaml

from opsef_core.errors import BadConfig, BadLabels, UnknownName, UnreadableFile
from opsef_core.ingest._dataset import dataset
from opsef_core.ingest._dataset_file import known_datasets


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make(folder, **changes):
    """A data set of two plates in two folders with the same file name, and a stack without truth."""
    files = []
    for plate, seed in (("a", 0), ("b", 1)):
        (folder / plate).mkdir(parents=True)
        image, truth = toy.many_discs(seed=seed, shape=(80, 100))
        iio.imwrite(folder / plate / "well.png", image.pixels)
        tifffile.imwrite(folder / plate / "truth.tif", truth.pixels.astype(np.uint16))
        entry = {"image": f"{plate}/well.png", "truth": f"{plate}/truth.tif", "columns": {"drug": plate, "dose": seed}}
        files.append({**entry, **{f"{k}_sha256": sha256(folder / entry[k]) for k in ("image", "truth")}})
    tifffile.imwrite(folder / "stack.tif", np.zeros((3, 20, 30), np.uint8), metadata={"axes": "ZYX"}, imagej=True)
    files.append({"image": "stack.tif"})
    said = {"title": "Two plates", "licence": "CC0-1.0", "source": "here", "cite": "Nobody (2020).", "doi": "10.1/x"}
    (folder / "dataset.yml").write_text(yaml.safe_dump({**said, "files": files, **changes}))
    return folder


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path / "plates")


def test_images_truth_and_table_have_the_same_names(folder):
    data = dataset(folder)
    assert [i.name for i in data.images] == ["a/well.png", "b/well.png", "stack.tif"]
    assert list(data.truth) == ["a/well.png", "b/well.png"]
    assert "stack.tif" not in data.truth
    assert data.table.index.tolist() == ["a/well.png", "b/well.png", "stack.tif"]
    assert data.table["drug"].tolist()[:2] == ["a", "b"]
    for name, labels in data.truth.items():
        image = next(i for i in data.images if i.name == name)
        assert labels.name == name
        assert labels.shape == image.shape
    assert np.array_equal(data.truth["b/well.png"].pixels, toy.many_discs(seed=1, shape=(80, 100))[1].pixels)
    with pytest.raises(KeyError):
        data.truth["c/well.png"]


def test_tiles_have_their_part_of_the_truth(folder):
    whole = dataset(folder).truth
    data = dataset(folder, tile=40, overlap=8)
    tiles = [i for i in data.images if i.name in data.truth]
    assert len(tiles) == len(data.truth) == 2 * 3 * 3
    for one in tiles:
        y, x = one.origin["Y"], one.origin["X"]
        assert np.array_equal(data.truth[one.name].pixels, whole[one.parent].pixels[y : y + 40, x : x + 40])
    assert data.table.loc[tiles[0].name, "drug"] == "a"
    assert data.table.loc[tiles[-1].name, "drug"] == "b"
    assert data.images.description == {"dataset": str(folder), "tile_px": 40, "overlap": 8}


def test_truth_of_planes_and_their_tiles(tmp_path):
    folder = tmp_path / "stacks"
    folder.mkdir()
    ids = np.zeros((4, 30, 40), np.uint16)
    ids[1:3, 5:20, 5:30] = 7
    tifffile.imwrite(folder / "s.tif", ids.astype(np.uint8), imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(folder / "t.tif", ids)
    files = [{"image": "s.tif", "truth": "t.tif"}]
    (folder / "dataset.yml").write_text(yaml.safe_dump({"title": "s", "licence": "l", "source": "s", "files": files}))
    assert dataset(folder).truth["s.tif"].axes == "ZYX"
    plane = dataset(folder, z=2)
    assert np.array_equal(plane.truth["s.tif/z002"].pixels, ids[2])
    tiles = dataset(folder, z=2, tile=20, overlap=4)
    assert {len(tiles.truth), len(tiles.images)} == {6}
    for one in tiles.images:
        y, x = one.origin["Y"], one.origin["X"]
        assert np.array_equal(tiles.truth[one.name].pixels, ids[2, y : y + 20, x : x + 20])
    with pytest.raises(BadLabels) as error:
        dataset(folder, project="max").truth["s.tif"]
    assert str(error.value) == (
        "The truth of s.tif has the shape {'Z': 4, 'Y': 30, 'X': 40}, the image {'Y': 30, 'X': 40}. "
        "Images that are binned or projected when they are read have no truth."
    )


def test_it_says_what_it_is(folder):
    assert repr(dataset(folder, tile=40)) == (
        f"Dataset {str(folder)!r} with tile=40: Two plates\n"
        "  3 images, 2 with truth; classes: not named\n"
        "  here; licence CC0-1.0\n"
        "  cite: Nobody (2020). doi:10.1/x"
    )
    assert repr(dataset(folder).truth) == f"Truth of 2 of the 3 images of {str(folder)!r}"
    assert dataset(folder).info.doi == "10.1/x"


def test_found_by_name_in_the_folders_of_the_environment(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("OPSEF_DATASETS", f"{tmp_path / 'none'}:{tmp_path}")
    assert known_datasets()["plates"] == folder
    assert len(dataset("plates").images) == 3
    with pytest.raises(UnknownName) as error:
        dataset("plate")
    assert str(error.value) == (
        "There is no data set called 'plate'. Did you mean 'plates'? Known: " + ", ".join(known_datasets()) + "."
    )


def test_a_folder_without_description(tmp_path):
    with pytest.raises(BadConfig) as error:
        dataset(tmp_path)
    assert str(error.value) == (
        f"The folder {tmp_path} is no data set: it has no dataset.yml. To read its images: images({str(tmp_path)!r})."
    )


ADVICE = "Get these files again, or correct dataset.yml if the change was meant."


def changed(name, folder):
    return f"{name} of the data set {folder} in {folder} has changed: its sha256 is not the one in its description. "


def test_missing_files_are_told_all_at_once(folder):
    data = dataset(folder)
    (folder / "b" / "well.png").unlink()
    (folder / "stack.tif").unlink()
    with pytest.raises(UnreadableFile) as error:
        _ = data.images
    assert str(error.value) == (
        f"Files of the data set {folder} are missing in {folder}: b/well.png, stack.tif. {ADVICE}"
    )


def test_a_changed_image_is_told_when_its_pixels_are_used_and_the_others_are_not_read(folder):
    iio.imwrite(folder / "a" / "well.png", np.zeros((80, 100), np.uint8))
    first, second, stack = dataset(folder).images
    assert second.array().any()
    assert stack.array().shape == (3, 20, 30)
    with pytest.raises(UnreadableFile) as error:
        first.array()
    assert str(error.value) == changed("a/well.png", folder) + ADVICE


def test_a_changed_image_that_is_none_any_more_has_its_place_and_its_reason(folder):
    (folder / "a" / "well.png").write_bytes(b"other")
    images = dataset(folder).images
    assert len(images.readable) == 2
    assert images.failed[0].reason == changed("a/well.png", folder) + ADVICE


def test_a_file_changed_after_it_was_used_is_told_too(folder):
    image = dataset(folder).images[0]
    assert image.array().any()
    iio.imwrite(folder / "a" / "well.png", np.zeros((80, 100), np.uint8))
    with pytest.raises(UnreadableFile, match="has changed"):
        image.array()


def test_images_with_a_checksum_can_be_sent_to_another_process(folder):
    image = dataset(folder).images[0]
    assert np.array_equal(pickle.loads(pickle.dumps(image)).array(), image.array())


def test_changed_truth_is_told(folder):
    data = dataset(folder)
    (folder / "a" / "truth.tif").write_bytes(b"other")
    assert len(data.images) == 3
    with pytest.raises(UnreadableFile, match=r"a/truth.tif of the data set .* has changed"):
        data.truth["a/well.png"]
    assert data.truth["b/well.png"].count > 0


def described(folder, change):
    path = folder / "dataset.yml"
    said = yaml.safe_load(path.read_text())
    change(said)
    path.write_text(yaml.safe_dump(said))
    with pytest.raises(BadConfig) as error:
        dataset(folder)
    return str(error.value)


def test_unknown_keys_are_told_with_the_nearest(folder):
    path = folder / "dataset.yml"
    assert described(folder, lambda d: d.update(licens="x")) == (
        f"There is no parameter of {path} called 'licens'. Did you mean 'licence'? "
        "Known: about, cite, classes, doi, fetch, licence, source, title, url."
    )


def test_unknown_keys_of_a_file_are_told_with_the_nearest(folder):
    path = folder / "dataset.yml"
    assert described(folder, lambda d: d["files"][1].update(imge="x")) == (
        f"There is no parameter of {path}, file 2 called 'imge'. Did you mean 'image'? "
        "Known: columns, image, image_sha256, truth, truth_objects_sha256, truth_sha256."
    )


@pytest.mark.parametrize("outside", ["../secret.png", "/etc/passwd", "a/../../x.png", "C:\\x.png", "..\\x.png", ""])
@pytest.mark.parametrize("key", ["image", "truth"])
def test_paths_never_leave_the_folder(folder, outside, key):
    said = described(folder, lambda d: d["files"][0].update({key: outside}))
    assert f"file 1: {key} = {outside!r} is not possible" in said


def test_links_never_leave_the_folder(folder, tmp_path):
    (tmp_path / "secret.png").write_bytes((folder / "a" / "well.png").read_bytes())
    (folder / "a" / "well.png").unlink()
    (folder / "a" / "well.png").symlink_to(tmp_path / "secret.png")
    said = described(folder, lambda d: None)
    assert said == f"{folder / 'dataset.yml'}: a/well.png is a link that leaves the folder of the data set."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "cannot be understood"),
        (
            "- a",
            "is not the description of a data set: it needs a title, a licence and a list of files "
            "(or the name of a csv table with one row a file).",
        ),
        ("title: x\nlicence: y\nsource: z\nfiles: 3", "is not the description of a data set"),
        ("title: x\nlicence: y\nsource: z\nfiles: ../a.csv", "files = '../a.csv' is not possible: the path leaves"),
        ("title: x\nfiles: []", "is not the description of a data set"),
        ("title: x\nlicence: y\nsource: z\nfiles: [one.png]", "file 1: 'one.png' is no list of keys and values."),
        ("licence: y\nsource: z\nfiles: [{image: a.png}]", "dataset.yml needs a value for title."),
        (
            "title: x\nlicence: y\nsource: z\nfiles: [{image: a.png}, {image: a.png}]",
            "names a.png 2 times; an image stands there once.",
        ),
    ],
)
def test_descriptions_that_cannot_be_understood(tmp_path, text, message):
    (tmp_path / "dataset.yml").write_text(text)
    with pytest.raises(BadConfig) as error:
        dataset(tmp_path)
    assert message in str(error.value)


def test_labels_that_are_none(folder):
    iio.imwrite(folder / "a" / "photo.png", np.zeros((80, 100, 3), np.uint8))
    path = folder / "dataset.yml"
    said = yaml.safe_load(path.read_text())
    said["files"][0] |= {"truth": "a/photo.png", "truth_sha256": None}
    said["files"][1] |= {"truth": "a/photo.txt", "truth_sha256": None}
    path.write_text(yaml.safe_dump(said))
    Path(folder / "a" / "photo.txt").write_text("no image")
    truth = dataset(folder).truth
    with pytest.raises(BadLabels, match="The truth of a/well.png has the shape"):
        truth["a/well.png"]
    with pytest.raises(UnreadableFile, match=r"photo.txt cannot be read as a label image"):
        truth["b/well.png"]
