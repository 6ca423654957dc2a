"""Pairs of images and label images."""

import numpy as np
import tifffile
from refine.objects_of_all_kinds import ids_of_all_kinds, pair

from opsef_core.data import RGB, Act, Image, Labels
from opsef_core.refine import file_format


def test_pairs_of_files_of_one_name(tmp_path):
    ids = (ids_of_all_kinds() > 0).astype(np.int32)
    colour = Image(np.arange(3 * 40 * 50).reshape(3, 40, 50).astype(np.uint8), "CYX", "rgb", channels=RGB)
    pairs = [pair(), (colour, Labels.of(colour, ids, Act("t", "t")))]
    path = file_format("stardist_folder").out(tmp_path, pairs)
    assert path == tmp_path / "masks" / "0001_Zellen_1.tif"
    names = [sorted(p.name for p in (tmp_path / folder).iterdir()) for folder in ("images", "masks")]
    assert names == [["0001_Zellen_1.tif", "0002_rgb.tif"]] * 2
    assert tifffile.imread(path).dtype == np.uint32  # an id of more than 16 bits
    assert tifffile.imread(tmp_path / "masks" / "0002_rgb.tif").dtype == np.uint16
    assert np.array_equal(tifffile.imread(tmp_path / "images" / "0002_rgb.tif"), np.moveaxis(colour.pixels, 0, -1))


def test_ids_and_classes_after_a_change(tmp_path):
    path = file_format("stardist_folder").out(tmp_path, [pair(classes={1: "a", 7: "b"})])
    ids = tifffile.imread(path)
    tifffile.imwrite(path, np.where(ids == 1, 70, ids))
    (again,) = file_format("stardist_folder").back(tmp_path).labels
    assert again.ids.tolist() == [2, 7, 9, 12, 70, 300, 65535, 65536, 2_000_000_000]
    assert again.objects["class"].dropna().to_dict() == {7: "b"}
    assert again.history[-1].kind == "hand"


def test_usiigacis_labels(real_data):
    path = real_data / "usiigaci_t98g" / "labels" / "set18.tif"
    ids = tifffile.imread(path)
    drawing = file_format("stardist_folder").read(path, dict(zip("YX", ids.shape, strict=True)))
    assert np.array_equal(drawing.flat().pixels, ids)
