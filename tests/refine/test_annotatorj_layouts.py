"""What AnnotatorJ saves beside an image, and what its exporter writes."""

import numpy as np
import pytest
import roifile
import tifffile
from refine.objects_of_all_kinds import ids_of_all_kinds, pair, square, zipped

from opsef_core.errors import UnreadableFile
from opsef_core.refine import file_format
from opsef_core.refine._roi import roi_bytes

SIZE = {"Y": 40, "X": 50}


def out(tmp_path, name, **options):
    made = file_format(name, **options)
    path = made.out(tmp_path, [pair(classes={1: "a", 7: "b", 9: "a"})])
    return made, path


def test_instances_have_annotatorjs_names(tmp_path):
    _, path = out(tmp_path, "annotatorj_rois")
    assert path == tmp_path / "masks" / "0001_Zellen_1_ROIs.zip"
    assert (tmp_path / "0001_Zellen_1.tif").exists()
    assert [r.group for r in roifile.roiread(path)][:4] == [1, 0, 2, 1]


def test_boxes(tmp_path):
    made, path = out(tmp_path, "annotatorj_rois", annotation="bounding_box")
    assert path.name == "0001_Zellen_1_bboxes.zip"
    drawing = made.read(path, SIZE)
    assert drawing.ids == (1, 2, 7, 9, 12, 300, 65535, 65536, 2_000_000_000)
    assert [s.inside.sum() for s in drawing.shapes][:3] == [30, 24, 225]
    (again,) = made.back(tmp_path).labels
    assert again.ids.tolist() == list(drawing.ids)
    assert again.objects["class"].dropna().to_dict() == {1: "a", 7: "b", 9: "a"}


def test_a_semantic_mask_says_what_it_lost(tmp_path):
    made, path = out(tmp_path, "annotatorj_rois", annotation="semantic")
    assert path.name == "0001_Zellen_1_semantic.tiff"
    assert set(np.unique(tifffile.imread(path))) == {0, 255}
    returned = made.back(tmp_path)
    (again,) = returned.labels
    assert np.array_equal(again.pixels > 0, ids_of_all_kinds() > 0)
    assert again.count == 9  # 1 and 2 touch, 9 lies in 7, 7 and 12 have two parts each
    assert "have no ids" in returned.problems[0]


def test_a_folder_of_another_name_is_a_class(tmp_path):
    made, path = out(tmp_path, "annotatorj_rois")
    (tmp_path / "cancerous").mkdir()
    zipped(tmp_path / "cancerous" / path.name, [("0001.roi", roi_bytes("0001", [square(28, 8)]))])
    returned = made.back(tmp_path)
    (again,) = returned.labels
    assert again.objects["class"].dropna().to_dict() == {1: "a", 7: "b", 9: "a", 2_000_000_001: "cancerous"}
    assert again.history[-1].kind == "hand"
    assert "a new id, because an earlier one has theirs (1): 0001." in returned.problems[0]


def test_all_annotations_deleted_in_place(tmp_path):
    made, path = out(tmp_path, "annotatorj_rois")
    path.unlink()
    returned = made.back(tmp_path)
    assert returned.labels == ()
    assert "was deleted" in returned.problems[0]


def test_real_annotations(real_data):
    made = file_format("annotatorj_rois")
    path = real_data / "roi_samples" / "annotatorj" / "img_ROIs.zip"
    drawing = made.read(path, {"Y": 256, "X": 256}, "normal")
    assert {shape.label for shape in drawing.shapes} == {"normal"}
    with pytest.raises(UnreadableFile, match="none of AnnotatorJ's files"):
        made.read(path.with_name("img.png"), {"Y": 256, "X": 256})


@pytest.mark.parametrize(
    ("kind", "name"),
    [("labelled", "labelled_masks/{}.tiff"), ("layered", "layered_masks/{}.tiff"), ("binary", "binary_masks/{}.tiff"),
     ("coordinates", "bounding_box_coordinates/{}.csv")],
)  # fmt: skip
def test_exports_have_annotatorjs_names(kind, name, tmp_path):
    _, path = out(tmp_path, "annotatorj_masks", kind_of_mask=kind)
    assert path == tmp_path / name.format("0001_Zellen_1")
    assert [p.name for p in sorted(path.parent.glob("Class_*"))] == ["Class_01", "Class_02"]
    if kind == "coordinates":
        assert path.read_text().splitlines()[:3] == ["x,y,width,height", "0,0,5,6", "5,0,4,6"]
        assert (path.parent / "Class_02" / path.name).read_text().splitlines() == ["x,y,width,height", "10,10,15,15"]
        return
    pixels = tifffile.imread(path)
    assert pixels.dtype == np.uint16
    one = tifffile.imread(path.parent / "Class_02" / path.name)
    if kind == "layered":
        assert pixels.shape == one.shape == (9, 40, 50)
        assert set(np.unique(pixels)) == {0, 1}
        assert one.any(axis=(1, 2)).tolist() == [n == 2 for n in range(9)]
    else:
        assert (int(pixels.max()), int(one.max())) == ((9, 3) if kind == "labelled" else (1, 1))


def test_layers_keep_overlaps(tmp_path):
    made, path = out(tmp_path, "annotatorj_masks", kind_of_mask="layered")
    pages = tifffile.imread(path)
    pages[1, 0:6, 0:9] = 1  # object 2 over object 1
    tifffile.imwrite(path, pages, photometric="minisblack")
    drawing = made.read(path, SIZE)
    assert len(drawing.layers()) == 2
    returned = made.back(tmp_path)
    assert "objects lost, because later ones cover them wholly (1): 1." in " ".join(returned.problems)


def test_boxes_come_back_as_boxes_with_ids_and_classes(tmp_path):
    made, path = out(tmp_path, "annotatorj_masks", kind_of_mask="coordinates")
    (again,) = made.back(tmp_path).labels
    assert 7 in again.ids
    assert again.objects["class"].dropna().to_dict()[7] == "b"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableFile, match="lacks some of the columns x, y, width, height"):
        made.back(tmp_path)


def test_class_files_of_annotatorj_have_other_numbers(tmp_path):
    """In its class files the value is the name of the ROI, in the main file its position: only the place counts."""
    made, path = out(tmp_path, "annotatorj_masks")
    file = path.parent / "Class_01" / path.name
    tifffile.imwrite(file, tifffile.imread(file) * 7)
    (again,) = made.back(tmp_path).labels
    assert again.count == 9
    assert again.objects["class"].dropna().to_dict() == {1: "a", 3: "b", 4: "a"}
