"""OME-Zarr label images, read by others, and never more than read."""

import json

import numpy as np
import pytest
from refine.objects_of_all_kinds import ids_of_all_kinds, pair, stack

from opsef_core.errors import BadLabels, UnreadableFile
from opsef_core.refine import file_format

SIZE = {"Y": 40, "X": 50}


@pytest.mark.parametrize("ngff", ["0.4", "0.5"])
def test_others_read_pixels_axes_and_pixel_size(ngff, tmp_path):
    bioio = pytest.importorskip("bioio_ome_zarr")
    image, labels = stack()
    path = file_format("ome_zarr", ngff=ngff).out(tmp_path, [(image, labels)])
    assert path.name == "0001_Zellen_1.ome.zarr"
    for place, wanted in (("", image), ("labels/objects", labels)):
        reader = bioio.Reader(str(path / place))
        assert np.array_equal(reader.get_image_data("ZYX"), wanted.pixels)
        assert reader.physical_pixel_sizes.X == 0.5
    new = ngff == "0.5"
    about = json.loads((path / "labels/objects" / ("zarr.json" if new else ".zattrs")).read_text())
    about = about["attributes"]["ome"] if new else about
    assert about["image-label"]["properties"] == [
        {"label-value": 5, "class": "Kern ß"}, {"label-value": 8, "class": "b"}, {"label-value": 70_000},
    ]  # fmt: skip
    assert about["multiscales"][0]["axes"][0] == {"name": "z", "type": "space", "unit": "micrometer"}


@pytest.mark.parametrize("ngff", ["0.4", "0.5"])
def test_pixels_and_classes_that_somebody_changed(ngff, tmp_path):
    import zarr

    path = file_format("ome_zarr", ngff=ngff).out(tmp_path, [pair(classes={1: "a", 7: "b"})])
    array = zarr.open_array(path / "labels/objects/0", mode="r+")
    array[0:6, 0:5] = 0
    (again,) = file_format("ome_zarr").back(tmp_path).labels
    assert np.array_equal(again.pixels, np.where(ids_of_all_kinds() == 1, 0, ids_of_all_kinds()))
    assert again.objects["class"].dropna().to_dict() == {7: "b"}
    assert again.history[-1].kind == "hand"


def test_a_new_chunk_is_a_change(tmp_path):
    import zarr

    image, labels = pair(np.zeros((5, 6), np.int32))
    path = file_format("ome_zarr").out(tmp_path, [(image, labels)])
    assert file_format("ome_zarr").back(tmp_path).labels[0].key == labels.key
    zarr.open_array(path / "labels/objects/0", mode="r+")[2, 2] = 4
    (again,) = file_format("ome_zarr").back(tmp_path).labels
    assert again.ids.tolist() == [4]
    assert again.key != labels.key


def test_code_in_a_file_is_not_run(tmp_path):
    """Zarr 2 can name pickle as its packing; reading such an array would run whatever lies in it."""
    path = file_format("ome_zarr").out(tmp_path, [pair()])
    metadata = path / "labels/objects/0/.zarray"
    about = json.loads(metadata.read_text())
    for change in ({"filters": [{"id": "pickle"}]}, {"compressor": {"id": "pickle"}}, {"filters": ["x"]}):
        metadata.write_text(json.dumps({**about, **change}))
        with pytest.raises(UnreadableFile, match="is packed by"):
            file_format("ome_zarr").read(path, SIZE)


@pytest.mark.parametrize(
    "change",
    [{"shape": [10**9, 10**9]}, {"shape": [41, 50]}, {"chunks": [10**6, 10**6]}, {"dtype": "<f4"}, {"dtype": "|O"},
     {"shape": None}, {"chunks": "x"}],
)  # fmt: skip
def test_metadata_that_lie(change, tmp_path):
    path = file_format("ome_zarr").out(tmp_path, [pair()])
    metadata = path / "labels/objects/0/.zarray"
    metadata.write_text(json.dumps({**json.loads(metadata.read_text()), **change}))
    with pytest.raises((BadLabels, UnreadableFile)):
        file_format("ome_zarr").read(path, SIZE)


def test_paths_do_not_lead_outside(tmp_path):
    path = file_format("ome_zarr").out(tmp_path, [pair()])
    with pytest.raises(UnreadableFile, match="has no label image"):
        file_format("ome_zarr").read(path, SIZE, "../..")
    metadata = path / "labels/objects/.zattrs"
    about = json.loads(metadata.read_text())
    about["multiscales"][0]["datasets"][0]["path"] = "../../0"
    metadata.write_text(json.dumps(about))
    with pytest.raises(UnreadableFile, match="outside of itself"):
        file_format("ome_zarr").read(path, SIZE)


def test_the_image_is_readable_by_our_own_reader(tmp_path):
    from opsef_core.ingest import images

    image, labels = pair()
    path = file_format("ome_zarr", ngff="0.5").out(tmp_path, [(image, labels)])
    (again,) = list(images(str(path)))
    assert np.array_equal(again.array(), image.array())
    assert dict(again.spacing_um) == {"Y": 0.5, "X": 0.5}
