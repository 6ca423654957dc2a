"""Cellpose's _seg.npy, written for its graphical interface and read without running it."""

import os
import pickle
import time

import numpy as np
import pytest
from refine.objects_of_all_kinds import ids_of_all_kinds, pair

from opsef_core.errors import BadLabels, UnreadableFile
from opsef_core.refine import file_format
from opsef_core.refine._npy_dict import Unknown, read_dict

SIZE = {"Y": 40, "X": 50}
CELLPOSE = file_format("cellpose_npy")


def as_cellpose_saves(masks, **more):
    """The keys of Cellpose 3.1 (gui/io.py), with what else it may put there."""
    return {
        "outlines": masks,
        "colors": np.zeros((masks.max(initial=0), 3), np.uint8),
        "masks": masks,
        "chan_choose": [0, 0],
        "filename": "/data/a.tif",
        "flows": [np.zeros((1, 4, 4, 3), np.uint8), [], np.float32(2.5)],
        "ismanual": np.zeros(masks.max(initial=0), bool),
        "manual_changes": [[("add", "2024"), [1, 2]]],
        "model_path": 0,
        "flow_threshold": 0.4,
        "normalize_params": {"lowhigh": None, "percentile": [1.0, 99.0]},
        "restore": None,
        "ratio": 1.0,
        "diameter": np.float64(17.5),
        **more,
    }


def test_what_the_interface_opens(tmp_path):
    image, labels = pair(classes={1: "a"})
    path = CELLPOSE.out(tmp_path, [(image, labels)])
    assert path.name == "0001_Zellen_1_seg.npy"
    content = np.load(path, allow_pickle=True).item()
    assert set(content) == {"filename", "masks", "outlines", "chan_choose", "ismanual", "diameter"}
    assert (tmp_path / content["filename"]).exists()
    assert (content["masks"].dtype, content["masks"].max(), len(content["ismanual"])) == (np.uint16, 9, 9)
    assert np.array_equal(content["masks"] > 0, labels.pixels > 0)
    outlines = content["outlines"]
    assert np.array_equal(outlines[outlines > 0], content["masks"][outlines > 0])
    assert 0 < (outlines > 0).sum() < (labels.pixels > 0).sum()


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("kind", [np.uint16, np.uint32, np.int64, ">i4"])
def test_real_kinds_of_files(tmp_path, kind, protocol):
    masks = (ids_of_all_kinds() % 300).astype(kind)
    content = as_cellpose_saves(masks, fortran=np.asfortranarray(masks), scalar=np.int16(-3), text="ß" * 300)
    path = tmp_path / "a_seg.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
        pickle.dump(np.array(content, dtype=object), file, protocol=protocol)
    assert np.load(path, allow_pickle=True).item()["ratio"] == 1.0
    found = read_dict(path.read_bytes())
    assert np.array_equal(found["masks"], masks)
    assert np.array_equal(found["fortran"], masks)
    assert (found["diameter"], found["scalar"], found["text"]) == (17.5, -3, "ß" * 300)
    assert found["normalize_params"] == content["normalize_params"]
    drawing = CELLPOSE.read(path, SIZE)
    assert np.array_equal(drawing.flat().pixels, masks)


def test_old_files_have_minus_one_as_background(tmp_path):
    path = tmp_path / "a_seg.npy"
    np.save(path, as_cellpose_saves(np.where(ids_of_all_kinds() == 1, 0, -1)))
    assert (CELLPOSE.read(path, SIZE).flat().pixels == 1).sum() == 30
    np.save(path, as_cellpose_saves(np.zeros((1, 40, 50), np.uint16)))
    assert CELLPOSE.read(path, SIZE).shapes == ()


class Attack:
    def __reduce__(self):
        return os.mkdir, ("attacked",)


def test_code_in_a_file_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a_seg.npy"
    np.save(path, as_cellpose_saves(ids_of_all_kinds() % 300, evil=Attack()))
    assert isinstance(read_dict(path.read_bytes())["evil"], Unknown)
    assert CELLPOSE.read(path, SIZE).shapes
    np.save(path, {"masks": Attack()})
    with pytest.raises(UnreadableFile, match=r"choose File > Save masks as PNG|In Cellpose choose File"):
        CELLPOSE.read(path, SIZE)
    np.save(path, Attack())
    with pytest.raises(UnreadableFile):
        CELLPOSE.read(path, SIZE)
    assert not (tmp_path / "attacked").exists()
    np.load(path, allow_pickle=True)  # it would have worked
    assert (tmp_path / "attacked").exists()


def test_a_person_deletes_an_object(tmp_path):
    image, labels = pair(classes={1: "a"})
    path = CELLPOSE.out(tmp_path, [(image, labels)])
    content = np.load(path, allow_pickle=True).item()
    masks = content["masks"].astype(int)
    np.save(path, {**content, "masks": np.where(masks == 1, 0, masks - (masks > 1)).astype(np.uint16)})
    returned = CELLPOSE.back(tmp_path)
    (again,) = returned.labels
    assert again.ids.tolist() == list(range(1, 9))
    assert "class" not in again.objects or again.objects["class"].isna().all()
    assert "have no ids" in returned.problems[0]


@pytest.mark.parametrize(
    "save",
    [
        lambda p: np.save(p, np.zeros((40, 50))),
        lambda p: p.write_bytes(b"\x93NUMPY"),
        lambda p: p.write_text("x"),
        lambda p: np.save(p, {"masks": "no"}),
        lambda p: np.save(p, {1: 2}),
        lambda p: np.save(p, np.array([[1], {}], dtype=object)),
    ],
)
def test_no_such_file(tmp_path, save):
    path = tmp_path / "a_seg.npy"
    save(path)
    with pytest.raises(UnreadableFile, match="In Cellpose choose File > Save masks as PNG/tif"):
        CELLPOSE.read(path, SIZE)


def test_another_size(tmp_path):
    np.save(tmp_path / "a_seg.npy", {"masks": np.zeros((4, 5), int)})
    with pytest.raises(BadLabels, match="keep the size"):
        CELLPOSE.read(tmp_path / "a_seg.npy", SIZE)


def test_a_file_that_refers_to_itself_again_and_again_is_small(tmp_path):
    """A list of lists of lists: doubling by reference costs nothing, because nothing is copied out."""
    deep = []
    for _ in range(60):
        deep = [deep, deep]
    np.save(tmp_path / "a_seg.npy", {"masks": np.zeros((40, 50), int), "deep": deep})
    begin = time.perf_counter()
    assert CELLPOSE.read(tmp_path / "a_seg.npy", SIZE).shapes == ()
    assert time.perf_counter() - begin < 5
