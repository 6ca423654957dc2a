"""Formats that only an installed plug-in of bioio reads, and how well bioio and the other readers agree."""

import logging
import pickle
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from image_files import ramp, tiff

from opsef_core.errors import UnreadableFile
from opsef_core.ingest import READERS, _read, images, other, read
from opsef_core.registry import Need

pytest.importorskip("bioio")
OTHER = READERS.get("other")


@pytest.fixture(autouse=True)
def bioio_plugins():
    """The plug-ins as bioio finds them, not those that the tests of this room have instead."""
    return other._plugins()


@pytest.fixture
def lsm(tmp_path):
    """A stack with the suffix .lsm, of which no other reader knows; and its pixels."""
    pixels = ramp(4, 20, 30, dtype=np.uint16)
    about = {"axes": "ZYX", "spacing": 2.0, "unit": "um"}
    path = tiff(tmp_path / "a.lsm", pixels, imagej=True, resolution=(4.0, 2.0), metadata=about)
    return path, pixels


def test_a_suffix_of_a_plug_in(lsm):
    path, pixels = lsm
    (image,) = read(path)
    assert (image.name, image.axes, image.lazy) == ("a.lsm", "ZYX", True)
    assert dict(image.spacing_um) == {"Z": 2.0, "Y": 0.5, "X": 0.25}
    assert image.history[0].name == "other"
    np.testing.assert_array_equal(image.array(), pixels)
    there = pickle.loads(pickle.dumps(image))
    np.testing.assert_array_equal(there.pixels[1:3, 5:, ::-2].compute(), pixels[1:3, 5:, ::-2])


def test_folders_list_it_but_no_tables_texts_or_archives(lsm, bioio_plugins, monkeypatch):
    path, _ = lsm
    tiff(path.parent / "b.tif", ramp(4, 5))
    for name in ("table.csv", "all.zip", "notes.txt", "x.unknown"):
        (path.parent / name).write_text("x")
    claimed = dict.fromkeys((".lsm", ".csv", ".zip", ".txt", ".ome.tif"), bioio_plugins[".lsm"])
    monkeypatch.setattr(other, "_plugins", lambda: claimed)
    assert OTHER.suffixes == (".lsm",)
    found = images(path.parent)
    assert [i.name for i in found] == ["a.lsm", "b.tif"]
    assert [i.history[0].name for i in found] == ["other", "tiff"]


def test_no_file_of_another_reader_is_claimed():
    assert ".lsm" in OTHER.suffixes
    assert not [s for s in OTHER.suffixes if s.endswith((".tif", ".tiff", ".czi", ".nd2", ".zarr", ".png", ".zip"))]


def test_what_plug_ins_say_is_in_the_error(tmp_path):
    (tmp_path / "a.lsm").write_text("no image at all")
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path / "a.lsm")
    said = str(caught.value)
    assert said.startswith(
        "a.lsm cannot be read. other: no installed bioio plug-in for it can read it (bioio-tifffile: "
    )
    assert "not a TIFF file" in said


def test_without_bioio_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(other, "_plugins", dict)
    (tmp_path / "a.xyz").write_text("x")
    assert OTHER.refusal(tmp_path / "a.xyz").startswith("reads further formats through bioio; for another format, ")
    monkeypatch.setattr(Need, "installed", False)
    assert OTHER.refusal(tmp_path / "a.xyz") == (
        'reads further formats through bioio, which is not installed (pip install "opsef-core[formats]")'
    )


def test_a_broken_plug_in_costs_its_formats_but_no_image(monkeypatch, caplog):
    def broken(**_):
        raise ImportError("no Java")

    monkeypatch.setattr("bioio.plugins.get_plugins", broken)
    with caplog.at_level(logging.WARNING):
        assert other._plugins.__wrapped__() == {}
    assert caplog.messages == ["bioio cannot list its plug-ins, so none is used: no Java"]


SEEN = """
import sys
from opsef_core.ingest import READERS, images
assert READERS.get("other")
assert len(images(sys.argv[1])) == 1
print(*(m for m in sys.modules if m.split(".")[0].startswith("bioio")))
"""


def test_bioio_is_not_imported_for_files_of_other_readers(tmp_path):
    tiff(tmp_path / "a.tif", ramp(4, 5))
    (tmp_path / "table.csv").write_text("x")
    done = subprocess.run([sys.executable, "-c", SEEN, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- what bioio tells -------------------------------------------------------------------------------------------------


def told(sizes, unit=None):
    """A file as bioio opens it, with a pixel size of (Z, Y, X)."""
    about = SimpleNamespace(unit=unit)
    return SimpleNamespace(
        physical_pixel_sizes=SimpleNamespace(**dict(zip("ZYX", sizes, strict=True))),
        dimension_properties=SimpleNamespace(Z=about, Y=about, X=about),
    )


@pytest.mark.parametrize(
    ("sizes", "unit", "wanted"),
    [
        ((2.0, 0.5, 0.5), None, (2.0, 0.5, 0.5)),
        ((None, 0.0, 0.5), "micrometer", (0.0, 0.0, 0.5)),
        ((1.0, 1.0, 1.0), None, (0.0, 0.0, 0.0)),
        ((1.0, 1.0, 1.0), "micrometer", (1.0, 1.0, 1.0)),
        ((300.0, 65.0, 65.0), "nanometer", (0.3, 0.065, 0.065)),
        ((2.0, 2.0, 2.0), "pixel", (0.0, 0.0, 0.0)),
    ],
)
def test_pixel_size(tmp_path, sizes, unit, wanted):
    assert other._spacing(tmp_path, told(sizes, unit)) == pytest.approx(dict(zip("ZYX", wanted, strict=True)))


def test_names_that_bioio_made_up_are_none():
    assert other._names(["Image:0", "DAPI", "Channel:0:1", "Channel:4", "Image 3"]) == ("", "DAPI", "", "", "Image 3")


class Tiled:
    """A file whose plug-in cannot put the tiles (M) of its mosaic together."""

    scenes = ("Image:0",)
    channel_names = None

    def __init__(self, path):
        import dask.array
        import xarray

        pixels = dask.array.from_array(ramp(3, 2, 4, 5), chunks=(1, 1, 4, 5))
        self.xarray_dask_data = xarray.DataArray(pixels, dims=["M", "Z", "Y", "X"])

    def set_scene(self, index):
        assert index == 0

    @property
    def mosaic_xarray_dask_data(self):
        raise NotImplementedError

    @property
    def physical_pixel_sizes(self):
        raise ValueError("no scale")


def test_tiles_and_other_dimensions_are_scenes_of_their_own(tmp_path):
    scenes = list(other._scenes(tmp_path / "a.xyz", Tiled(""), 0))
    assert [s.name for s in scenes] == ["M0", "M1", "M2"]
    assert {(s.dims, s.shape, s.unit, s.channels, tuple(s.spacing_um)) for s in scenes} == {
        ("ZYX", (2, 4, 5), (1, 4, 5), (), ())
    }
    part = scenes[2].load((slice(0, 2), slice(1, 3), slice(0, 5)))
    np.testing.assert_array_equal(part, ramp(3, 2, 4, 5)[2, :, 1:3])


# --- the same file through bioio and by the readers here --------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "package"),
    [
        ("tiff/xyz_8bit__mitotic_plate_calibrated.tiff", "bioio_tifffile"),
        ("tiff/Fluorescence_RGB.tif", "bioio_tifffile"),
        ("ome_tiff/multi-channel.ome.tif", "bioio_ome_tiff"),
        ("nd2/cluster.nd2", "bioio_nd2"),
        ("czi/nuc_small.czi", "bioio_czi"),
        ("czi/S3_1Pos_2Mosaic_T1_Z1_CH1.czi", "bioio_czi"),
        ("czi/CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi", "bioio_czi"),
        ("ome_zarr/ome-zarr/blobs_image_v05.ome.zarr", "bioio_ome_zarr"),
        ("ome_zarr/image-03.zarr", "bioio_ome_zarr"),
    ],
)
def test_bioio_and_the_readers_agree(real_data, tmp_path, monkeypatch, file, package):
    pytest.importorskip(package)
    path = real_data / "reader_samples" / file
    own = read(path)
    monkeypatch.setattr(_read, "reader_of", lambda path: OTHER)
    through = read(path)
    assert len(through) == len(own)
    for one, image in zip(through, own, strict=True):
        assert one.history[0].name == "other"
        assert (one.axes, one.shape, one.pixels.dtype) == (image.axes, image.shape, image.pixels.dtype)
        assert one.channels == image.channels
        assert dict(one.spacing_um) == pytest.approx(dict(image.spacing_um), rel=1e-4)
        assert one.lazy
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(one)).array(), image.array())
