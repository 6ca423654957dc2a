"""PNG, JPEG, BMP: pictures that can only be read whole."""

from __future__ import annotations

import math
import struct
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ._reader import Reader, Scene, magic_refusal, reader_kind
from ._stored import Slices

PNG = b"\x89PNG\r\n\x1a\n"
MAGICS = {".png": PNG, ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff", ".bmp": b"BM"}
LARGEST = 2**29  # pixels: more is not for a format that has to be unpacked whole
DEFLATE_RATIO = 1032  # bytes that one byte of a PNG can become, at most
PNG_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by colour type; palettes become red, green, blue


@reader_kind
class Picture(Reader):
    """Reads PNG (1 to 16 bits, palettes as colours), JPEG and BMP."""

    suffixes = tuple(MAGICS)

    def refusal(self, path: Path) -> str | None:
        """By suffix and the first bytes."""
        return self.wrong_suffix(path) or magic_refusal(path, (_magic(path),), _kind(path))

    def scenes(self, path: Path) -> list[Scene]:
        """The one picture."""
        (height, width), samples, dtype = _png_header(path) if _magic(path) == PNG else _other_header(path)
        if height * width > LARGEST:
            raise UnreadableFile(
                f"{path.name} is {height} x {width} pixels, too many for a format that can only be unpacked whole. "
                "Save it as tiled TIFF or OME-Zarr."
            )
        shape = (height, width, samples)[: 2 if samples == 1 else 3]
        state = path.stat()
        load = partial(_load, str(path), state.st_mtime_ns, shape, dtype)
        return [Scene("", "YXS"[: len(shape)], shape, np.dtype(dtype), load, shape)]


def _kind(path: Path) -> str:
    return path.suffix[1:].upper().replace("JPG", "JPEG")


def _magic(path: Path) -> bytes:
    return MAGICS[path.suffix.lower()]


def _png_header(path: Path) -> tuple[tuple[int, int], int, str]:
    """Size, samples and type from the first 33 bytes.

    Raises:
        UnreadableFile: no header, no pixels, or more pixels than the file can hold.
    """
    with path.open("rb") as file:
        head = file.read(33)
    if len(head) < 33 or head[12:16] != b"IHDR":
        raise UnreadableFile(f"{path.name} cannot be read: the header of the PNG file is broken.")
    width, height, bits, colour = struct.unpack(">IIBB", head[16:26])
    if colour not in PNG_SAMPLES or bits not in (1, 2, 4, 8, 16):
        raise UnreadableFile(f"{path.name} cannot be read: the header of the PNG file is broken.")
    if not width or not height:
        raise UnreadableFile(f"{path.name} has no pixels: its size is {height} x {width}.")
    stored = 1 if colour == 3 else PNG_SAMPLES[colour]
    there = path.stat().st_size
    if height * math.ceil(width * stored * bits / 8) > DEFLATE_RATIO * there:
        raise UnreadableFile(
            f"{path.name} has a broken header: {height} x {width} pixels cannot be packed into {there} bytes."
        )
    dtype = "bool" if bits == 1 and colour == 0 else "uint16" if bits == 16 else "uint8"
    return (height, width), PNG_SAMPLES[colour], dtype


def _other_header(path: Path) -> tuple[tuple[int, int], int, str]:
    """Size, samples and type of a JPEG or BMP; four inks are read as red, green, blue."""
    import imageio.v3 as iio

    properties = iio.improps(path)
    height, width, *samples = properties.shape
    count = min(samples[0], 3) if samples else 1
    return (height, width), count, str(properties.dtype)


def _load(path: str, changed: int, shape: tuple[int, ...], dtype: str, slices: Slices) -> NDArray[Any]:
    return _whole(path, changed, shape, dtype)[slices]


@lru_cache(maxsize=2)  # tiles of one picture are asked for one after the other
def _whole(path: str, changed: int, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """The unpacked picture; `changed`, the date of the file, keeps an older one from being handed out."""
    if _magic(Path(path)) == PNG:
        import imagecodecs

        pixels = np.asarray(imagecodecs.png_decode(Path(path).read_bytes()))
    else:
        import imageio.v3 as iio

        pixels = np.asarray(iio.imread(path, mode="RGB" if len(shape) == 3 else "L"))
    if pixels.ndim > len(shape):  # alpha that the header did not announce (a transparent colour)
        pixels = pixels[..., 0]
    elif len(shape) == 3:
        pixels = pixels[..., : shape[2]]
    pixels = pixels > 0 if dtype == "bool" else pixels
    pixels.flags.writeable = False
    return pixels
