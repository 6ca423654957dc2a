"""OME-TIFF labels come back as they went out, and others can read them."""

import json

import numpy as np
import pandas as pd
import pytest
import tifffile
import toy

from opsef_core.data import Act, Image, Labels
from opsef_core.errors import BadLabels, BadRunFolder, UnreadableFile
from opsef_core.refine import file_format


def stack():
    ids = np.zeros((3, 8, 9), np.int32)
    ids[0:2, 1:4, 1:4], ids[2, 5:8, 6:9] = 5, 2_000_000_000
    image = Image(ids.astype(np.uint16) * 3, "ZYX", "f.lif/scene 1/0", {"Z": 1.5, "Y": 0.25, "X": 0.125})
    table = pd.DataFrame({"class": ["a", None], "score": [0.5, np.nan], "n": [1, 2]}, index=[5, 2_000_000_000])
    return image, Labels.of(image, ids, Act("model", "toy", {"x": 1}), table)


def test_a_stack_comes_back_whole(tmp_path):
    image, labels = stack()
    path = file_format("ome_tiff").out(tmp_path, [(image, labels)])
    (again,) = file_format("ome_tiff").back(tmp_path).labels
    assert path.name == "0001_f_lif_scene_1_0.ome.tif"
    assert np.array_equal(again.pixels, labels.pixels)
    assert again.pixels.dtype == np.int32
    assert (again.key, again.name, again.axes, again.spacing_um) == (
        labels.key, "f.lif/scene 1/0", "ZYX", {"Z": 1.5, "Y": 0.25, "X": 0.125},
    )  # fmt: skip
    pd.testing.assert_frame_equal(again.objects, labels.objects, check_dtype=False, check_names=False)


def test_others_read_type_axes_and_pixel_size(tmp_path):
    path = file_format("ome_tiff").out(tmp_path, [stack()])
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        assert file.series[0].axes == "ZYX"
        assert file.series[0].dtype == np.int32
        assert file.pages[0].compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        ome = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]
    assert ome["Name"] == "f.lif/scene 1/0"
    assert ome["Pixels"]["Type"] == "int32"
    assert [ome["Pixels"][f"PhysicalSize{a}"] for a in "ZYX"] == [1.5, 0.25, 0.125]
    assert ome["Pixels"]["PhysicalSizeXUnit"] == "µm"


def test_an_unknown_pixel_size_stays_unknown(tmp_path):
    path = file_format("ome_tiff").out(tmp_path, [toy.one_disc()])
    with tifffile.TiffFile(path) as file:
        assert "PhysicalSize" not in file.ome_metadata
    assert file_format("ome_tiff").back(tmp_path).labels[0].spacing_um == {}


def test_a_changed_file_comes_back_changed_and_its_history_says_so(tmp_path):
    image, labels = toy.touching_discs()
    path = file_format("ome_tiff").out(tmp_path, [(image, labels)])
    tifffile.imwrite(path, np.where(labels.pixels == 1, 0, labels.pixels))
    (again,) = file_format("ome_tiff").back(tmp_path).labels
    assert again.ids.tolist() == [2]
    assert (again.history[-1].kind, again.history[:-1]) == ("hand", labels.history)
    assert again.key != labels.key


def test_a_deleted_file_is_left_out(tmp_path):
    path = file_format("ome_tiff").out(tmp_path, [toy.one_disc(), toy.empty()])
    path.unlink()
    returned = file_format("ome_tiff").back(tmp_path)
    assert [labels.name for labels in returned.labels] == ["empty"]
    assert returned.problems == ("0001_one_disc.ome.tif was deleted; the image 'one_disc' is left out.",)


def test_one_broken_file_does_not_stop_the_others(tmp_path):
    path = file_format("ome_tiff").out(tmp_path, [toy.one_disc(), toy.empty()])
    path.write_text("no image")
    returned = file_format("ome_tiff").back(tmp_path)
    assert [labels.name for labels in returned.labels] == ["empty"]
    (problem,) = returned.problems
    assert problem.endswith("The image 'one_disc' is left out.")


def test_ids_saved_as_real_numbers_are_ids(tmp_path):
    image, labels = toy.touching_discs()
    path = file_format("ome_tiff").out(tmp_path, [(image, labels)])
    tifffile.imwrite(path, labels.pixels.astype(np.float32))
    assert np.array_equal(file_format("ome_tiff").back(tmp_path).labels[0].pixels, labels.pixels)


def test_a_broken_file_is_named(tmp_path):
    path = file_format("ome_tiff").out(tmp_path, [toy.one_disc()])
    path.write_text("no image")
    with pytest.raises(UnreadableFile) as error:
        file_format("ome_tiff").back(tmp_path)
    assert str(error.value).startswith(f"{path} cannot be read as TIFF: ")


def test_another_size_is_refused(tmp_path):
    path = file_format("ome_tiff").out(tmp_path, [toy.one_disc()])
    tifffile.imwrite(path, np.zeros((5, 5), np.int32))
    with pytest.raises(BadLabels) as error:
        file_format("ome_tiff").back(tmp_path)
    assert str(error.value) == (
        "0001_one_disc.ome.tif has the shape (5, 5), but was exported with (64, 64); keep the size."
    )


def test_labels_must_fit_their_image(tmp_path):
    image, _ = toy.one_disc()
    _, labels = toy.empty()
    with pytest.raises(BadLabels) as error:
        file_format("ome_tiff").out(tmp_path, [(image, labels)])
    assert str(error.value) == (
        "empty: labels of size {'Y': 48, 'X': 56} do not fit the image 'one_disc' of size {'Y': 64, 'X': 64}."
    )


def test_a_note_of_another_version(tmp_path):
    file_format("ome_tiff").out(tmp_path, [toy.one_disc()])
    path = tmp_path / "opsef_export.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": 99}))
    with pytest.raises(BadRunFolder) as error:
        file_format("ome_tiff").back(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} holds an export as 'ome_tiff', version 99, not 'ome_tiff', version 1. Choose another folder."
    )


def test_an_unreadable_note(tmp_path):
    (tmp_path / "opsef_export.json").write_text("{")
    with pytest.raises(BadRunFolder) as error:
        file_format("ome_tiff").back(tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'opsef_export.json'} cannot be understood (")
