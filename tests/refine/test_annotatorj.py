"""What AnnotatorJ's importer would make of the folder: the same ids, classes and pixels."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import tifffile
import toy
from refine import annotatorj_emulator as annotatorj

from opsef_core.data import RGB, Act, Image, Labels
from opsef_core.errors import BadImage, BadLabels, BadRunFolder, UnknownName
from opsef_core.refine import file_format

A, B = (
    np.array([[1, 1, 0, 3, 3], [1, 0, 0, 3, 3], [0, 0, 0, 0, 0], [7, 7, 7, 0, 0]], np.int32),
    np.array([[0, 2, 2, 0, 0], [0, 2, 2, 0, 5], [0, 0, 0, 5, 5], [0, 0, 0, 0, 0]], np.int32),
)


def labelled(name, ids, classes=None):
    """An image and its labels, with classes by id."""
    image = Image(toy.picture(ids), "YX", name)
    ids_present = [int(i) for i in np.unique(ids) if i]
    table = None
    if classes is not None:
        column = pd.Series([classes.get(i) for i in ids_present], index=ids_present, dtype=object)
        table = pd.DataFrame({"class": column})
    return image, Labels.of(image, ids, Act("truth", "toy"), table)


def out(folder, pairs, **options):
    return file_format("annotatorj", **options).out(folder, pairs)


def lists(folder):
    return sorted(path.name for path in (folder / "10_ImportExport").iterdir())


def note(folder):
    return json.loads((folder / "opsef_export.json").read_text())


def seen(rois):
    """{id: (class, pixels)} of one image's ROI list."""
    return {int(roi.name): (roi.group, int(roi.mask.sum())) for roi in rois}


# --- the worked example ---------------------------------------------------------------------------------------


def test_two_images_without_classes(tmp_path):
    path = out(tmp_path / "p", [labelled("a", A), labelled("b", B)], dataset="demo", run="001")
    assert path == tmp_path / "p/10_ImportExport/FilePairList_demo_001.txt"
    assert path.read_bytes() == (
        b"/00_InputRaw/0001_a.tif;/02_SegMasks/0001_Mask_a.tif\n/00_InputRaw/0002_b.tif;/02_SegMasks/0002_Mask_b.tif\n"
    )
    assert lists(tmp_path / "p") == ["FilePairList_demo_001.txt"]
    assert not (tmp_path / "p/12_TmpRoisFromFiji").exists()
    opened = annotatorj.open_list(path)
    assert [seen(rois) for rois in opened.rois] == [{1: (0, 3), 3: (0, 4), 7: (0, 3)}, {2: (0, 4), 5: (0, 3)}]
    assert opened.stack.shape == (2, 4, 5)


def test_the_lists_of_the_description_open_and_export_as_described(tmp_path):
    """The names the ancestor used, our files behind them; the exporter's lists to the letter."""
    out(tmp_path, [labelled("a", A), labelled("b", B)])
    for letter, number in (("a", 1), ("b", 2)):
        (tmp_path / f"00_InputRaw/000{number}_{letter}.tif").rename(tmp_path / f"00_InputRaw/8bitSum_{letter}.tif")
        mask = f"000_CP_Mask_0.6_RGBInput_000_{letter}.tif"
        (tmp_path / f"02_SegMasks/000{number}_Mask_{letter}.tif").rename(tmp_path / f"02_SegMasks/{mask}")
    path = tmp_path / "10_ImportExport/FilePairList_demo_001.txt"
    path.write_bytes(
        b"/00_InputRaw/8bitSum_a.tif;/02_SegMasks/000_CP_Mask_0.6_RGBInput_000_a.tif\n"
        b"/00_InputRaw/8bitSum_b.tif;/02_SegMasks/000_CP_Mask_0.6_RGBInput_000_b.tif\n"
    )
    opened = annotatorj.open_list(path)
    set_class(opened.rois[0], {1: 2, 3: 1})
    set_class(opened.rois[1], {5: 1})
    annotatorj.export(opened)
    assert {p.name: set(np.unique(tifffile.imread(p)).tolist()) for p in tmp_path.glob("1[13]_*/*.tif")} == {
        "000_CP_Mask_0.6_RGBInput_000_a.tif": {0, 1, 3, 7},
        "000_CP_Mask_0.6_RGBInput_000_b.tif": {0, 2, 5},
        "000_CP_MaskClass02_0.6_RGBInput_000_a.tif": {0, 1},
        "000_CP_MaskClass01_0.6_RGBInput_000_a.tif": {0, 3},
        "000_CP_MaskClass01_0.6_RGBInput_000_b.tif": {0, 5},
    }
    assert (tmp_path / "10_ImportExport/FilePairList_fromFiji_Masks.txt").read_bytes() == (
        b"/00_InputRaw/8bitSum_a.tif;/11_SegMasksFromFiji/000_CP_Mask_0.6_RGBInput_000_a.tif\r\n"
        b"/00_InputRaw/8bitSum_b.tif;/11_SegMasksFromFiji/000_CP_Mask_0.6_RGBInput_000_b.tif\r\n"
    )
    folder = "/13_ClassifiedSegMasksFromFiji/000_CP_MaskClass"
    assert (tmp_path / "10_ImportExport/FilePairList_fromFiji_Classes.txt").read_text().splitlines() == [
        f"/00_InputRaw/8bitSum_a.tif;{folder}02_0.6_RGBInput_000_a.tif;{folder}01_0.6_RGBInput_000_a.tif;",
        f"/00_InputRaw/8bitSum_b.tif;{folder}01_0.6_RGBInput_000_b.tif;",
    ]


def set_class(rois, classes):
    for roi in rois:
        roi.group = classes.get(int(roi.name), 0)


# --- classes --------------------------------------------------------------------------------------------------


def test_classes_reach_both_lists(tmp_path):
    pairs = [labelled("a", A, {1: "tumour", 3: "normal"}), labelled("b", B, {5: "normal"})]
    path = out(tmp_path, pairs)
    assert lists(tmp_path) == ["FilePairList_Classes_opsef_001.txt", "FilePairList_opsef_001.txt"]
    classes = tmp_path / "10_ImportExport/FilePairList_Classes_opsef_001.txt"
    folder = "/07_ClassifiedSegMasks/"
    assert classes.read_text() == (
        f"/00_InputRaw/0001_a.tif;{folder}0001_MaskClass01_a.tif;{folder}0001_MaskClass02_a.tif;\n"
        f"/00_InputRaw/0002_b.tif;{folder}0002_MaskClass01_b.tif;{folder}0002_MaskClass02_b.tif;\n"
    )
    assert note(tmp_path)["classes"] == {"1": "normal", "2": "tumour"}
    for opened in (annotatorj.open_list(path), annotatorj.open_list(classes)):
        assert seen(opened.rois[0]) == {1: (2, 3), 3: (1, 4), 7: (0, 3)}
        assert seen(opened.rois[1]) == {2: (0, 4), 5: (1, 3)}


def test_without_contours_the_class_list_has_the_classified_objects(tmp_path):
    out(tmp_path, [labelled("a", A, {1: "tumour", 3: "normal"})], rois=False)
    opened = annotatorj.open_list(tmp_path / "10_ImportExport/FilePairList_Classes_opsef_001.txt")
    assert seen(opened.rois[0]) == {3: (1, 4), 1: (2, 3)}
    assert not (tmp_path / "12_TmpRoisFromFiji").exists()


def test_a_single_class_still_arrives(tmp_path):
    out(tmp_path, [labelled("a", A, {1: "n", 3: "n", 7: "n"})], rois=False)
    opened = annotatorj.open_list(tmp_path / "10_ImportExport/FilePairList_Classes_opsef_001.txt")
    assert seen(opened.rois[0]) == {1: (1, 3), 3: (1, 4), 7: (1, 3)}


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({1: 4, 3: 2}, {1: 4, 3: 2}),
        ({1: 4.0, 3: np.nan}, {1: 4}),
        ({1: 0, 3: 12}, {1: 1, 3: 2}),
        ({1: "b", 3: "a", 7: "c"}, {1: 2, 3: 1, 7: 3}),
        ({1: True, 3: False}, {1: 2, 3: 1}),
    ],
    ids=["numbers_stay", "real_numbers_with_gaps", "numbers_out_of_range", "words", "yes_no"],
)
def test_class_numbers(tmp_path, given, numbers):
    path = out(tmp_path, [labelled("a", A, given)])
    found = {i: group for i, (group, _) in seen(annotatorj.open_list(path).rois[0]).items() if group}
    assert found == numbers


def test_ten_classes_are_too_many(tmp_path):
    ids = np.arange(1, 11, dtype=np.int32)[None].repeat(2, 0)
    with pytest.raises(BadLabels) as error:
        out(tmp_path / "p", [labelled("a", ids, {i: f"c{i}" for i in range(1, 11)})])
    assert str(error.value) == "There are 10 classes, and the format has numbers for 9; merge some."
    assert not (tmp_path / "p").exists()


# --- ids ------------------------------------------------------------------------------------------------------


def test_ids_above_16_bit_get_free_numbers_and_the_note_knows(tmp_path):
    ids = np.where(A == 3, 70000, np.where(A == 7, 65535, A)).astype(np.int32)
    path = out(tmp_path, [labelled("a", ids, {70000: 2})])
    assert seen(annotatorj.open_list(path).rois[0]) == {1: (0, 3), 2: (2, 4), 65535: (0, 3)}
    assert note(tmp_path)["images"][0]["changed_ids"] == {"2": 70000}


def test_a_huge_id_costs_no_memory(tmp_path):
    ids = np.where(A == 3, 2_000_000_000, A).astype(np.int32)
    path = out(tmp_path, [labelled("a", ids)], rois=True)
    assert sorted(seen(annotatorj.open_list(path).rois[0])) == [1, 2, 7]


def test_more_objects_than_16_bit(tmp_path):
    ids = np.arange(1, 65537, dtype=np.int32).reshape(256, 256)
    with pytest.raises(BadLabels) as error:
        out(tmp_path, [labelled("a", ids)])
    assert str(error.value) == (
        "a has 65536 objects, and an AnnotatorJ label image holds 65535; export tiles, or export to='ome_tiff'."
    )


def test_shapes_that_are_hard_on_contours(tmp_path):
    ids = np.zeros((16, 18), np.int32)
    ids[0:5, 0:5] = 1  # at the border
    ids[2, 2] = 0  # with a hole
    ids[0:5, 5:9] = 2  # touching
    ids[8:10, 2:4] = ids[12, 10] = 4  # two parts
    ids[15, 17] = 9  # one pixel in the corner
    pair = labelled("hard", ids)
    for rois in (False, True):
        opened = annotatorj.open_list(out(tmp_path / str(rois), [pair], rois=rois))
        for roi in opened.rois[0]:
            assert np.array_equal(roi.mask, ids == int(roi.name))
        assert len(opened.rois[0]) == 4


def test_an_empty_image_among_others(tmp_path):
    pairs = [labelled("none", np.zeros_like(A)), labelled("a", A, {1: "x"})]
    path = out(tmp_path, pairs)
    assert [len(rois) for rois in annotatorj.open_list(path).rois] == [0, 3]
    assert note(tmp_path)["images"][0]["count"] == 0


# --- images ---------------------------------------------------------------------------------------------------


def test_a_list_for_each_size_and_type(tmp_path):
    colour = Image(np.zeros((3, 4, 5), np.uint8), "CYX", "colour", channels=RGB)
    pairs = [
        labelled("a", A),
        labelled("wide", np.zeros((4, 6), np.int32)),
        (colour, Labels.of(colour, A, Act("t", "t"))),
    ]
    path = out(tmp_path, pairs)
    assert path.name == "FilePairList_opsef_001_5x4_grey.txt"
    assert lists(tmp_path) == [
        "FilePairList_opsef_001_5x4_grey.txt",
        "FilePairList_opsef_001_5x4_rgb.txt",
        "FilePairList_opsef_001_6x4_grey.txt",
    ]
    for name in lists(tmp_path):
        assert len(annotatorj.open_list(tmp_path / "10_ImportExport" / name).lines) == 1


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_every_type_becomes_8_bit(tmp_path, dtype):
    pixels = (toy.picture(A) > 100).astype(dtype) * (dtype(1) if dtype is bool else dtype(100))
    image = Image(pixels.astype(dtype), "YX", "x")
    path = out(tmp_path, [(image, Labels.of(image, A, Act("truth", "toy")))])
    stack = annotatorj.open_list(path).stack
    assert stack.dtype == np.uint8
    assert stack[0, 0, 0] > stack[0, 2, 2]


def test_8_bit_pixels_stay_as_they_are(tmp_path):
    grey, labels = labelled("grey", A)
    rgb = Image(np.stack([grey.array()] * 3), "CYX", "rgb", channels=RGB)
    out(tmp_path, [(grey, labels), (rgb, Labels.of(rgb, A, Act("truth", "toy")))])
    assert np.array_equal(tifffile.imread(tmp_path / "00_InputRaw/0001_grey.tif"), grey.array())
    assert np.array_equal(tifffile.imread(tmp_path / "00_InputRaw/0002_rgb.tif"), np.moveaxis(rgb.array(), 0, -1))


def test_a_stack_is_refused(tmp_path):
    image = Image(np.zeros((3, 4, 5), np.uint8), "ZYX", "stack")
    with pytest.raises(BadImage) as error:
        out(tmp_path / "p", [(image, Labels.of(image, np.zeros((3, 4, 5), np.int32), Act("t", "t")))])
    assert str(error.value) == (
        "stack has the axes ZYX, and AnnotatorJ knows planes only. Project it when reading (project='max'), "
        "choose a plane (z=0), or export to='ome_tiff'."
    )
    assert not (tmp_path / "p").exists()


# --- names ----------------------------------------------------------------------------------------------------


NAMES = [
    "x_Mask_y.tif",
    "Mask_",
    "a_MaskClass03_b",
    "one;two",
    "folder/sub\\scene 1/tile[0,0]",
    "Zellkerne größer µ.tif",
    "細胞",
    "../../etc/passwd",
    "same",
    "same",
    "SAME",
    "dots.in.name.ome.tiff",
    "long" * 60,
    "CON",
]


def test_awkward_names_give_files_the_importer_can_tell_apart(tmp_path):
    folder = tmp_path / "p"
    path = out(folder, [labelled(name, A, {1: 1}) for name in NAMES], dataset="ä;/Mask_", run="1 2")
    opened = annotatorj.open_list(path)
    assert [seen(rois) for rois in opened.rois] == [{1: (1, 3), 3: (0, 4), 7: (0, 3)}] * len(NAMES)
    entries = note(folder)["images"]
    assert [entry["image_name"] for entry in entries] == NAMES
    for entry in entries:
        assert entry["mask"].count("_Mask") == 1
        assert entry["mask"].split("/")[1].count("_Mask_") == 1
        assert len(entry["mask"]) < 120
    assert len({entry["mask"].lower() for entry in entries}) == len(NAMES)
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


# --- the note and the folder ----------------------------------------------------------------------------------


def test_the_note_says_what_is_needed_for_the_way_back(tmp_path):
    image = Image(toy.picture(A), "YX", "t/0", {"Y": 0.5, "X": 0.25}, parent="t", origin={"Y": 4, "X": 8})
    labels = Labels.of(image, A, Act("model", "toy", {"size_px": 3}, "2", "abc"))
    out(tmp_path, [(image, labels)])
    (entry,) = note(tmp_path)["images"]
    assert (entry["key"], entry["image_key"], entry["source"]) == (labels.key, image.key, image.source)
    assert entry["history"] == [labels.history[0].as_dict()]
    assert (entry["size"], entry["spacing_um"]) == ({"Y": 4, "X": 5}, {"Y": 0.5, "X": 0.25})
    assert (entry["parent"], entry["origin"]) == ("t", {"Y": 4, "X": 8})
    files = note(tmp_path)["files"]
    assert set(files) == {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.t*t*") if p.is_file()} | {
        "00_InputRaw/0001_t_0.tif",
        "02_SegMasks/0001_Mask_t_0.tif",
    }
    assert all(len(checksum) == 64 for checksum in files.values())


def test_exporting_again_replaces_an_untouched_export(tmp_path):
    out(tmp_path, [labelled("a", A, {1: "x"}), labelled("b", B)])
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    out(tmp_path, [labelled("a", A, {1: "x"}), labelled("b", B)])
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    out(tmp_path, [labelled("only", B)])
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        "0001_Mask_only.tif",
        "0001_only.tif",
        "FilePairList_opsef_001.txt",
        "opsef_export.json",
    ]


def test_an_interrupted_export_can_be_done_again(tmp_path, monkeypatch):
    from opsef_core.refine import _folder

    def interrupted(self, facts):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_folder.Outbox, "close", interrupted)
        with pytest.raises(KeyboardInterrupt):
            out(tmp_path, [labelled("a", A, {1: "x"})])
    path = out(tmp_path, [labelled("a", np.zeros_like(A))])
    assert annotatorj.open_list(path).rois == [[]]
    assert not list(tmp_path.glob("12_TmpRoisFromFiji/*"))


@pytest.mark.parametrize("work", ["11_SegMasksFromFiji/0001_Mask_a.tif", "12_TmpRoisFromFiji/0001_Mask_a_ROIs.zip"])
def test_a_persons_work_is_not_overwritten(tmp_path, work):
    out(tmp_path, [labelled("a", A, {1: "x"})])
    (tmp_path / work).write_bytes(b"hours of work")
    with pytest.raises(BadRunFolder) as error:
        out(tmp_path, [labelled("a", A)])
    assert str(error.value) == (
        f"Somebody has worked in {tmp_path} since it was exported ({work}), and a new export would lose that. "
        "Export to another folder."
    )
    assert (tmp_path / work).read_bytes() == b"hours of work"


def test_another_folder_is_not_touched(tmp_path):
    (tmp_path / "thesis.docx").write_text("important")
    with pytest.raises(BadRunFolder) as error:
        out(tmp_path, [labelled("a", A)])
    assert str(error.value) == (
        f"{tmp_path} holds no export of opsef-core: there is no opsef_export.json in it. "
        "Name the folder that export() wrote into, or for a new export a new folder."
    )
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_note_that_names_files_elsewhere_is_not_believed(tmp_path):
    victim = tmp_path / "victim.txt"
    victim.write_text("important")
    folder = tmp_path / "p"
    out(folder, [labelled("a", A)])
    text = note(folder)
    (folder / "opsef_export.json").write_text(json.dumps({**text, "files": {"../victim.txt": None}}))
    with pytest.raises(BadRunFolder) as error:
        out(folder, [labelled("a", A)])
    assert str(error.value) == f"{folder / 'opsef_export.json'} names files outside its folder; was it edited?"
    assert victim.read_text() == "important"


def test_a_full_disk_says_so(tmp_path, monkeypatch):
    import errno
    from pathlib import Path

    from opsef_core.errors import DiskFull

    def full(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull) as error:
        out(tmp_path / "p", [labelled("a", A)])
    assert str(error.value) == (
        f"{tmp_path / 'p' / 'opsef_export.json'} could not be written: the disk is full. Make room, then export again."
    )


def test_contours_of_the_same_labels_are_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        out(tmp_path / folder, [labelled("a", A)], rois=True)
    one, two = (tmp_path / f / "12_TmpRoisFromFiji/0001_Mask_a_ROIs.zip" for f in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert zipfile.ZipFile(one).namelist() == ["0001.roi", "0003.roi", "0007.roi"]


def test_unknown_format_offers_the_nearest():
    with pytest.raises(UnknownName) as error:
        file_format("anotatorj")
    assert "Did you mean 'annotatorj'?" in str(error.value)
