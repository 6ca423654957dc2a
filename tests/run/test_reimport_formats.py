"""What a person does to the files of each format is seen: an object deleted, another one made larger."""

import json
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
import tifffile
import toy
from refine import annotatorj_emulator as annotatorj
from roifile import ImagejRoi

import opsef_core as opsef
from opsef_core import model
from opsef_core.data import Labels
from opsef_core.refine import FORMATS, file_format
from opsef_core.run import export, reimport

GONE, GROWN = 2, 5  # ids


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two images as files, segmented once."""
    folder = tmp_path_factory.mktemp("formats")
    (folder / "images").mkdir()
    for n, name in enumerate(("one", "two")):
        tifffile.imwrite(folder / f"images/{name}.tif", toy.many_discs(name, n, (96, 120))[0].array())
    made = opsef.Run(folder / "run", opsef.images(str(folder / "images/*.tif")), None, [model("threshold")])
    made.go(progress=False)
    return made


def edited(ids):
    """The object 2 deleted, the object 5 larger by its edge."""
    from skimage.morphology import dilation

    ids = np.where(ids == GONE, 0, ids)
    return np.where((dilation(ids == GROWN)) & (ids == 0), GROWN, ids)


def pixels(path):
    tifffile.imwrite(path, edited(tifffile.imread(path)))


def outline(ids):
    """The largest outline of the grown object, corners at pixel corners."""
    from opsef_core.refine._outlines import outlines

    return max(outlines(ids)[GROWN], key=len)


def zip_of_rois(path, ids):
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = f"{GROWN:04d}.roi"
    larger = ImagejRoi.frompoints(outline(ids), name=f"{GROWN:04d}")
    larger.group = ImagejRoi.frombytes(files[name]).group
    files[name] = larger.tobytes()
    del files[f"{GONE:04d}.roi"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def with_annotatorj(folder, ids):
    on_screen = annotatorj.open_list(sorted((folder / "10_ImportExport").glob("FilePairList_Classes_opsef*"))[0])
    annotatorj.delete(on_screen.rois[0], GONE)
    annotatorj.reshape(on_screen.rois[0], GROWN, ids == GROWN)
    annotatorj.export(on_screen)


def with_geojson(folder, ids):
    path = sorted(folder.glob("0001*.geojson"))[0]
    said = json.loads(path.read_text())
    kept = [f for f in said["features"] if f["properties"]["name"] != str(GONE)]
    (one,) = (f for f in kept if f["properties"]["name"] == str(GROWN))
    ring = [[float(x), float(y)] for x, y in outline(ids)]
    one["geometry"] = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    path.write_text(json.dumps({**said, "features": kept}))


def with_coco(folder, ids):
    path = folder / "annotations.json"
    said = json.loads(path.read_text())
    first = said["images"][0]["id"]
    mine = {a["object_id"]: a for a in said["annotations"] if a["image_id"] == first}
    mine[GROWN]["segmentation"] = [[float(v) for point in outline(ids) for v in point]]
    said["annotations"] = [a for a in said["annotations"] if a is not mine[GONE]]
    path.write_text(json.dumps(said))


def with_yolo(folder, ids):
    path = sorted(folder.glob("labels/0001*.txt"))[0]
    lines = path.read_text().splitlines()
    height, width = ids.shape
    lines[GROWN - 1] = " ".join([lines[GROWN - 1].split()[0], *(f"{x / width} {y / height}" for x, y in outline(ids))])
    del lines[GONE - 1]
    path.write_text("\n".join(lines) + "\n")


def with_zarr(folder, ids):
    import zarr

    array = zarr.open_array(str(sorted(folder.glob("0001*.zarr"))[0] / "labels/objects/0"), mode="r+")
    array[...] = ids.reshape(array.shape)


def with_cellpose(folder, ids):
    path = sorted(folder.glob("0001*_seg.npy"))[0]
    said = np.load(path, allow_pickle=True).item()  # ours; as Cellpose's window reads it
    said["masks"] = ids.astype(np.uint16)
    np.save(path, said)


EDITS = {
    "annotatorj": with_annotatorj,
    "annotatorj_masks": lambda folder, _: pixels(sorted(folder.glob("labelled_masks/*.tif*"))[0]),
    "annotatorj_rois": lambda folder, ids: zip_of_rois(sorted(folder.glob("masks/0001*.zip"))[0], ids),
    "cellpose_npy": with_cellpose,
    "coco": with_coco,
    "geojson": with_geojson,
    "imagej_roi": lambda folder, ids: zip_of_rois(sorted(folder.glob("0001*.zip"))[0], ids),
    "label_tiff": lambda folder, _: pixels(sorted(folder.glob("0001*.tif"))[0]),
    "ome_tiff": lambda folder, _: pixels(sorted(folder.glob("0001*.tif"))[0]),
    "ome_zarr": with_zarr,
    "stardist_folder": lambda folder, _: pixels(sorted(folder.glob("masks/0001*.tif"))[0]),
    "yolo": with_yolo,
}


def classified(chosen):
    """The chosen result with classes and scores, and a gap in the ids of its second image."""
    from dataclasses import replace

    pairs = []
    for n, (image, labels) in enumerate(chosen.pairs):
        ids = labels.pixels * (1 + 2 * n)
        names = {int(i): ("a", "b")[k % 2] for k, i in enumerate(np.unique(ids[ids > 0]))}
        table = pd.DataFrame({"class": list(names.values()), "score": np.arange(len(names)) / 64}, index=list(names))
        pairs.append((image, Labels.of(image, ids, labels.history[-1], table)))
    return replace(chosen, pairs=tuple(pairs), raw=tuple(labels for _, labels in pairs))


LOSSY = [
    ("annotatorj_masks", {"kind_of_mask": "binary"}, "binary_masks/0001*.tiff"),
    ("annotatorj_masks", {"kind_of_mask": "coordinates"}, "bounding_box_coordinates/0001*.csv"),
    ("annotatorj_rois", {"annotation": "bounding_box"}, "masks/0001*.zip"),
    ("annotatorj_rois", {"annotation": "semantic"}, "masks/0001*.tiff"),
]


@pytest.mark.parametrize(("to", "options", "pattern"), LOSSY, ids=lambda x: x if isinstance(x, str) else "")
def test_what_a_format_cannot_hold_is_no_correction(run, to, options, pattern, tmp_path):
    """Boxes and masks that join objects: what nobody touched is as it was, the rest is told."""
    chosen = classified(run.chosen("raw -> threshold"))
    folder = export(chosen, to=to, folder=tmp_path / "out", **options)
    untouched = reimport(folder, images=run)
    assert set(untouched.changes["kind"]) == {"unchanged"}
    assert untouched.looked_at == []
    (path,) = folder.glob(pattern)
    if path.suffix == ".csv":
        path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()[:-1]}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        mask = tifffile.imread(path)
        tifffile.imwrite(path, np.where(chosen.pairs[0][1].pixels == GONE, 0, mask))
    back = reimport(folder, images=run)
    assert back.looked_at == [chosen.pairs[0][0].name]
    assert back.summary.set_index("image").loc["total", "deleted"] == 1
    assert any("their shapes are not known" in said or "objects that touch are one" in said for said in back.problems)


@pytest.mark.parametrize("to", ["label_tiff", "ome_tiff", "stardist_folder", "cellpose_npy"])
def test_another_program_renumbered_all_objects(run, to, tmp_path):
    """A class is that of the object, not of whatever has its number now."""
    chosen = classified(run.chosen("raw -> threshold"))
    folder = export(chosen, to=to, folder=tmp_path / "out")
    image, before = chosen.pairs[0]
    turned = np.where(before.pixels > 0, before.ids.max() + 1 - before.pixels, 0)
    if to == "cellpose_npy":
        with_cellpose(folder, turned)
    else:
        (path,) = [p for p in folder.rglob("0001*.tif") if p.parent.name in (folder.name, "masks")]
        tifffile.imwrite(path, turned.astype(np.uint16))
    back = reimport(folder, images=run)
    assert set(back.changes["kind"]) == {"unchanged"}
    assert back.labels[image.name].objects["class"].to_dict() == before.objects["class"].to_dict()
    assert any("have their ids again" in said for said in back.problems)


def test_every_format_has_its_edit_here():
    assert set(EDITS) == set(FORMATS.names())


@pytest.mark.parametrize("to", sorted(EDITS))
def test_corrections_in_the_files_of_a_format_come_back(run, to, tmp_path):
    chosen = classified(run.chosen("raw -> threshold"))
    (image, before), (_, other) = chosen.pairs
    folder = export(chosen, to=to, folder=tmp_path / "out")
    copy = shutil.copytree(folder, tmp_path / "copy")
    untouched = reimport(copy, images=run)
    assert set(untouched.changes["kind"]) == {"unchanged"}
    assert untouched.problems == ()
    wanted = edited(before.pixels)
    EDITS[to](folder, wanted)
    back = reimport(folder, images=run)
    assert np.array_equal(back.labels[image.name].pixels, wanted)
    assert np.array_equal(back.labels[other.name].pixels, other.pixels)
    changes = back.changes.set_index("exported_id")[back.changes.set_index("exported_id")["image"].eq(image.name)]
    assert changes["kind"][changes["kind"] != "unchanged"].to_dict() == {GONE: "deleted", GROWN: "reshaped"}
    assert back.looked_at == [image.name]
    assert [pair[0].name for pair in back.examples] == [image.name]
    kept = back.labels[image.name].objects
    alive = [i for i in before.ids.tolist() if i != GONE]
    assert kept["class"].to_dict() == {i: before.objects["class"][i] for i in alive}
    assert kept["score"].tolist() == before.objects["score"][alive].tolist()
    again = file_format(to).back(folder)
    assert [labels.name for labels in again.labels] == [image.name, other.name]
