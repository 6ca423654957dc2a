"""What AnnotatorJ leaves is read as it was meant, whatever machine it ran on, and what was not right is said."""

import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from refine import annotatorj_emulator as annotatorj
from refine.test_annotatorj import A, B, labelled, out

from opsef_core.errors import BadRunFolder, OpsefError, UnreadableFile
from opsef_core.refine import file_format

MASKS, CLASSES = (f"10_ImportExport/FilePairList_fromFiji_{kind}.txt" for kind in ("Masks", "Classes"))


def back(folder, **options):
    return file_format("annotatorj", **options).back(folder)


def opened(folder, pairs, **options):
    """Export and import: the folder as AnnotatorJ shows it."""
    return annotatorj.open_list(out(folder, pairs, **options))


def classes(labels):
    """{id: class} of what has one."""
    if "class" not in labels.objects:
        return {}
    return {int(i): c for i, c in labels.objects["class"].dropna().items()}


def pairs():
    return [labelled("a", A, {1: "tumour", 3: "normal"}), labelled("b", B, {5: "normal"})]


# --- there and back -----------------------------------------------------------------------------------------------


def test_nothing_done_comes_back_as_it_was(tmp_path):
    given = pairs()
    annotatorj.export(opened(tmp_path, given))
    returned = back(tmp_path)
    assert returned.problems == ()
    for (_, before), after in zip(given, returned.labels, strict=True):
        assert np.array_equal(after.pixels, before.pixels)
        assert classes(after) == classes(before)
        assert after.key == before.key  # no hand has touched it


def test_the_worked_example(tmp_path):
    """Ids 1, 3, 7 and 2, 5; 1 -> class 2, 3 -> class 1, 7 none; in b 5 -> class 1."""
    shown = opened(tmp_path, [labelled("a", A), labelled("b", B)])
    annotatorj.classify(shown.rois[0], {1: 2, 3: 1})
    annotatorj.classify(shown.rois[1], {5: 1})
    annotatorj.export(shown)
    a, b = back(tmp_path).labels
    assert (a.ids.tolist(), b.ids.tolist()) == ([1, 3, 7], [2, 5])
    assert (classes(a), classes(b)) == ({1: 2, 3: 1}, {5: 1})
    assert a.history[-1].kind == "hand"


def test_every_kind_of_edit(tmp_path):
    shown = opened(tmp_path, [labelled("a", A), labelled("b", B)])
    a, b = shown.rois
    part = np.zeros(A.shape, bool)
    part[:, 4] = True
    assert annotatorj.split(a, 3, part) == 8
    annotatorj.delete(a, 7)
    moved = np.zeros(A.shape, bool)
    moved[2, 0:2] = True
    annotatorj.reshape(a, 1, moved)
    annotatorj.merge(b, 2, 5)
    annotatorj.add(b, moved, group=3)
    annotatorj.export(shown)
    first, second = back(tmp_path).labels
    expected = np.where(moved, 1, np.where(part & (A == 3), 8, np.where(A == 3, 3, 0)))
    assert np.array_equal(first.pixels, expected)
    assert np.array_equal(second.pixels, np.where(moved, 3, np.where(B > 0, 2, 0)))
    assert classes(second) == {3: 3}


def test_large_ids_come_back(tmp_path):
    ids = np.where(A == 3, 70000, np.where(A == 7, 2**31 - 1, A)).astype(np.int32)
    shown = opened(tmp_path, [labelled("a", ids, {70000: "x"})])
    annotatorj.export(shown)
    (labels,) = back(tmp_path).labels
    assert np.array_equal(labels.pixels, ids)
    assert classes(labels) == {70000: "x"}


@pytest.mark.parametrize("where", ["class_list", "mask_list"])
def test_either_list_may_be_opened(tmp_path, where):
    out(tmp_path, pairs())
    name = "FilePairList_Classes_opsef_001.txt" if where == "class_list" else "FilePairList_opsef_001.txt"
    annotatorj.export(annotatorj.open_list(tmp_path / "10_ImportExport" / name))
    returned = back(tmp_path)
    assert [classes(labels) for labels in returned.labels] == [{1: "tumour", 3: "normal"}, {5: "normal"}]
    assert [labels.ids.tolist() for labels in returned.labels] == [[1, 3, 7], [2, 5]]
    assert returned.problems == ()


def test_it_is_said_which_images_came_back_without_classes(tmp_path):
    out(tmp_path, pairs())
    assert back(tmp_path).unclassed == {"a", "b"}
    annotatorj.export(annotatorj.open_list(tmp_path / "10_ImportExport/FilePairList_Classes_opsef_001.txt"))
    assert back(tmp_path).unclassed == set()


def test_classes_beside_those_of_the_export(tmp_path):
    shown = opened(tmp_path, pairs())
    annotatorj.classify(shown.rois[0], {7: 5, 1: 0})
    annotatorj.export(shown)
    assert classes(back(tmp_path).labels[0]) == {3: "normal", 7: "Class_05"}


# --- lists --------------------------------------------------------------------------------------------------------


def spelled(text, how):
    """A list as another machine, editor or hand would have it."""
    return {
        "posix": text,
        "windows": text.replace(b";/", b";\\").replace(b"Fiji/", b"Fiji\\"),
        "backslashes": text.replace(b"/", b"\\"),
        "no_leading": b"\n".join(b";".join(p.lstrip(b"/") for p in x.split(b";")) for x in text.split(b"\r\n")),
        "bom": b"\xef\xbb\xbf" + text,
        "unix": text.replace(b"\r\n", b"\n"),
        "mac": text.replace(b"\r\n", b"\r"),
        "blank_lines": b"\r\n" + text.replace(b"\r\n", b"\r\n\r\n"),
        "root": b"root;C:\\somewhere\r\n" + text,
        "no_end": text.rstrip(b"\r\n"),
        "spaces": text.replace(b";", b" ; "),
        "trailing": text.replace(b"\r\n", b";;\r\n"),
    }[how]


HOW = [
    "posix",
    "windows",
    "backslashes",
    "no_leading",
    "bom",
    "unix",
    "mac",
    "blank_lines",
    "root",
    "no_end",
    "spaces",
    "trailing",
]


@pytest.mark.parametrize("how", HOW)
def test_lists_of_every_spelling(tmp_path, how):
    annotatorj.export(opened(tmp_path, pairs()))
    for name in (MASKS, CLASSES):
        (tmp_path / name).write_bytes(spelled((tmp_path / name).read_bytes(), how))
    returned = back(tmp_path)
    assert returned.problems == ()
    assert [classes(labels) for labels in returned.labels] == [{1: "tumour", 3: "normal"}, {5: "normal"}]


def test_ragged_and_unsorted_columns(tmp_path):
    """The file names say the class; a line may have none."""
    shown = opened(tmp_path, [labelled("a", A), labelled("b", B)])
    annotatorj.classify(shown.rois[0], {1: 2, 3: 1})
    annotatorj.export(shown)
    lines = (tmp_path / CLASSES).read_text().splitlines()
    assert "MaskClass02" in lines[0].split(";")[1]
    assert lines[1] == "/00_InputRaw/0002_b.tif;"
    a, b = back(tmp_path).labels
    assert (classes(a), classes(b)) == ({1: 2, 3: 1}, {})


def test_paths_that_lead_elsewhere_are_not_read(tmp_path):
    folder = tmp_path / "p"
    annotatorj.export(opened(folder, [labelled("a", A)]))
    tifffile.imwrite(tmp_path / "secret.tif", np.full(A.shape, 9, np.uint16))
    (folder / MASKS).write_text("/00_InputRaw/0001_a.tif;/../secret.tif\r\n")
    returned = back(folder)
    assert 9 not in returned.labels[0].ids
    assert f"{MASKS}, line 1: '../secret.tif' lies outside of the folder; it is not read." in returned.problems


def test_a_link_that_leads_elsewhere_is_not_followed(tmp_path):
    folder = tmp_path / "p"
    annotatorj.export(opened(folder, [labelled("a", A), labelled("b", B)]))
    tifffile.imwrite(tmp_path / "secret.tif", np.full(A.shape, 9, np.uint16))
    mask = folder / "11_SegMasksFromFiji/0001_Mask_a.tif"
    mask.unlink()
    mask.symlink_to(tmp_path / "secret.tif")
    assert all(9 not in labels.ids for labels in back(folder).labels)


def test_an_image_of_another_export_is_left_out(tmp_path):
    annotatorj.export(opened(tmp_path, [labelled("a", A)]))
    with (tmp_path / MASKS).open("ab") as file:
        file.write(b"/00_InputRaw/0007_other.tif;/11_SegMasksFromFiji/0007_Mask_other.tif\r\n")
    tifffile.imwrite(tmp_path / "11_SegMasksFromFiji/0007_Mask_other.tif", A.astype(np.uint16))
    returned = back(tmp_path)
    assert [labels.name for labels in returned.labels] == ["a"]
    assert returned.problems == (
        f"{MASKS}: '00_InputRaw/0007_other.tif' is no image of this export; it is left out.",
        "11_SegMasksFromFiji: not read, because of no image of this export: 0007_Mask_other.tif.",
    )


def test_a_list_that_is_no_text(tmp_path):
    annotatorj.export(opened(tmp_path, [labelled("a", A)]))
    (tmp_path / MASKS).write_bytes(b"\x00\xff" * 50)
    returned = back(tmp_path)
    assert np.array_equal(returned.labels[0].pixels, A)  # found by its name
    assert "is no text" in returned.problems[0]


# --- half done, done twice, stale ---------------------------------------------------------------------------------


def test_all_objects_deleted_is_empty_and_the_old_mask_is_stale(tmp_path):
    shown = opened(tmp_path, [labelled("a", A), labelled("b", B)])
    annotatorj.export(shown)
    for number in (2, 5):
        annotatorj.delete(shown.rois[1], number)
    annotatorj.export(shown)
    returned = back(tmp_path)
    assert [labels.count for labels in returned.labels] == [3, 0]
    assert returned.problems == ("11_SegMasksFromFiji/0002_Mask_b.tif is of an earlier export: now 'b' has no object.",)


def test_two_lists_of_which_the_second_export_hides_the_first(tmp_path):
    wide = np.zeros((4, 9), np.int32)
    wide[1:3, 2:5] = 6
    out(tmp_path, [labelled("a", A), labelled("wide", wide), labelled("b", B)])
    for list_ in sorted((tmp_path / "10_ImportExport").glob("FilePairList_opsef*")):
        annotatorj.export(annotatorj.open_list(list_))
    returned = back(tmp_path)
    assert [labels.ids.tolist() for labels in returned.labels] == [[1, 3, 7], [6], [2, 5]]
    assert returned.problems == ()


def test_one_of_two_lists_is_not_done_yet(tmp_path):
    wide = np.zeros((4, 9), np.int32)
    wide[1:3, 2:5] = 6
    out(tmp_path, [labelled("a", A), labelled("wide", wide)])
    shown = annotatorj.open_list(sorted((tmp_path / "10_ImportExport").iterdir())[0])
    annotatorj.delete(shown.rois[0], 7)
    annotatorj.export(shown)
    returned = back(tmp_path)
    assert [labels.ids.tolist() for labels in returned.labels] == [[1, 3], [6]]
    assert returned.problems == ("AnnotatorJ did not export wide; they are as the label images in folder 02 are.",)


def test_saved_but_not_exported(tmp_path):
    shown = opened(tmp_path, pairs())
    annotatorj.delete(shown.rois[0], 7)
    annotatorj.save(shown)
    returned = back(tmp_path)
    assert returned.labels[0].ids.tolist() == [1, 3, 7]
    assert returned.problems == (
        "a, b: contours were saved but not exported. Export them in AnnotatorJ (the button [^]), or read the saved "
        "ones with contours=True.",
    )
    a, b = back(tmp_path, contours=True).labels
    assert np.array_equal(a.pixels, np.where(A == 7, 0, A))
    assert np.array_equal(b.pixels, B)
    assert (classes(a), classes(b)) == ({1: "tumour", 3: "normal"}, {5: "normal"})


def test_corrected_twice_the_later_one_counts(tmp_path):
    out(tmp_path, pairs())
    folder = tmp_path / "11_SegMasksFromFiji"
    for when, (name, ids) in enumerate((("0001_Mask_a.tif", A), ("0001_MaskClass01_a.tif", A * 2))):
        tifffile.imwrite(folder / name, ids.astype(np.uint16))
        os.utime(folder / name, (1_000_000 + when, 1_000_000 + when))
    returned = back(tmp_path)
    assert returned.labels[0].ids.tolist() == [2, 6, 14]
    assert returned.problems[0].startswith("a was corrected twice (11_SegMasksFromFiji/0001_Mask_a.tif, ")


def test_listed_twice_the_later_line_counts(tmp_path):
    annotatorj.export(opened(tmp_path, [labelled("a", A)]))
    tifffile.imwrite(tmp_path / "11_SegMasksFromFiji/0001_MaskClass01_a.tif", (A * 2).astype(np.uint16))
    with (tmp_path / MASKS).open("ab") as file:
        file.write(b"/00_InputRaw/0001_a.tif;/11_SegMasksFromFiji/0001_MaskClass01_a.tif\r\n")
    returned = back(tmp_path)
    assert returned.labels[0].ids.tolist() == [2, 6, 14]
    assert f"{MASKS}: '00_InputRaw/0001_a.tif' is listed twice; the later line counts." in returned.problems


def test_stale_class_files_do_not_count(tmp_path):
    shown = opened(tmp_path, pairs())
    annotatorj.export(shown)
    annotatorj.classify(shown.rois[0], {1: 0, 3: 0})
    annotatorj.export(shown)
    assert len(list((tmp_path / "13_ClassifiedSegMasksFromFiji").iterdir())) == 3
    assert classes(back(tmp_path).labels[0]) == {}


def test_without_lists_files_are_found_by_name(tmp_path):
    annotatorj.export(opened(tmp_path, pairs()))
    (tmp_path / MASKS).unlink()
    (tmp_path / CLASSES).unlink()
    returned = back(tmp_path)
    assert [classes(labels) for labels in returned.labels] == [{1: "tumour", 3: "normal"}, {5: "normal"}]


def test_a_label_image_edited_elsewhere(tmp_path):
    """Any other program may change the label image in folder 02, as long as AnnotatorJ exported nothing."""
    out(tmp_path, pairs())
    tifffile.imwrite(tmp_path / "02_SegMasks/0001_Mask_a.tif", np.where(A == 7, 0, A).astype(np.uint16))
    a, b = back(tmp_path).labels
    assert a.ids.tolist() == [1, 3]
    assert (a.history[-1].kind, b.history[-1].kind) == ("hand", "truth")
    assert classes(a) == {1: "tumour", 3: "normal"}


# --- damage -------------------------------------------------------------------------------------------------------


def test_a_mask_of_another_size_is_left_out(tmp_path):
    annotatorj.export(opened(tmp_path, pairs()))
    tifffile.imwrite(tmp_path / "11_SegMasksFromFiji/0001_Mask_a.tif", np.zeros((7, 7), np.uint16))
    returned = back(tmp_path)
    assert [labels.name for labels in returned.labels] == ["b"]
    assert returned.problems == (
        "0001_Mask_a.tif has the shape (7, 7), but was exported with (4, 5); keep the size. The image 'a' is left out.",
    )


def test_a_missing_mask_is_left_out_not_taken_for_empty(tmp_path):
    annotatorj.export(opened(tmp_path, pairs()))
    (tmp_path / "11_SegMasksFromFiji/0002_Mask_b.tif").unlink()
    returned = back(tmp_path)
    assert [labels.name for labels in returned.labels] == ["a"]
    assert returned.problems == (
        "11_SegMasksFromFiji/0002_Mask_b.tif is listed, but it is not there. The image 'b' is left out.",
    )


def test_a_truncated_mask(tmp_path):
    annotatorj.export(opened(tmp_path, [labelled("a", A)]))
    mask = tmp_path / "11_SegMasksFromFiji/0001_Mask_a.tif"
    mask.write_bytes(mask.read_bytes()[:60])
    with pytest.raises(UnreadableFile, match="cannot be read as TIFF"):
        back(tmp_path)


def test_a_tiff_bomb_is_not_unpacked(tmp_path):
    side = 20_000  # 800 MB of zeros in a few hundred bytes
    annotatorj.export(opened(tmp_path, [labelled("a", A), labelled("b", B)]))
    path = tmp_path / "opsef_export.json"
    text = json.loads(path.read_text())
    text["images"][0]["size"] = {"Y": side, "X": side}
    path.write_text(json.dumps(text))
    bomb(tmp_path / "11_SegMasksFromFiji/0001_Mask_a.tif", side)
    returned = back(tmp_path)
    assert [labels.name for labels in returned.labels] == ["b"]
    assert "would unpack to" in returned.problems[0]


def bomb(path, side):
    """A TIFF that says it is far larger than what is in it."""
    tifffile.imwrite(path, np.zeros((4, 4), np.uint16), compression="zstd")
    with tifffile.TiffFile(path, mode="r+b") as file:
        for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            file.pages[0].tags[tag].overwrite(side)


def test_a_zip_bomb_and_names_that_climb_are_harmless(tmp_path):
    folder = tmp_path / "p"
    shown = opened(folder, pairs())
    annotatorj.save(shown)
    saved = folder / "12_TmpRoisFromFiji/0001_Mask_a_ROIs.zip"
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../climbed.roi", b"Iout")
        archive.writestr("0001.roi", bytes(80 << 20))
    returned = back(folder, contours=True)
    assert [labels.name for labels in returned.labels] == ["b"]
    assert "would unpack to more than" in returned.problems[0]
    assert not (tmp_path / "climbed.roi").exists()


def test_a_truncated_zip(tmp_path):
    shown = opened(tmp_path, pairs())
    annotatorj.save(shown)
    saved = tmp_path / "12_TmpRoisFromFiji/0001_Mask_a_ROIs.zip"
    saved.write_bytes(saved.read_bytes()[:100])
    assert "it may be cut off" in back(tmp_path, contours=True).problems[0]
    annotatorj.export(shown)
    returned = back(tmp_path)
    assert len(returned.labels) == 2
    assert returned.problems[0].endswith("It is not needed: 11_SegMasksFromFiji counts.")


def test_contours_that_differ_from_the_label_image_are_told_and_do_not_count(tmp_path):
    shown = opened(tmp_path, [labelled("a", A), labelled("b", B)])
    annotatorj.delete(shown.rois[1], 2)
    annotatorj.save(shown)
    annotatorj.export(shown)
    assert back(tmp_path).problems == ()
    first, second = sorted((tmp_path / "12_TmpRoisFromFiji").glob("*.zip"))
    first.write_bytes(second.read_bytes())  # AnnotatorJ's fault: those of another image
    returned = back(tmp_path)
    assert np.array_equal(returned.labels[0].pixels, A)
    assert [said.split("/")[-1] for said in returned.problems] == [
        f"{first.name} has 1 contours, the label image of 11_SegMasksFromFiji 3 objects; these count."
    ]


def test_class_numbers_beyond_the_colours(tmp_path):
    shown = opened(tmp_path, [labelled("a", A)])
    annotatorj.classify(shown.rois[0], {1: 12, 3: 9})
    annotatorj.export(shown)
    returned = back(tmp_path)
    assert classes(returned.labels[0]) == {1: 12, 3: 9}
    assert returned.problems == ("a: class 12, and AnnotatorJ has colours for 9; kept.",)


def test_a_class_file_without_a_class(tmp_path):
    annotatorj.export(opened(tmp_path, pairs()))
    text = (tmp_path / CLASSES).read_text()
    (tmp_path / CLASSES).write_text(text.replace("_MaskClass02_a", "_Mask_a"))
    returned = back(tmp_path)
    assert classes(returned.labels[0]) == {3: "normal"}
    assert "names no class from 01 on" in returned.problems[0]


def test_an_object_in_two_classes(tmp_path):
    annotatorj.export(opened(tmp_path, [labelled("a", A, {1: 1, 3: 2})]))
    both = np.where((A == 3) & (np.indices(A.shape)[1] == 3), 3, np.where(A == 1, 1, 0))
    tifffile.imwrite(tmp_path / "13_ClassifiedSegMasksFromFiji/0001_MaskClass01_a.tif", both.astype(np.uint16))
    returned = back(tmp_path)
    assert classes(returned.labels[0]) == {1: 1, 3: 2}
    assert returned.problems == ("a: 3 are in several classes; the class with most pixels counts.",)


@pytest.mark.parametrize("largest", [70_000, 2**31, 2**40])
def test_ids_larger_than_a_mask_holds(tmp_path, largest):
    annotatorj.export(opened(tmp_path, pairs()))
    kind = np.uint32 if largest < 2**32 else np.uint64
    pixels = np.where(A == 7, kind(largest), A.astype(kind))
    tifffile.imwrite(tmp_path / "11_SegMasksFromFiji/0001_Mask_a.tif", pixels)
    returned = back(tmp_path)
    if largest < 2**31:
        assert returned.labels[0].ids.tolist() == [1, 3, largest]
    else:
        assert [labels.name for labels in returned.labels] == ["b"]
        assert "does not fit into 32 bits" in returned.problems[0]


@pytest.mark.parametrize("value", [None, 7, "x", [], {"images": 3}, {"images": [{}]}, {"images": [{"name": "a"}]}])
def test_a_note_that_somebody_edited(tmp_path, value):
    out(tmp_path, pairs())
    path = tmp_path / "opsef_export.json"
    text = json.loads(path.read_text())
    path.write_text(json.dumps({**text, **value} if isinstance(value, dict) else value))
    with pytest.raises(BadRunFolder, match=r"cannot be understood \(.*; was it edited\?"):
        back(tmp_path)


def test_no_folder_and_no_export(tmp_path):
    with pytest.raises(BadRunFolder, match="holds no export of opsef-core"):
        back(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OpsefError):
        back(tmp_path / "file")


def test_the_way_back_writes_nothing(tmp_path):
    annotatorj.export(opened(tmp_path, pairs()))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    back(tmp_path)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_empty_sets(tmp_path):
    empty = labelled("none", np.zeros_like(A))
    annotatorj.export(opened(tmp_path, [empty, labelled("a", A)]))
    assert [labels.count for labels in back(tmp_path).labels] == [0, 3]
    assert replace(back(tmp_path).labels[0]).key == empty[1].key
