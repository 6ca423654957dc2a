"""ImageJ ROI sets: ours, and those that ImageJ and AnnotatorJ wrote."""

import json
import zipfile

import numpy as np
import pytest
import roifile
import tifffile
from refine.objects_of_all_kinds import pair, square, stack, zipped

from opsef_core.errors import BadImage, UnreadableFile
from opsef_core.refine import file_format
from opsef_core.refine._roi import roi_bytes

SIZE = {"Y": 40, "X": 50}
ROI = file_format("imagej_roi")


def rois(path):
    with zipfile.ZipFile(path) as archive:
        return {name: roifile.ImagejRoi.frombytes(archive.read(name)) for name in archive.namelist()}


def test_names_groups_colours_and_kinds(tmp_path):
    path = ROI.out(tmp_path, [pair(classes={1: "b", 7: "a"})])
    assert path.name == "0001_Zellen_1_RoiSet.zip"
    found = rois(path)
    assert list(found) == [f"{i:04d}.roi" for i in (1, 2, 7, 9, 12, 300, 65535, 65536, 2_000_000_000)]
    assert {name: roi.group for name, roi in found.items() if roi.group} == {"0001.roi": 2, "0007.roi": 1}
    assert found["0001.roi"].stroke_color == b"\xff\x00\xff\x00"
    assert found["0007.roi"].composite
    assert found["0001.roi"].roitype == roifile.ROI_TYPE.TRACED


def test_planes_of_a_stack(tmp_path):
    found = rois(ROI.out(tmp_path, [stack()]))
    assert {name: (roi.position, roi.z_position) for name, roi in found.items()} == {
        "0005_z0001.roi": (1, 1),
        "0005_z0002.roi": (2, 2),
        "0008_z0001.roi": (1, 1),
        "0008_z0003.roi": (3, 3),
        "70000_z0003.roi": (3, 3),
    }


def test_an_image_without_objects_has_no_zip_and_is_given_back(tmp_path):
    image, labels = pair(np.zeros((5, 6), np.int32))
    assert ROI.out(tmp_path, [(image, labels)]) == tmp_path
    (again,) = ROI.back(tmp_path).labels
    assert again.count == 0
    assert again.key == labels.key


def test_what_a_person_drew_deleted_and_classified_comes_back(tmp_path):
    path = ROI.out(tmp_path, [pair(classes={1: "b", 7: "a"})])
    with zipfile.ZipFile(path) as archive:
        kept = [(n, archive.read(n)) for n in archive.namelist() if n not in ("0002.roi", "0012.roi")]
    new = roifile.ImagejRoi.frompoints(square(30, 2, 6))
    new.group, new.name = 4, "drawn"
    zipped(path, [*kept, ("drawn.roi", new.tobytes()), ("0300-1.roi", roi_bytes("0300-1", [square(20, 30)], 1))])
    returned = ROI.back(tmp_path)
    (again,) = returned.labels
    assert again.ids.tolist() == [1, 7, 9, 300, 65535, 65536, 2_000_000_000, 2_000_000_001, 2_000_000_002]
    assert again.objects["class"].dropna().to_dict() == {1: "b", 7: "a", 2_000_000_001: 4, 2_000_000_002: "a"}
    assert again.history[-1].kind == "hand"
    assert returned.problems == (f"{path.name}: objects with a new id, because an earlier one has theirs (1): 0300-1.",)


def test_too_large_for_the_format(tmp_path):
    ids = np.zeros((1, 40000), np.int32)
    ids[0, 3] = 1
    with pytest.raises(BadImage, match="reach 32767 pixels, not 40000"):
        ROI.out(tmp_path, [pair(ids)])


# What hadim/read-roi says of its files (bounds), and the area by ImageJ's rules.
AREAS = {"rectangle": 1548, "polygon": 7162, "point": 1, "composite-rect-in-rect": 61 * 42 - 31 * 18}
LINES = ("freeline", "line1", "line2", "polyline")


def test_every_kind_of_roi_that_imagej_wrote(real_data):
    folder = real_data / "roi_samples" / "read_roi"
    seen = 0
    for path in sorted(folder.glob("*.roi")):
        drawing = ROI.read(path, {"Y": 300, "X": 300})
        seen += 1
        if path.stem in LINES:
            assert drawing.problems == (
                f"{path.name}: left out, because lines and texts have no area (1): {path.stem}.",
            )
            continue
        (shape,) = drawing.shapes
        about = path.with_suffix(".json")
        about = next(iter(json.loads(about.read_text()).values())) if about.exists() else {}
        if about.get("type") in ("rectangle", "oval") and "cut" not in "".join(drawing.problems):
            rows, columns = shape.box
            assert (columns.start, rows.start) == (about["left"], about["top"])
            assert (columns.stop - columns.start, rows.stop - rows.start) == (about["width"], about["height"])
        if about.get("type") == "oval" and not drawing.problems:
            assert abs(shape.inside.sum() / (np.pi / 4 * about["width"] * about["height"]) - 1) < 0.02
        if path.stem in ("rectangle", "polygon", "point"):
            assert shape.inside.sum() == AREAS[path.stem]
    assert seen == 23


def test_ovals_are_symmetrical():
    roi = roifile.ImagejRoi()
    roi.version, roi.roitype, roi.left, roi.top, roi.right, roi.bottom = 228, roifile.ROI_TYPE.OVAL, 3, 4, 24, 19
    inside = read_one(roi)
    assert np.array_equal(inside, inside[::-1])
    assert np.array_equal(inside, inside[:, ::-1])
    y, x = np.mgrid[:15, :21] + 0.5
    assert np.array_equal(inside, ((x - 10.5) / 10.5) ** 2 + ((y - 7.5) / 7.5) ** 2 <= 1)


def test_round_corners_take_something_away():
    roi = roifile.ImagejRoi()
    roi.version, roi.left, roi.top, roi.right, roi.bottom = 228, 0, 0, 20, 10
    roi.roitype = roifile.ROI_TYPE.RECT
    assert read_one(roi).sum() == 200
    roi.rounded_rect_arc_size = 8
    assert read_one(roi).sum() == pytest.approx(200 - (4 - np.pi) * 16, abs=6)


def read_one(roi, size=SIZE):
    from opsef_core.refine._drawing import Sketch
    from opsef_core.refine._roi import draw

    sketch = Sketch("f", size)
    draw(sketch, "1", roi.tobytes(), {})
    (shape,) = sketch.drawing().shapes
    return shape.inside


def test_annotatorjs_zips(real_data):
    folder = real_data / "roi_samples" / "annotatorj"
    drawing = ROI.read(folder / "img_ROIs.zip", {"Y": 256, "X": 256})
    assert (len(drawing.shapes), drawing.ids[0], drawing.problems) == (49, 1, ())
    assert (len(set(drawing.ids)), drawing.ids[-1]) == (49, 50)  # one was deleted: ids keep their gap
    classes = ROI.read(folder / "img_ROIs_classes.zip", {"Y": 256, "X": 256}, {"1": "normal"})
    flat = classes.flat()
    theirs = roifile.roiread(folder / "img_ROIs_classes.zip")
    assert len(flat.classes) == sum(roi.group > 0 for roi in theirs) == 8
    assert set(flat.classes.values()) == {"normal" if r.group == 1 else r.group for r in theirs if r.group}


@pytest.mark.parametrize(("name", "count"), [("TCGA-DE-A4MA", 59), ("TCGA-S4-A8RO", 117)])
def test_overlapping_outlines_of_cryonuseg(real_data, name, count):
    drawing = ROI.read(real_data / f"roi_samples/cryonuseg/{name}_RoiSet.zip", {"Y": 512, "X": 512})
    assert len(drawing.shapes) == count
    layers = drawing.layers()
    assert len(layers) == 2
    assert sum(len(np.unique(layer)) - 1 for layer in layers) == count
    assert "later ones overlap" in " ".join(drawing.flat().problems)


def test_neubias_polygons(real_data):
    folder = real_data / "roi_samples" / "neubias"
    assert len(ROI.read(folder / "measure_shapes_rois.zip", {"Y": 200, "X": 200}).shapes) == 3
    assert len(ROI.read(folder / "measure_intensities_imagej_rois.zip", {"Y": 200, "X": 200}).layers()) == 3


def test_usiigacis_outlines_give_its_labels(real_data):
    """Each object against the label of most of its pixels; the labels were made from these outlines elsewhere."""
    paths = sorted((real_data / "usiigaci_t98g" / "labels").glob("*.tif"))
    assert paths
    means = []
    for path in paths:
        truth = tifffile.imread(path)
        drawing = ROI.read(
            path.parents[1] / f"roisets/{path.stem}_RoiSet.zip", dict(zip("YX", truth.shape, strict=True))
        )
        assert len(drawing.shapes) == len(np.unique(truth)) - 1
        areas = np.bincount(truth.ravel())
        scores = []
        for shape in drawing.shapes:
            under = np.bincount(truth[shape.box][shape.inside], minlength=len(areas))
            under[0] = 0
            best = under.argmax()
            scores.append(under[best] / (areas[best] + shape.inside.sum() - under[best]))
        means.append(np.mean(scores))
    assert min(means) > 0.95


def test_zip_bombs_slips_and_ruins(tmp_path, monkeypatch):
    good = roi_bytes("0003", [square(3, 3)])
    slip = zipped(tmp_path / "slip.zip", [("../../0003.roi", good), ("C:\\x\\0004.roi", good), ("a/notes.txt", b"x")])
    assert [s.name for s in ROI.read(slip, SIZE).shapes] == ["0003", "0004"]
    assert sorted(p.name for p in tmp_path.parent.glob("*.roi")) == []
    zeros = zipped(tmp_path / "zeros.zip", [("1.roi", bytes(2**26 + 1))])
    assert zeros.stat().st_size < 2**20
    with pytest.raises(UnreadableFile, match="unpack to more than"):
        ROI.read(zeros, SIZE)
    monkeypatch.setattr("opsef_core.refine._zip.MOST_FILES", 3)
    many = zipped(tmp_path / "many.zip", [(f"{i}.roi", good) for i in range(4)])
    with pytest.raises(UnreadableFile, match="holds 4 files"):
        ROI.read(many, SIZE)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(slip.read_bytes()[:-30])
    with pytest.raises(UnreadableFile, match="may be cut off"):
        ROI.read(cut, SIZE)
    with pytest.raises(UnreadableFile, match="does not exist"):
        ROI.read(tmp_path / "none.zip", SIZE)
    broken = zipped(tmp_path / "broken.zip", [("1.roi", good), ("2.roi", b"Iout"), ("3.roi", b"")])
    assert ROI.read(broken, SIZE).problems == ("broken.zip: objects left out, because they cannot be read (2): 2, 3.",)


def test_names_of_all_kinds(tmp_path):
    names = ["0004", "0004-1", "0012-0345", "70000", str(2**31), "9" * 30, "Zelle ß", "0000"]
    path = zipped(tmp_path / "ÄÖ.zip", [(f"{n}.roi", roi_bytes(n, [square(6 * k, 3)])) for k, n in enumerate(names)])
    drawing = ROI.read(path, SIZE | {"X": 60})
    assert drawing.ids == (4, 70001, 70002, 70000, 70003, 70004, 70005, 70006)
    empty = zipped(tmp_path / "empty.zip", [])
    assert ROI.read(empty, SIZE).flat().pixels.max() == 0
