"""Folders, patterns, lists: which files, in which order, under which names; options, and the set's description."""

import os
import time

import numpy as np
import pytest
import yaml
from image_files import ome_set, png, ramp, tiff, zarr_image

from opsef_core.data import Image
from opsef_core.errors import BadParameter, UnknownName, UnreadableFile
from opsef_core.ingest import images

KINDS = (
    "Images end in .bmp, .btf, .czi, .jpeg, .jpg, .lif, .lsm, .nd2, .png, .tf8, .tif, .tiff, .zarr. "
    "For another format, install the bioio plug-in for it."
)


@pytest.fixture
def folder(tmp_path):
    """Images 1, 2, 10 in three kinds, other files, a hidden file, folders."""
    home = tmp_path / "f"
    (home / "more").mkdir(parents=True)
    tiff(home / "i10.tif", ramp(20, 30))
    tiff(home / "i2.TIF", ramp(20, 30) + 1)
    png(home / "i1.png", ramp(20, 30, 3))
    tiff(home / "more" / "i2.TIF", ramp(20, 30) + 2)
    tiff(home / "._i1.tif", ramp(20, 30))
    (home / "table.csv").write_text("a,b")
    (home / "notes.txt").write_text("x")
    return home


def names(found):
    return [i.name for i in found]


def sentence(error, *args, **options):
    with pytest.raises(error) as caught:
        images(*args, **options)
    return str(caught.value)


# --- which files ------------------------------------------------------------------------------------------------------


def test_folder(folder):
    assert names(images(folder)) == names(images(str(folder))) == ["i1.png", "i2.TIF", "i10.tif"]


def test_patterns(folder):
    assert names(images(f"{folder}/*.tif")) == ["i2.TIF", "i10.tif"]
    assert names(images(f"{folder}/i?.*")) == ["i1.png", "i2.TIF"]
    assert names(images(f"{folder}/*")) == ["i1.png", "i2.TIF", "i10.tif"]


def test_equal_names_get_their_folders(folder):
    assert names(images(f"{folder}/**/*.tif")) == ["i2.TIF", "i10.tif", "more/i2.TIF"]
    assert names(images([folder / "more", folder])) == ["more/i2.TIF", "i1.png", "i2.TIF", "i10.tif"]


def test_lists_keep_their_order_and_no_file_comes_twice(folder):
    assert names(images([folder / "i10.tif", folder, f"{folder}/../f/i1.png"])) == ["i10.tif", "i1.png", "i2.TIF"]


def test_zarr_folders_are_images_and_their_inside_is_not(tmp_path):
    zarr_image(tmp_path / "a.zarr", ramp(20, 30), "YX")
    zarr_image(tmp_path / "b", ramp(20, 30), "YX")
    png(tmp_path / "a.zarr" / "x.png", ramp(4, 5))
    assert (
        names(images(tmp_path))
        == names(images(f"{tmp_path}/*"))
        == names(images(f"{tmp_path}/**/*"))
        == ["a.zarr", "b"]
    )
    assert names(images(tmp_path / "a.zarr")) == ["a.zarr"]


def test_a_set_of_files_counts_once(tmp_path):
    ome_set(tmp_path, [ramp(8, 9) + z for z in range(3)])
    (image,) = images(tmp_path)
    assert image.axes == "ZYX"


def test_nothing_there(folder, tmp_path):
    assert sentence(UnreadableFile, tmp_path / "g") == (
        f"There is no file or folder {tmp_path / 'g'}. The folder {tmp_path} holds the folders f."
    )
    assert sentence(UnreadableFile, f"{folder}/*.czi") == (
        f"Nothing matches {folder}/*.czi. The folder {folder} holds 1 .csv, 1 .png, 2 .tif, 1 .txt, the folders more."
    )
    assert sentence(UnreadableFile, f"{tmp_path}/g/*/*.tif") == (
        f"Nothing matches {tmp_path}/g/*/*.tif. The folder {tmp_path} holds the folders f."
    )
    assert sentence(UnreadableFile, f"{folder}/*.csv") == (
        f"Nothing that matches {folder}/*.csv is an image: table.csv. {KINDS}"
    )
    assert sentence(UnreadableFile, []) == "No images were asked for: the list of files is empty."


def test_folder_without_images(tmp_path):
    (tmp_path / "a.csv").touch()
    (tmp_path / "images").mkdir()
    assert sentence(UnreadableFile, tmp_path) == (
        f"No image in the folder {tmp_path}. The folder {tmp_path} holds 1 .csv, the folders images. {KINDS}"
    )


def test_a_file_named_in_full_always_counts(folder):
    found = images([folder / "notes.txt", folder / "i1.png"])
    assert names(found) == ["notes.txt", "i1.png"]
    assert found.failed[0].reason.startswith("notes.txt cannot be read. czi: reads .czi. lif: ")


def test_brackets_in_a_file_name_are_no_pattern(tmp_path):
    tiff(tmp_path / "a[1].tif", ramp(4, 5))
    assert names(images(tmp_path / "a[1].tif")) == ["a[1].tif"]


def test_result_does_not_depend_on_what_else_lies_there(folder):
    alone = images(folder / "i2.TIF")[0]
    among = images(folder)[1]
    assert (alone.key, alone.name) == (among.key, among.name)


# --- the set ----------------------------------------------------------------------------------------------------------


def test_image_set_is_a_sequence_that_shows_what_it_holds(folder):
    (folder / "i3.tif").write_bytes(b"")
    found = images(folder)
    assert len(found) == 4
    assert isinstance(found[0], Image)
    assert names(found[1:3]) == ["i2.TIF", "i3.tif"]
    assert found.images is found
    assert found.truth is None
    assert repr(found) == (
        "ImageSet: 3 images, 1 unreadable\n"
        "  Image('i1.png', 3 C x 20 Y x 30 X, uint8, picture)\n"
        "  Image('i2.TIF', 20 Y x 30 X, uint8, tiff)\n"
        "  Image('i10.tif', 20 Y x 30 X, uint8, tiff)\n"
        "  unreadable: i3.tif: i3.tif cannot be read: the file is empty (0 bytes)."
    )


def test_description_gives_the_same_set_again(folder):
    found = images([f"{folder}/*.png"], tile=16, overlap=[4, 2], channel=["red", 2], replace_nan=0)
    assert found.description == {
        "where": [f"{folder}/*.png"],
        "channel": ["red", 2],
        "replace_nan": 0.0,
        "tile_px": 16,
        "overlap": [4, 2],
    }
    again = images(**yaml.safe_load(yaml.safe_dump(found.description)))
    assert again.description == found.description
    assert [i.key for i in again] == [i.key for i in found]
    assert names(again) == names(found)
    assert images(folder).description == {"where": [str(folder)]}


def test_the_table_says_what_the_files_say_and_what_is_wrong_with_them(tmp_path):
    channels = {"axes": "CYX", "Channel": {"Name": ["DAPI", "actin"]}, "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}
    tiff(tmp_path / "a.ome.tif", ramp(2, 20, 30), ome=True, metadata=channels)
    png(tmp_path / "b.png", ramp(20, 30))
    (tmp_path / "c.tif").write_bytes(b"no image")
    found = images(tmp_path)
    table = found.table
    assert list(table.index) == names(found)
    assert table.loc["a.ome.tif"].to_dict() == {
        "axes": "CYX",
        "size": "2 x 20 x 30",
        "type": "uint8",
        "channels": "DAPI, actin",
        "spacing_um": "X 0.5",
        "unread": True,
        "problem": "",
    }
    assert table.loc["b.png", ["axes", "channels", "spacing_um", "problem"]].tolist() == ["YX", "", "", ""]
    assert table.loc["c.tif", "problem"] == found.failed[0].reason
    assert table.loc["c.tif", "axes"] == ""


def test_a_slice_of_all_is_the_same_set_and_another_one_is_not(folder):
    found = images(folder)
    assert found[:].description == found[:10].description == found.description != {}
    assert found[:2].description == found[::-1].description == {}


# --- options ----------------------------------------------------------------------------------------------------------


def test_options_are_done_in_order_and_recorded(tmp_path):
    pixels = ramp(2, 3, 4, 40, 50, dtype=np.uint16)
    path = tiff(
        tmp_path / "a.ome.tif",
        pixels,
        metadata={"axes": "TCZYX", "Channel": {"Name": list("abc")}},
        photometric="minisblack",
    )
    found = images(path, t=1, z=(1, 3), channel="b", project="max", bin=2, tile_px=(16, 16), overlap=4)
    there = pixels[1, 1, 1:3].max(0).reshape(20, 2, 25, 2).mean((1, 3))
    for piece in found:
        assert [a.kind for a in piece.history] == ["read", "substack", "channel", "project", "bin", "tile"]
        assert (piece.axes, piece.lazy, piece.pixels.shape) == ("YX", True, (16, 16))
        y, x = piece.origin["Y"], piece.origin["X"]
        np.testing.assert_allclose(piece.array(), there[y : y + 16, x : x + 16], atol=0.5)
    assert len({i.name for i in found}) == len(found) == 4


def test_position_zero_of_an_axis_that_is_not_there(folder):
    assert names(images(folder, t=0, z=0)) == names(images(folder))


def test_axes_and_scene_are_handed_on(tmp_path):
    path = tiff(tmp_path / "a.tif", ramp(4, 5, 6), metadata=None, photometric="minisblack")
    assert images(path, axes="TYX")[0].axes == "TYX"
    assert images(path, axes="TYX", scene=0, t=2)[0].axes == "YX"


def test_options_that_cannot_be(folder):
    assert sentence(UnknownName, folder, project="maximum") == (
        "There is no projection called 'maximum'. Did you mean 'max'? Known: max, mean, median, sum."
    )
    assert sentence(BadParameter, folder, tile=16, tile_px=16) == "tile and tile_px are the same; give one of them."
    assert sentence(BadParameter, folder, overlap=16) == "overlap=16 is for tiles; give their size, too: tile=512."
    assert "Did you mean 'channel'?" in sentence(BadParameter, folder, chanel=1)
    assert sentence(BadParameter, folder, t="first").startswith("images: t = 'first' is not possible: ")


def test_an_option_that_fits_no_file_is_a_mistake_one_that_fits_some_is_not(folder):
    assert "has no channel 7" in sentence(BadParameter, folder, channel=7)
    found = images(folder, channel="green")
    assert names(found.readable) == ["i1.png"]
    assert found.failed[0].reason == "There is no channel of i2.TIF called 'green'. Known: none."


# --- speed ------------------------------------------------------------------------------------------------------------


def test_a_hundred_small_pngs_are_listed_in_a_second_of_work(tmp_path):
    for i in range(100):
        png(tmp_path / f"{i}.png", ramp(64, 64))
    images(tmp_path / "0.png")  # libraries are imported once
    before = time.process_time()
    found = images(tmp_path)
    assert time.process_time() - before < 1
    assert len(found) == 100


def test_unreadable_permissions_are_a_reason(folder):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "i1.png").chmod(0)
    assert names(images(folder).failed) == ["i1.png"]
