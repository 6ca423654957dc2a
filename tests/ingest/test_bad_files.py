"""Files that are no images, broken images, and images at the edge of what is one."""

import json
import os
import struct

import numpy as np
import pytest
from image_files import png, png_chunk, png_of, ramp, tiff, tiff_claiming, zarr_image

from opsef_core.data import Unreadable
from opsef_core.errors import BadImage, UnreadableFile
from opsef_core.ingest import images, read

ALL = (
    "czi: reads .czi. lif: reads .lif. nd2: reads .nd2. ome_zarr: reads .zarr folders. "
    "picture: reads .png, .jpg, .jpeg, .bmp. tiff: reads .tif, .tiff, .btf, .tf8. "
    "other: reads .lsm through bioio; for another format, install the bioio plug-in for it "
    "(bioio-bioformats reads most)."
)


def why(path, **options):
    """The whole sentence of the error that reading a file and its pixels gives."""
    with pytest.raises(UnreadableFile) as caught:
        read(path, **options)[0].array()
    return str(caught.value)


def only(path):
    (image,) = read(path)
    return image


# --- no images at all -------------------------------------------------------------------------------------------------


def test_missing_file(tmp_path):
    (tmp_path / "b.tif").touch()
    assert why(tmp_path / "a.tif") == f"There is no file {tmp_path / 'a.tif'}. In its folder: b.tif."
    assert why(tmp_path / "x" / "a.tif") == (
        f"There is no file {tmp_path / 'x' / 'a.tif'}. The folder {tmp_path / 'x'} does not exist, either."
    )


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.czi", "a.xyz"])
def test_empty_file(tmp_path, name):
    (tmp_path / name).touch()
    assert why(tmp_path / name) == f"{name} cannot be read: the file is empty (0 bytes)."


def test_text_named_tif(tmp_path):
    (tmp_path / "notes.tif").write_text("hello world, this is no image")
    assert why(tmp_path / "notes.tif") == (
        "notes.tif cannot be read. tiff: it does not begin like a TIFF file; it begins with b'hello world, thi'."
    )


def test_tiff_named_png(tmp_path):
    tiff(tmp_path / "a.tif", ramp(4, 5)).rename(tmp_path / "a.png")
    assert (
        why(tmp_path / "a.png")
        == "a.png cannot be read. picture: it does not begin like a PNG file; it is a TIFF file."
    )


def test_unknown_suffix_is_declined_by_every_reader_with_its_reason(tmp_path):
    (tmp_path / "a.xyz").write_bytes(b"something")
    assert why(tmp_path / "a.xyz") == f"a.xyz cannot be read. {ALL}"


def test_description_beside_a_zarr(tmp_path):
    (tmp_path / "a.ome.zarr.json").write_text("[]")
    assert "ome_zarr: this is a description lying beside a .zarr folder; read the folder." in why(
        tmp_path / "a.ome.zarr.json"
    )


# --- broken images ----------------------------------------------------------------------------------------------------


def test_truncated_tiff(tmp_path):
    path = tiff(tmp_path / "a.tif", ramp(100, 100))
    size = path.stat().st_size
    os.truncate(path, size - 1000)
    assert why(path) == (
        f"a.tif is truncated: its header promises 100 x 100 pixels up to byte {size}, and it has {size - 1000} bytes."
    )


def test_truncated_compressed_tiff(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (100, 100), np.uint8)
    path = tiff(tmp_path / "a.tif", noise, compression="zlib")
    size = path.stat().st_size
    os.truncate(path, size - 1000)
    assert why(path) == (
        f"a.tif is truncated: its header promises 100 x 100 pixels up to byte {size}, and it has {size - 1000} bytes."
    )


def test_header_cut_off(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II*\x00")
    assert why(tmp_path / "a.tif").startswith("a.tif cannot be read as tiff: ")


def test_damaged_pixels_are_found_late_and_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (100, 100), np.uint8)
    path = tiff(tmp_path / "a.tif", noise, compression="zlib")
    damaged = bytearray(path.read_bytes())
    damaged[-6000:-5000] = bytes(1000)
    path.write_bytes(damaged)
    image = only(path)  # the header is fine
    with pytest.raises(UnreadableFile, match=r"^a\.tif cannot be read to its end: "):
        image.array()


def test_truncated_png(tmp_path):
    path = png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (50, 50), np.uint8))
    os.truncate(path, path.stat().st_size // 2)
    assert why(path).startswith("a.png cannot be read to its end: ")


def test_png_with_wrong_content(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"rubbish" * 20)
    assert why(tmp_path / "a.png") == "a.png cannot be read: the header of the PNG file is broken."
    (tmp_path / "b.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 7, 9, 0, 0, 0))
    )
    assert why(tmp_path / "b.png") == "b.png cannot be read: the header of the PNG file is broken."


def test_file_that_vanishes_after_it_was_listed(tmp_path):
    image = only(tiff(tmp_path / "a.tif", ramp(10, 10)))
    (tmp_path / "a.tif").unlink()
    with pytest.raises(UnreadableFile, match=r"^a\.tif cannot be read to its end: .*No such file"):
        image.array()


# --- headers that promise too much ------------------------------------------------------------------------------------


def test_huge_tiff_header(tmp_path):
    path = tiff_claiming(tmp_path / "a.tif", 10**9, 10**9)
    assert why(path) == (
        "a.tif is truncated: its header promises 1000000000 x 1000000000 pixels up to byte 1000000000000000008, "
        f"and it has {path.stat().st_size} bytes."
    )


def test_huge_compressed_tiff_header(tmp_path):
    path = tiff_claiming(tmp_path / "a.tif", 10**9, 10**9, compression=8)
    assert why(path) == (
        "a.tif has a broken header: 1000000000 x 1000000000 pixels (1e+18 bytes) cannot be packed into "
        f"{path.stat().st_size} bytes, or not be unpacked piece by piece."
    )


def test_png_bomb(tmp_path):
    path = png_of(tmp_path / "a.png", 60000, 60000, 8, 0, bytes(100))
    assert why(path) == (
        f"a.png has a broken header: 60000 x 60000 pixels cannot be packed into {path.stat().st_size} bytes."
    )


def test_png_too_large_to_unpack(tmp_path):
    path = png_of(tmp_path / "a.png", 60000, 60000, 8, 0, b"", png_chunk(b"tEXt", bytes(4_000_000)))
    assert why(path) == (
        "a.png is 60000 x 60000 pixels, too many for a format that can only be unpacked whole. "
        "Save it as tiled TIFF or OME-Zarr."
    )


# --- pixels at the edge -----------------------------------------------------------------------------------------------


def test_no_pixels(tmp_path):
    with pytest.warns(UserWarning, match="zero-size"):
        path = tiff(tmp_path / "a.tif", np.zeros((0, 0), np.uint8))
    assert why(path) == "a.tif has no pixels: its size is 0 x 0."
    assert why(png_of(tmp_path / "a.png", 0, 0, 8, 0, b"")) == "a.png has no pixels: its size is 0 x 0."


@pytest.mark.parametrize("value", [0, 7])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (20, 30)])
def test_tiny_black_and_constant_images_are_fine(tmp_path, shape, value):
    pixels = np.full(shape, value, np.uint8)
    for image in (only(tiff(tmp_path / "a.tif", pixels)), only(png(tmp_path / "a.png", pixels))):
        assert image.axes == "YX"
        np.testing.assert_array_equal(image.checked().pixels, pixels)


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64"]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_type_of_pixel_comes_as_it_is_stored(tmp_path, dtype, order):
    pixels = ramp(6, 7, dtype=dtype)
    image = only(tiff(tmp_path / "a.tif", pixels, byteorder=order))
    assert image.pixels.dtype == np.dtype(dtype)
    assert image.array().dtype.isnative
    np.testing.assert_array_equal(image.array(), pixels)


def test_complex_pixels_are_refused(tmp_path):
    assert why(tiff(tmp_path / "a.tif", np.ones((4, 5), np.complex64))) == (
        "a.tif has complex pixels (complex64), which no step or model understands. "
        "Save its magnitude, or its real and imaginary part as two channels."
    )


def test_nan_is_an_error_at_use_or_filled(tmp_path):
    pixels = ramp(4, 5, dtype=np.float32)
    pixels[1, 2], pixels[0, 0] = np.nan, np.inf
    path = tiff(tmp_path / "a.tif", pixels)
    with pytest.raises(BadImage) as caught:
        only(path).checked()
    assert str(caught.value) == (
        "a.tif has 2 pixels of 20 that are NaN or infinite. "
        "Read it with replace_nan=0 (or another number) to fill them."
    )
    (filled,) = images(path, replace_nan=-1)
    assert filled.checked().pixels[1, 2] == filled.checked().pixels[0, 0] == -1
    assert filled.history[-1].parameters == {"value": -1.0}
    assert filled.lazy


def test_replace_nan_leaves_whole_numbers_alone(tmp_path):
    (image,) = images(tiff(tmp_path / "a.tif", ramp(4, 5)), replace_nan=0)
    assert [act.name for act in image.history] == ["tiff"]


def test_alpha_is_dropped(tmp_path):
    rgba, grey_alpha = ramp(4, 5, 4), ramp(4, 5, 2)
    for image in (
        only(png(tmp_path / "a.png", rgba)),
        only(tiff(tmp_path / "a.tif", rgba, photometric="rgb", extrasamples=["unassalpha"])),
        only(tiff(tmp_path / "b.tif", np.moveaxis(rgba, -1, 0), photometric="rgb", planarconfig="separate")),
    ):
        assert (image.axes, image.channels, image.is_rgb) == ("CYX", ("red", "green", "blue"), True)
        np.testing.assert_array_equal(image.array(), np.moveaxis(rgba[..., :3], -1, 0))
    for image in (
        only(png(tmp_path / "l.png", grey_alpha)),
        only(
            tiff(
                tmp_path / "l.tif",
                grey_alpha,
                photometric="minisblack",
                extrasamples=["unassalpha"],
                planarconfig="contig",
            )
        ),
    ):
        assert (image.axes, image.channels) == ("YX", ())
        np.testing.assert_array_equal(image.array(), grey_alpha[..., 0])


def test_palette_and_bits_in_png(tmp_path):
    palette = png_chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]))
    image = only(png_of(tmp_path / "p.png", 3, 1, 8, 3, b"\0\0\1\2", palette))
    assert (image.axes, image.is_rgb) == ("CYX", True)
    np.testing.assert_array_equal(image.array()[:, 0], 255 * np.eye(3))
    clear = only(png_of(tmp_path / "t.png", 3, 1, 8, 3, b"\0\0\1\2", palette, png_chunk(b"tRNS", b"\0")))
    np.testing.assert_array_equal(clear.array(), image.array())
    bits = only(png_of(tmp_path / "b.png", 8, 1, 1, 0, b"\0\xa5"))
    assert bits.pixels.dtype == bool
    np.testing.assert_array_equal(bits.array()[0], [1, 0, 1, 0, 0, 1, 0, 1])
    deep = ramp(4, 5, 3, dtype=np.uint16) * 250
    np.testing.assert_array_equal(only(png(tmp_path / "d.png", deep)).array(), np.moveaxis(deep, -1, 0))


def test_one_broken_file_among_ten(tmp_path):
    for i in range(10):
        tiff(tmp_path / f"{i}.tif", ramp(20, 30) + i)
    os.truncate(tmp_path / "3.tif", 300)
    found = images(tmp_path)
    assert [i.name for i in found] == [f"{i}.tif" for i in range(10)]
    assert len(found.readable) == 9
    (broken,) = found.failed
    assert isinstance(broken, Unreadable)
    assert found[3] is broken
    assert broken.reason.startswith("3.tif is truncated: its header promises 20 x 30 pixels up to byte ")
    assert len(broken.source) == 32


def test_code_in_a_zarr_is_not_run(tmp_path):
    """Zarr 2 can name pickle as its packing; reading such an array would run whatever lies in it."""
    path = tmp_path / "a.ome.zarr"
    zarr_image(path, np.zeros((20, 30), np.uint8), "yx")
    (file,) = path.rglob(".zarray")
    about = json.loads(file.read_text())
    assert only(path).shape == {"Y": 20, "X": 30}
    for change in ({"compressor": {"id": "pickle"}}, {"filters": [{"id": "pickle"}]}):
        file.write_text(json.dumps({**about, **change}))
        assert "pickle" in why(path)
    file.write_text(json.dumps({**about, "filters": [{"id": "packbits"}]}))
    assert "is packed by packbits, which is not read; save it with zstd or gzip." in why(path)
