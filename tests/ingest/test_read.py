"""Reading one file: axes, colours, pixel size, scenes, laziness, checksums, options."""

import logging
import pickle
import shutil

import numpy as np
import psutil
import pytest
import tifffile
import zarr
from image_files import ome_set, png, ramp, tiff, zarr_image

from opsef_core.errors import BadParameter, MissingPackage, UnknownName, UnreadableFile
from opsef_core.ingest import read
from opsef_core.ingest._stored import PIECE_BYTES, Stored, pieces
from opsef_core.registry import Need


def only(path, **options):
    (image,) = read(path, **options)
    return image


def sentence(error, path, **options):
    with pytest.raises(error) as caught:
        read(path, **options)
    return str(caught.value)


# --- axes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", ["YX", "ZYX", "CYX", "TYX", "CZYX", "TCYX", "TZYX", "TCZYX"])
def test_ome_tiff_keeps_its_axes_and_names(tmp_path, axes):
    shape = tuple({"T": 2, "C": 3, "Z": 4, "Y": 5, "X": 6}[a] for a in axes)
    pixels = ramp(*shape, dtype=np.uint16)
    about = {
        "axes": axes,
        "PhysicalSizeX": 0.1,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 100,
        "PhysicalSizeYUnit": "nm",
    }
    if "C" in axes:
        about["Channel"] = {"Name": ["DAPI", "GFP", "GFP"]}
    image = only(tiff(tmp_path / "a.ome.tif", pixels, metadata=about, photometric="minisblack"))
    assert image.axes == axes
    assert image.channels == (("DAPI", "GFP #1", "GFP #2") if "C" in axes else ())
    assert dict(image.spacing_um) == {"Y": pytest.approx(0.1), "X": 0.1}
    np.testing.assert_array_equal(image.array(), pixels)


def test_imagej_stack_keeps_spacing_and_channels(tmp_path):
    pixels = ramp(3, 2, 5, 6, dtype=np.uint16)  # Z C Y X, as ImageJ stores it
    path = tiff(
        tmp_path / "a.tif",
        pixels,
        imagej=True,
        resolution=(10, 5),
        metadata={"axes": "ZCYX", "unit": "um", "spacing": 1.5},
    )
    image = only(path)
    assert (image.axes, image.channels) == ("CZYX", ("0", "1"))
    assert dict(image.spacing_um) == {"Z": 1.5, "Y": 0.2, "X": 0.1}
    np.testing.assert_array_equal(image.array(), pixels.swapaxes(0, 1))
    labels = tiff(tmp_path / "l.tif", pixels[0], imagej=True, metadata={"axes": "CYX", "Labels": ["DAPI", "GFP"]})
    assert only(labels).channels == ("DAPI", "GFP")


@pytest.mark.parametrize("unit", ["pixel", "", "furlong"])
def test_unknown_units_give_no_pixel_size(tmp_path, unit):
    path = tiff(tmp_path / "a.tif", ramp(5, 6), imagej=True, resolution=(10, 10), metadata={"unit": unit})
    assert only(path).spacing_um == {}


def test_resolution_of_a_plain_tiff(tmp_path):
    plain = {"resolution": (20000, 20000), "resolutionunit": "CENTIMETER", "metadata": None}
    assert dict(only(tiff(tmp_path / "a.tif", ramp(5, 6), **plain)).spacing_um) == {"Y": 0.5, "X": 0.5}
    print_dpi = {"resolution": (72, 72), "resolutionunit": "INCH", "metadata": None}
    assert only(tiff(tmp_path / "b.tif", ramp(5, 6), **print_dpi)).spacing_um == {}


def test_pages_without_a_meaning_become_z_and_the_log_says_so(tmp_path, caplog):
    path = tiff(tmp_path / "a.tif", ramp(4, 5, 6), metadata=None, photometric="minisblack")
    with caplog.at_level(logging.INFO, "opsef_core"):
        assert only(path).axes == "ZYX"
    assert caplog.messages == ["a.tif: the file does not say what its 4 planes are; they are taken as Z."]
    for axes in ("TYX", "CYX", "ZYX"):
        image = only(path, axes=axes)
        assert image.axes == axes
        assert image.history[0].parameters == {"scene": None, "axes": axes}
        np.testing.assert_array_equal(image.array(), ramp(4, 5, 6))


def test_axes_may_be_told_in_any_order(tmp_path):
    path = tiff(tmp_path / "a.tif", ramp(4, 5, 3, 2), photometric="minisblack")
    np.testing.assert_array_equal(only(path, axes="YXZC").array(), ramp(4, 5, 3, 2).transpose(3, 2, 0, 1))


@pytest.mark.parametrize("axes", ["YX", "QYX", "ZZX", "TCZYX"])
def test_axes_that_do_not_fit(tmp_path, axes):
    path = tiff(tmp_path / "a.tif", ramp(4, 5, 6), metadata=None, photometric="minisblack")
    assert sentence(BadParameter, path, axes=axes) == (
        f"axes={axes!r} do not fit a.tif: it has 3 dimensions (4 I x 5 Y x 6 X). "
        "Give one letter for each, out of T, C, Z, Y, X and S (colour samples), no letter twice."
    )


def test_two_unknown_dimensions_are_not_guessed(tmp_path):
    path = tiff(tmp_path / "a.tif", ramp(2, 3, 5, 6), photometric="minisblack")
    assert sentence(UnreadableFile, path) == (
        "a.tif has dimensions whose meaning the file does not tell: 2 Q x 3 A x 5 Y x 6 X. "
        "Say what they are with axes=..., one letter for each, out of T, C, Z, Y, X."
    )
    assert only(path, axes="TZYX").axes == "TZYX"


def test_capitals_in_suffixes_do_not_matter(tmp_path):
    for name in ("a.TIF", "a.Tiff", "a.OME.TIFF", "a.tif"):
        np.testing.assert_array_equal(only(tiff(tmp_path / name, ramp(4, 5))).array(), ramp(4, 5))
    assert only(png(tmp_path / "A.PNG", ramp(4, 5))).name == "A.PNG"


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "bmp"])
def test_pictures_as_imageio_reads_them(tmp_path, suffix):
    import imageio.v3 as iio

    for pixels in (ramp(16, 16), ramp(16, 16, 3)):
        iio.imwrite(tmp_path / f"a.{suffix}", pixels)
        theirs = iio.imread(tmp_path / f"a.{suffix}")
        image = only(tmp_path / f"a.{suffix}")
        np.testing.assert_array_equal(image.array(), np.moveaxis(theirs, -1, 0) if pixels.ndim == 3 else theirs)


# --- sets of files, groups of images ----------------------------------------------------------------------------------


def test_ome_set_is_read_whole_from_any_of_its_files(tmp_path):
    planes = [ramp(8, 9) + z for z in range(3)]
    files = ome_set(tmp_path, planes)
    found = [only(f) for f in files]
    for image in found:
        assert image.axes == "ZYX"
        assert dict(image.spacing_um) == {"Z": 1.5, "Y": 0.2, "X": 0.2}
        np.testing.assert_array_equal(image.array(), planes)
    assert len({i.source for i in found}) == 1
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(found[1])).pixels[2, 3:].compute(), planes[2][3:])


def test_ome_set_with_a_missing_file(tmp_path):
    files = ome_set(tmp_path, [ramp(8, 9) + z for z in range(3)])
    files[2].unlink()
    assert sentence(UnreadableFile, files[0]) == (
        "set_z0.ome.tif belongs to a set of files, and 1 of its 3 planes are missing. "
        "Put these files beside it: set_z2.ome.tif."
    )


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr(tmp_path, version):
    pixels = ramp(2, 3, 10, 12, dtype=np.uint16)
    path = zarr_image(
        tmp_path / "a.zarr",
        pixels,
        "CZYX",
        version,
        scale=[1, 500, 100, 100],
        unit="nanometer",
        channels=("DAPI", "GFP"),
        chunks=(1, 1, 5, 5),
    )
    image = only(path)
    assert (image.axes, image.channels) == ("CZYX", ("DAPI", "GFP"))
    assert dict(image.spacing_um) == pytest.approx({"Z": 0.5, "Y": 0.1, "X": 0.1})
    np.testing.assert_array_equal(image.array(), pixels)
    np.testing.assert_array_equal(image.pixels[1, :, 3:8, ::-2].compute(), pixels[1, :, 3:8, ::-2])


def test_ome_zarr_groups_and_plates_give_a_scene_an_image(tmp_path):
    group = zarr.open_group(str(tmp_path / "b.zarr"), mode="w", zarr_format=2)
    group.attrs["bioformats2raw.layout"] = 3
    for i in range(11):
        zarr_image(group.create_group(str(i)), ramp(4, 5) + i, "YX")
    found = read(tmp_path / "b.zarr")
    assert [i.name for i in found] == [f"b.zarr/{i}" for i in range(11)]
    assert [i.array()[0, 0] for i in found] == list(range(11))
    plate = zarr.open_group(str(tmp_path / "p.zarr"), mode="w", zarr_format=2)
    plate.attrs["plate"] = {"wells": [{"path": "A/1"}]}
    well = plate.create_group("A/1")
    well.attrs["well"] = {"images": [{"path": "0"}, {"path": "1"}]}
    for i in range(2):
        zarr_image(well.create_group(str(i)), ramp(4, 5) + i, "YX")
    assert [i.name for i in read(tmp_path / "p.zarr")] == ["p.zarr/A_1_0", "p.zarr/A_1_1"]
    np.testing.assert_array_equal(only(tmp_path / "p.zarr", scene="A_1_1").array(), ramp(4, 5) + 1)


def test_zarr_that_is_no_ome_zarr(tmp_path):
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w").create_array("raw", shape=(4,), dtype="u1")
    assert sentence(UnreadableFile, tmp_path / "a.zarr") == (
        "a.zarr is a Zarr group without OME-Zarr images: neither 'multiscales' nor 'plate' nor "
        "'bioformats2raw.layout' in its attributes. It holds: raw."
    )
    zarr.create_array(str(tmp_path / "b.zarr"), shape=(4, 5), dtype="u1")
    assert sentence(UnreadableFile, tmp_path / "b.zarr") == (
        "b.zarr is a bare Zarr array without a word on its axes; OME-Zarr is needed (a group with 'multiscales')."
    )
    (tmp_path / "c.zarr").mkdir()
    assert sentence(UnreadableFile, tmp_path / "c.zarr") == (
        "c.zarr cannot be read. ome_zarr: the folder has none of the files of a Zarr group (zarr.json, .zgroup)."
    )


# --- scenes -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_scenes(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as tif:
        tif.write(ramp(4, 5), metadata={"axes": "YX", "Name": "left"})
        tif.write(ramp(6, 7), metadata={"axes": "YX", "Name": "../right"})
    return tmp_path / "a.ome.tif"


def test_scenes_by_name_and_index(two_scenes):
    left, right = read(two_scenes)
    assert (left.name, right.name) == ("a.ome.tif/left", "a.ome.tif/_right")  # a name is never a path
    assert left.source == right.source
    assert left.key != right.key
    for scene in (1, "_right"):
        image = only(two_scenes, scene=scene)
        assert (image.name, image.key) == (right.name, right.key)
        np.testing.assert_array_equal(image.array(), ramp(6, 7))


def test_scenes_that_do_not_exist(two_scenes):
    assert sentence(UnknownName, two_scenes, scene="lefd") == (
        "There is no scene in a.ome.tif called 'lefd'. Did you mean 'left'? Known: _right, left."
    )
    assert sentence(BadParameter, two_scenes, scene=2) == (
        "a.ome.tif has 2 scenes, counted from 0: there is no scene 2."
    )


def test_unknown_option(two_scenes):
    assert sentence(UnknownName, two_scenes, scen=1) == (
        "There is no option of read called 'scen'. Did you mean 'scene'? Known: axes, scene."
    )


# --- laziness, checksums ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"compression": "zlib"}, {"compression": "zlib", "tile": (16, 16)}, {"rowsperstrip": 3}]
)
@pytest.mark.parametrize("shape", [(40, 50), (3, 40, 50), (40, 50, 3)])
def test_any_part_of_a_tiff(tmp_path, options, shape):
    colour = shape[-1] == 3
    pixels = ramp(*shape)
    path = tiff(tmp_path / "a.tif", pixels, photometric="rgb" if colour else "minisblack", **options)
    there = np.moveaxis(pixels, -1, 0) if colour else pixels
    image = pickle.loads(pickle.dumps(only(path)))
    for part in (
        np.s_[...],
        np.s_[..., 3:20, 5:6],
        np.s_[..., 7, ::3],
        np.s_[..., ::-1, 30:4:-7],
        np.s_[..., 5:5, :],
        np.s_[0],
    ):
        np.testing.assert_array_equal(image.pixels[part].compute(), there[part])


def test_only_what_is_asked_for_is_read_and_nothing_stays_open(tmp_path):
    pixels = np.zeros((64, 1024, 1024), np.uint8)
    path = tiff(tmp_path / "a.tif", pixels, metadata={"axes": "ZYX"}, photometric="minisblack")
    image = only(path)
    process = psutil.Process()
    before = process.io_counters().read_chars
    assert image.pixels[3, 10:20, 10:20].compute().shape == (10, 10)
    assert process.io_counters().read_chars - before < PIECE_BYTES / 100
    assert not [f for f in process.open_files() if f.path == str(path)]


def test_pieces():
    assert pieces((40, 50), (40, 50), 1) == (40, 50)
    assert pieces((100, 2048, 2048), (1, 2048, 2048), 2) == (2, 2048, 2048)
    assert pieces((40000, 40000), (512, 512), 1) == (4096, 4096)
    assert pieces((10, 10), (3, 3), 4) == (10, 10)


def test_size_of_a_whole_does_not_slow_down_its_parts():
    def load(slices):
        return np.zeros([s.stop - s.start for s in slices], np.uint8)

    huge = Stored("huge", load, (0, 1), (10**15, 10**15), np.dtype(np.uint8), 2)
    assert huge[5, 10**14 : 10**14 + 3].shape == (3,)
    assert huge[:: -(10**14), 7:5].shape == (10, 0)


def test_every_kind_of_index():
    there = ramp(4, 5, 6)
    stored = Stored("a", lambda s: there.transpose(2, 0, 1)[s], (1, 2, 0), (4, 5, 6), there.dtype, 3)
    for index in (
        np.s_[1],
        np.s_[-1, :, 2],
        np.s_[:, 3],
        np.s_[1, [3, 0, 0]],
        np.s_[::-2, 1:1],
        np.s_[None, 1, :, None, 2],
    ):
        np.testing.assert_array_equal(stored[index], there[index])
    np.testing.assert_array_equal(stored[[3, 1], [4, -1], :], there[np.ix_([3, 1], [4, -1])])
    assert stored[0, [], :].shape == (0, 6)


def test_channels_picked_from_a_lazy_image_are_the_right_ones(tmp_path):
    pixels = ramp(4, 5, 6)
    image = only(tiff(tmp_path / "a.tif", pixels, metadata={"axes": "CYX"}, photometric="minisblack"))
    np.testing.assert_array_equal(image.pixels[[3, 0], 2:, 1].compute(), pixels[[3, 0], 2:, 1])


def test_source_is_the_content_not_the_name(tmp_path):
    first = tiff(tmp_path / "a.tif", ramp(4, 5))
    again = shutil.copy(first, tmp_path / "b.tif")
    assert only(first).source == only(again).source
    assert only(tiff(tmp_path / "c.tif", ramp(4, 5) + 1)).source != only(first).source
    zarr_image(tmp_path / "a.zarr", ramp(4, 5), "YX")
    before = only(tmp_path / "a.zarr").source
    assert only(shutil.copytree(tmp_path / "a.zarr", tmp_path / "b.zarr")).source == before
    (tmp_path / "b.zarr" / "more").touch()
    assert only(tmp_path / "b.zarr").source != before


def test_a_picture_that_is_written_anew_is_not_taken_from_memory(tmp_path):
    np.testing.assert_array_equal(only(png(tmp_path / "a.png", ramp(4, 5))).array(), ramp(4, 5))
    (tmp_path / "a.png").unlink()
    np.testing.assert_array_equal(only(png(tmp_path / "a.png", ramp(4, 5) + 1)).array(), ramp(4, 5) + 1)


@pytest.mark.parametrize(
    ("suffix", "head", "package"), [("czi", b"ZISRAWFILE", "pylibCZIrw"), ("nd2", b"\xda\xce\xbe\x0a", "nd2")]
)
def test_missing_package_names_the_extra(tmp_path, monkeypatch, suffix, head, package):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(head + bytes(100))
    monkeypatch.setattr(Need, "installed", False)
    assert sentence(MissingPackage, path) == (
        f"Reading a.{suffix} needs the package {package}, which is not installed. "
        'Install it with: pip install "opsef-core[formats]"'
    )
    assert only(tiff(tmp_path / "a.tif", ramp(4, 5))).axes == "YX"


@pytest.mark.parametrize(
    ("suffix", "head"), [("czi", b"ZISRAWFILE"), ("nd2", b"\xda\xce\xbe\x0a"), ("lif", b"\x70\0\0\0")]
)
def test_broken_files_of_microscopes(tmp_path, suffix, head):
    pytest.importorskip({"czi": "pylibCZIrw", "nd2": "nd2", "lif": "liffile"}[suffix])
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(head + bytes(1000))
    assert sentence(UnreadableFile, path).startswith(f"a.{suffix} cannot be read as {suffix}: ")


def test_lif_whose_header_is_longer_than_the_file(tmp_path):
    (tmp_path / "a.lif").write_bytes(b"\x70\0\0\0" + b"\xff\0\0\0\x2a\xff\xff\xff\x7f" + bytes(100))
    assert sentence(UnreadableFile, tmp_path / "a.lif") == (
        "a.lif cannot be read. lif: the header of the LIF file is broken; it is longer than the file."
    )
