"""What every format with files of its own keeps, or says that it cannot."""

import json

import numpy as np
import pytest
from refine.objects_of_all_kinds import ids_of_all_kinds, pair, stack

from opsef_core.errors import BadLabels, OpsefError
from opsef_core.refine import FORMATS, file_format
from opsef_core.refine._file_format import FileFormat

NAMES = [name for name in FORMATS.names() if issubclass(FORMATS.get(name), FileFormat)]
OPTIONS = {
    "annotatorj_masks": [{"kind_of_mask": "labelled"}, {"kind_of_mask": "layered"}],
    "coco": [{"masks": masks} for masks in ("rle", "counts", "polygon")],
    "geojson": [{"objects": objects} for objects in ("annotation", "detection")],
    "ome_zarr": [{"ngff": "0.4"}, {"ngff": "0.5"}],
}
MADE = [file_format(name, **options) for name in NAMES for options in OPTIONS.get(name, [{}])]


def test_all_of_them_are_here():
    assert set(NAMES) == {
        "annotatorj_masks", "annotatorj_rois", "cellpose_npy", "coco", "geojson", "imagej_roi", "ome_zarr",
        "stardist_folder", "yolo",
    }  # fmt: skip


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.title)
def test_everything_hard_comes_back_to_the_pixel(made, tmp_path):
    classes = {1: "cell", 7: "object", 9: "cell", 65536: "Kern ß"}
    pairs = [pair(classes=classes), pair(np.roll(ids_of_all_kinds(), 7, 1), {2: "object"}, "again"), pair(name="plain")]
    made.out(tmp_path, pairs)
    returned = file_format(made.name).back(tmp_path)  # the options are in the note
    assert returned.problems == ()
    for again, (_, labels) in zip(returned.labels, pairs, strict=True):
        assert np.array_equal(again.pixels, labels.pixels)
        assert (again.key, again.name) == (labels.key, labels.name)
        assert set(again.objects.columns) == set(labels.objects.columns)
        if len(labels.objects.columns):
            assert again.objects["class"].dropna().to_dict() == labels.objects["class"].dropna().to_dict()


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.title)
def test_stacks_come_back_or_are_refused(made, tmp_path):
    image, labels = stack()
    if not made.stacks:
        with pytest.raises(BadLabels, match="is a stack, and .* is for planes"):
            made.out(tmp_path / "a", [(image, labels)])
        assert not (tmp_path / "a").exists()
        return
    made.out(tmp_path, [(image, labels)])
    (again,) = made.back(tmp_path).labels
    assert np.array_equal(again.pixels, labels.pixels)
    assert again.objects["class"].dropna().to_dict() == {5: "Kern ß", 8: "b"}
    assert again.axes == "ZYX"


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.title)
def test_deleted_broken_and_foreign_files_never_end_in_anything_else(made, tmp_path):
    made.out(tmp_path, [pair(), pair(name="second")])
    note = json.loads((tmp_path / "opsef_export.json").read_text())
    for file in [f for f in note["files"] if "0001" in f or f.endswith("annotations.json")]:
        whole = (tmp_path / file).read_bytes()
        for content in (b"", whole[: len(whole) // 2], b"\x00" * 50, b"[" * 5000, None):
            if content is None:
                (tmp_path / file).unlink()
            else:
                (tmp_path / file).write_bytes(content)
            try:
                returned = made.back(tmp_path)
                assert "second" in [labels.name for labels in returned.labels] or file == "annotations.json"
            except OpsefError:
                assert file == "annotations.json"
        (tmp_path / file).write_bytes(whole)
    assert made.back(tmp_path).problems == ()


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.title)
def test_the_same_labels_give_the_same_bytes(made, tmp_path):
    for name in "ab":
        made.out(tmp_path / name, [pair(classes={1: 3, 7: 5})])
    first, second = (json.loads((tmp_path / name / "opsef_export.json").read_text())["files"] for name in "ab")
    assert first == second


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.title)
def test_classes_that_are_numbers_stay_numbers(made, tmp_path):
    made.out(tmp_path, [pair(classes={1: 3, 7: 5})])
    (again,) = made.back(tmp_path).labels
    assert again.objects["class"].dropna().to_dict() == {1: 3, 7: 5}
