"""Real files of microscopes: what is read, against a table and against a second library, pixel by pixel."""

import pickle

import numpy as np
import pytest

from opsef_core.errors import UnreadableFile
from opsef_core.ingest import read

# file: [(name of the scene, axes, shape, type, channels, pixel size in um)]
GREEN_RED = ("Green", "Red")
LASX, XZ = "lif/LeicaLASX_wavelength-sweep_example.lif", "lif/testdata_2channel_xz.lif"
PLATE = {"Z": 3.0, "Y": 0.085196, "X": 0.085196}
EMISSION = tuple(f"{w} nm" for w in range(550, 750, 10))
EXCITATION = tuple(f"{w} nm" for w in range(490, 565, 5))
NARROW = tuple(f"{w} nm" for w in range(550, 600, 5))
SMALL = {"Y": 0.1048144, "X": 0.1048144}
DETECTORS = ("ChA-T1", "ChA-T2", "ChA-T3", "ChA-T4")
AIRY = {"Y": 0.0352980, "X": 0.0352980}
CHANNELS4 = ("0", "1", "2", "3")
SAMPLES = {
    "tiff/CH1_16bit.tif": [("", "YX", (408, 406), "uint16", (), {})],
    "tiff/Fluorescence_RGB.tif": [("", "CYX", (3, 272, 275), "uint8", ("red", "green", "blue"), {})],
    "tiff/xyz_8bit__mitotic_plate_calibrated.tiff": [("", "ZYX", (6, 263, 263), "uint8", (), PLATE)],
    "ome_tiff/FOV7_HV110_P0500510000.ome.tiff": [("", "YX", (512, 512), "uint8", (), {})],
    "ome_tiff/multi-channel.ome.tif": [("", "CYX", (3, 167, 439), "int8", ("0", "1", "2"), {})],
    "ome_tiff/multifile-Z1.ome.tiff": [("", "YX", (24, 18), "uint8", (), {"Y": 1.0, "X": 1.0})],
    "ome_tiff/multifile-Z2.ome.tiff": [("", "YX", (24, 18), "uint8", (), {"Y": 1.0, "X": 1.0})],
    "ome_tiff/multiseries.ome.tiff": [
        (f"Scan_20180705_135218_01x4x01271.rcpnl #{n}", "CYX", (4, 5, 5), "uint16", CHANNELS4, {"Y": 0.65, "X": 0.65})
        for n in (761, 762, 802, 803, 843, 844)
    ],
    "ome_zarr/xyz_8bit__mitotic_plate_calibrated.ome.zarr": [("", "ZYX", (6, 263, 263), "uint8", (), PLATE)],
    "ome_zarr/coins.ome.zarr": [("", "YX", (480, 640), "uint8", (), {})],
    "ome_zarr/image-03.zarr": [("", "ZYX", (2, 100, 100), "float64", (), {"Z": 1.0, "Y": 1.0, "X": 1.0})],
    "ome_zarr/bioformats-zarr/data.zarr": [("", "CYX", (3, 167, 439), "int8", ("0", "1", "2"), {})],
    "ome_zarr/ome-zarr/blobs_image_v04.ome.zarr": [("", "CYX", (3, 12, 12), "float64", ("0", "1", "2"), {})],
    "ome_zarr/ome-zarr/blobs_image_v05.ome.zarr": [("", "CYX", (3, 12, 12), "float64", ("0", "1", "2"), {})],
    LASX: [
        ("x_y_lambdaEmi", "CYX", (20, 64, 64), "uint8", EMISSION, SMALL),
        ("x_y_lambdaExc", "CYX", (15, 64, 64), "uint8", EXCITATION, SMALL),
        ("x_y_z_t_lambdaEmi", "TCZYX", (2, 10, 11, 64, 64), "uint8", NARROW, {"Z": 0.500203, **SMALL}),
    ],
    XZ: [
        ("xzt", "TCZYX", (20, 2, 128, 1, 128), "uint8", GREEN_RED, {"Z": 0.140279, "X": 0.140280}),
        ("xzy", "CZYX", (2, 128, 23, 128), "uint8", GREEN_RED, {"Z": 0.140279, "Y": 0.229062, "X": 0.140280}),
        ("xz", "CZYX", (2, 512, 1, 512), "uint8", GREEN_RED, {"Z": 0.102697, "X": 0.102697}),
    ],
    "nd2/cluster.nd2": [
        (
            "",
            "TCZYX",
            (3, 2, 10, 31, 38),
            "uint16",
            ("5-FAM/pH 9.0", "FM 4-64/2% CHAPS"),
            {"Z": 0.5, "Y": 0.167809, "X": 0.167809},
        )
    ],
    "czi/100x100.czi": [("", "YX", (10, 10), "uint8", (), {"Y": 0.1, "X": 0.1})],
    "czi/CellDivision_T3_Z5_CH2_X240_Y170_comp1.czi": [("", "TCZYX", (3, 2, 5, 170, 240), "uint16", ("0", "1"), {})],
    "czi/CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi": [
        ("", "TZYX", (3, 6, 200, 300), "uint16", (), {"Z": 0.32, "Y": 0.0905767, "X": 0.0905767})
    ],
    "czi/DAPI_GFP.czi": [("", "CYX", (2, 640, 640), "uint8", ("0", "1"), {})],
    "czi/FOV7_HV110_P0500510000.czi": [("", "YX", (512, 512), "uint8", (), {})],
    "czi/LLS7_small.czi": [
        (
            "",
            "TCZYX",
            (2, 2, 3, 64, 64),
            "uint16",
            ("LatticeLightsheet 1-T1", "LatticeLightsheet 2-T2"),
            {"Z": 0.144992, "Y": 0.144992, "X": 0.144992},
        )
    ],
    # a raw Airyscan recording: 32 detectors (H), and four more channels that have only the first
    "czi/LSM880_AiryScan.czi": [("H0", "CYX", (8, 36, 38), "uint16", (*DETECTORS, "4", "5", "6", "7"), AIRY)]
    + [(f"H{h}", "CYX", (4, 36, 38), "uint16", DETECTORS, AIRY) for h in range(1, 32)],
    "czi/S3_1Pos_2Mosaic_T1_Z1_CH1.czi": [
        ("TR1", "YX", (122, 295), "uint16", (), {"Y": 1.6, "X": 1.6}),
        ("P1", "YX", (64, 64), "uint16", (), {"Y": 1.6, "X": 1.6}),
        ("TR2", "YX", (237, 352), "uint16", (), {"Y": 1.6, "X": 1.6}),
    ],
    "czi/WellD6_S1.czi": [("", "YX", (440, 544), "uint16", (), {"Y": 0.1, "X": 0.1})],
    "czi/newCZI_compressed.czi": [("", "YX", (512, 512), "uint16", (), {})],
    "czi/nuc_small.czi": [("", "YX", (240, 320), "uint8", (), {"Y": 0.457151, "X": 0.457151})],
    "czi/nuc_small_new_red.czi": [("", "YX", (240, 320), "uint8", (), {"Y": 0.1, "X": 0.1})],
    "czi/xyz__multiple_images.czi": [
        (f"S{s}", "ZYX", (2, 251, 251), "uint16", (), {"Z": 0.3, "Y": 0.195644, "X": 0.195644}) for s in range(2)
    ],
}
REFUSED = {
    "ome_zarr/ome-zarr/blobs_image_v04.ome.zarr.json": "ome_zarr: this is a description lying beside a .zarr folder",
    "ome_zarr/bioformats-zarr": "ome_zarr: reads .zarr folders.",
}


@pytest.fixture(scope="session")
def samples(real_data):
    return real_data / "reader_samples"


@pytest.mark.parametrize("file", SAMPLES)
def test_sample(samples, file):
    found = read(samples / file)
    table = SAMPLES[file]
    assert len(found) == len(table)
    base = (samples / file).name
    for image, (scene, axes, shape, dtype, channels, spacing) in zip(found, table, strict=True):
        assert image.name == (f"{base}/{scene}" if scene else base)
        assert (image.axes, tuple(image.shape.values())) == (axes, shape)
        assert (image.pixels.dtype, image.channels) == (dtype, channels)
        assert dict(image.spacing_um) == pytest.approx(spacing, rel=1e-4)
        assert image.lazy
        (act,) = image.history
        assert (act.kind, act.parameters) == ("read", {"scene": scene or None})
    there = pickle.loads(pickle.dumps(found[-1])).array()
    assert there.shape == shape
    assert there.any()
    assert len({i.key for i in found}) == len(found)


def test_every_sample_is_in_a_table(samples):
    files = {
        p.relative_to(samples).as_posix()
        for room in ("tiff", "ome_tiff", "nd2", "czi")
        for p in (samples / room).iterdir()
    }
    files |= {p.relative_to(samples).as_posix() for p in (samples / "lif").glob("*.lif")}
    files |= {p.relative_to(samples).as_posix() for p in samples.glob("ome_zarr/**/*.zarr")}
    assert files == set(SAMPLES)


@pytest.mark.parametrize("file", REFUSED)
def test_refused(samples, file):
    with pytest.raises(UnreadableFile) as caught:
        read(samples / file)
    assert REFUSED[file] in str(caught.value)


def arrays(path):
    return [image.array() for image in read(path)]


@pytest.mark.parametrize("file", [f for f in SAMPLES if f.startswith(("tiff/", "ome_tiff/"))])
def test_tiff_as_imagecodecs_and_tifffile_decode_it(samples, file):
    import tifffile

    with tifffile.TiffFile(samples / file) as tif:
        for mine, series in zip(arrays(samples / file), tif.series, strict=True):
            theirs = series.asarray()
            np.testing.assert_array_equal(mine, np.moveaxis(theirs, -1, 0) if series.axes == "YXS" else theirs)


@pytest.mark.parametrize(
    ("file", "inside"),
    [
        ("ome_zarr/coins.ome.zarr", "0/0"),
        ("ome_zarr/xyz_8bit__mitotic_plate_calibrated.ome.zarr", "0/0"),
        ("ome_zarr/image-03.zarr", "0"),
        ("ome_zarr/ome-zarr/blobs_image_v05.ome.zarr", "0"),
    ],
)
@pytest.mark.filterwarnings("ignore:Found an empty list of filters")
def test_ome_zarr_as_zarr_reads_it(samples, file, inside):
    import zarr

    theirs = zarr.open_array(str(samples / file / inside), mode="r")[...]
    np.testing.assert_array_equal(arrays(samples / file)[0], theirs.squeeze())


def test_the_same_image_in_two_formats(samples):
    tiff, zarr = (arrays(samples / f)[0] for f in SAMPLES if "mitotic_plate" in f)
    np.testing.assert_array_equal(tiff, zarr)
    tiff, czi = (arrays(samples / f)[0] for f in SAMPLES if "FOV7" in f)
    np.testing.assert_array_equal(tiff, czi)
    tiff, zarr = (
        arrays(samples / f)[0] for f in ("ome_tiff/multi-channel.ome.tif", "ome_zarr/bioformats-zarr/data.zarr")
    )
    np.testing.assert_array_equal(tiff, zarr)


def test_lif_as_liffile_and_fiji_read_it(samples):
    liffile = pytest.importorskip("liffile")
    xzt, xzy, xz = arrays(samples / XZ)
    with liffile.LifFile(samples / XZ) as file:
        theirs = [image.asarray() for image in file.images]
    np.testing.assert_array_equal(xzt[:, :, :, 0], theirs[0])
    np.testing.assert_array_equal(xzy, theirs[1].transpose(1, 2, 0, 3))
    np.testing.assert_array_equal(xz[:, :, 0], theirs[2])
    for c, t in ((0, 0), (1, 8)):
        (fiji,) = arrays(samples / f"lif/testdata_2channel_xz_expected_c{c}_t{t}.tif")
        np.testing.assert_array_equal(xzt[t, c, :, 0], fiji)
    with liffile.LifFile(samples / LASX) as file:
        for mine, image in zip(arrays(samples / LASX), file.images, strict=True):
            np.testing.assert_array_equal(mine, image.asarray())


def test_an_xz_scan_can_be_read_as_a_plane(samples):
    (plane,) = read(samples / XZ, scene="xz", axes="CYX")
    assert (plane.axes, plane.channels) == ("CYX", GREEN_RED)
    assert dict(plane.spacing_um) == pytest.approx({"Y": 0.102697, "X": 0.102697}, rel=1e-4)
    np.testing.assert_array_equal(plane.array(), read(samples / XZ, scene="xz")[0].array()[:, :, 0])


def test_nd2_as_nd2_reads_it_whole(samples):
    nd2 = pytest.importorskip("nd2")
    theirs = nd2.imread(samples / "nd2/cluster.nd2")  # T Z C Y X
    (image,) = read(samples / "nd2/cluster.nd2")
    np.testing.assert_array_equal(image.array(), theirs.transpose(0, 2, 1, 3, 4))
    np.testing.assert_array_equal(image.pixels[1, 1, 4:7, 5:, -3].compute(), theirs[1, 4:7, 1, 5:, -3])


@pytest.mark.parametrize("file", [f for f in SAMPLES if f.startswith("czi/")])
def test_czi_as_libczi_of_another_wrapper_reads_it(samples, file):
    aicspylibczi = pytest.importorskip("aicspylibczi")
    theirs = aicspylibczi.CziFile(samples / file)
    if theirs.is_mosaic():
        for s, mine in enumerate(arrays(samples / file)):
            box = theirs.get_mosaic_scene_bounding_box(s)
            np.testing.assert_array_equal(
                mine, theirs.read_mosaic(region=(box.x, box.y, box.w, box.h), C=0, scale_factor=1).squeeze()
            )
        return
    for s, image in enumerate(read(samples / file)):
        if "Airy" in file:  # the four other channels exist at the first detector only
            planes = [theirs.read_image(H=s, C=c)[0] for c in range(image.shape["C"])]
            np.testing.assert_array_equal(image.array(), np.concatenate(planes).squeeze().reshape(image.array().shape))
            continue
        dims = dict(theirs.get_dims_shape()[0])
        pixels, order = theirs.read_image(**({"S": s} if "S" in dims and dims["S"][1] > 1 else {}))
        letters = "".join(d for d, _ in order)
        wanted = [letters.index(d) for d in image.axes]
        rest = [i for i in range(len(letters)) if i not in wanted]
        np.testing.assert_array_equal(image.array(), pixels.transpose([*rest, *wanted]).squeeze())
