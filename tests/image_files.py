"""Image files for tests, good and bad, written on the spot."""

import json
import struct
import zlib

import imagecodecs
import numpy as np
import tifffile


def ramp(*shape, dtype=np.uint8):
    """Every pixel another value, as far as the type allows."""
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def png(path, pixels):
    path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels)))
    return path


def tiff(path, pixels, **options):
    tifffile.imwrite(path, pixels, **options)
    return path


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(path, width, height, bits, colour, rows, *extra):
    """A PNG written byte by byte: any header over any content."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    body = [png_chunk(b"IHDR", header), *extra, png_chunk(b"IDAT", zlib.compress(rows)), png_chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(body))
    return path


def tiff_claiming(path, width, height, compression=1):
    """A little TIFF whose header claims any size, with one strip of ten bytes."""
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, compression),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, 10),
    ]
    ifd = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in tags) + b"\0\0\0\0"
    path.write_bytes(b"II*\0" + struct.pack("<I", 20) + bytes(12) + ifd)
    return path


def zarr_image(path, pixels, axes, version="0.4", scale=None, unit="micrometer", channels=(), chunks=None):
    """An OME-Zarr with one image, or one image inside a group that is open already."""
    import zarr

    group = (
        path
        if isinstance(path, zarr.Group)
        else zarr.open_group(str(path), mode="w", zarr_format=2 if version < "0.5" else 3)
    )
    array = group.create_array("0", shape=pixels.shape, dtype=pixels.dtype, chunks=chunks or pixels.shape)
    array[...] = pixels
    entries = [{"name": a.lower(), "type": "space", "unit": unit} if a in "ZYX" else {"name": a.lower()} for a in axes]
    level = {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": list(scale or [1.0] * len(axes))}]}
    about = {"multiscales": [{"axes": entries, "datasets": [level], "version": version}]}
    if channels:
        about["omero"] = {"channels": [{"label": c} for c in channels]}
    group.attrs.update(about if version < "0.5" else {"ome": about})
    return path


def ome_set(folder, planes):
    """An OME-TIFF set: one file a plane, each with the header of the whole."""
    names = [f"set_z{z}.ome.tif" for z in range(len(planes))]
    height, width = planes[0].shape
    data = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{n}">urn:uuid:{z:032x}</UUID></TiffData>'
        for z, n in enumerate(names)
    )
    for z, (name, plane) in enumerate(zip(names, planes, strict=True)):
        xml = (
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:{z:032x}">'
            f'<Image ID="Image:0" Name="set"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="{width}" '
            f'SizeY="{height}" SizeZ="{len(planes)}" SizeC="1" SizeT="1" PhysicalSizeX="0.2" PhysicalSizeY="200" '
            f'PhysicalSizeYUnit="nm" PhysicalSizeZ="1.5"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>{data}</Pixels>'
            "</Image></OME>"
        )
        tifffile.imwrite(folder / name, plane, description=xml, metadata=None)
    return [folder / n for n in names]


def write_json(path, value):
    path.write_text(json.dumps(value))
    return path
