"""AnnotatorJ's importer and exporter as far as files go, from the description of what they read and write.

It is strict where the plug-in fails and forgives nothing: a list that this reads, the plug-in should read.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import roifile
import tifffile

SEPARATOR = "/"  # that of the machine AnnotatorJ runs on; "\\" on Windows


@dataclass
class Roi:
    """One object of the ROI list: its name, its class (0 = none), its pixels (Y, X)."""

    name: str
    group: int
    mask: np.ndarray


@dataclass
class Opened:
    """What the importer shows: one slice and one ROI list for each line of the pair list."""

    root: Path
    lines: list[list[str]]
    stack: np.ndarray
    rois: list[list[Roi]]


def open_list(path):
    """Import a pair list; ValueError where the plug-in would abort."""
    path = Path(path)
    root = path.parent.parent
    text = path.read_bytes().decode("ascii")
    lines = [split_line(line) for line in text.splitlines()]
    columns = len(lines[0])
    if any(len(line) != columns for line in lines):
        raise ValueError("ragged lines")
    if columns < 2 or any(not part for line in lines for part in line):
        raise ValueError("an empty entry")
    images = [tifffile.imread(inside(root, line[0])) for line in lines]
    if {(image.shape, image.dtype.str) for image in images} != {(images[0].shape, images[0].dtype.str)}:
        raise ValueError("images of different size or bit depth in one stack")
    if images[0].dtype not in (np.uint8, np.uint16):
        raise ValueError(f"ImageJ shows {images[0].dtype} images as real numbers")
    return Opened(root, lines, np.stack(images), [rois_of_line(root, line) for line in lines])


def split_line(line):
    """Split as Java does: empty parts at the end are dropped."""
    parts = line.split(";")
    while parts and not parts[-1]:
        parts.pop()
    return parts


def inside(root, part):
    """Root and part are put together as text, so a part must begin with a separator."""
    if not part.startswith("/"):
        raise ValueError(f"{part} does not begin with a separator")
    return Path(str(root) + part)


def rois_of_line(root, line):
    saved = root / "12_TmpRoisFromFiji" / (Path(line[1]).name.rsplit(".", 1)[0] + "_ROIs.zip")
    first = tifffile.imread(inside(root, line[1]))
    if saved.exists():
        return saved_rois(saved, first.shape)
    rois = []
    for part in line[1:]:
        group = 0
        if len(line) > 2:
            name = Path(part).name
            at = name.rindex("_MaskClass")  # ValueError without it, as in the plug-in
            group = int(name[at + 10 : at + 12])
        mask = np.clip(tifffile.imread(inside(root, part)).astype(np.int64), 0, 65535)
        values = np.flatnonzero(np.bincount(mask.ravel(), minlength=65536))
        rois += [Roi(f"{v:04d}", group, mask == v) for v in values if v]
    return rois


def saved_rois(path, shape):
    found = []
    with zipfile.ZipFile(path) as archive:
        if not archive.namelist():
            raise ValueError("ImageJ refuses an empty zip")
        for entry in archive.namelist():
            roi = roifile.ImagejRoi.frombytes(archive.read(entry))
            if roi.version < 228:
                raise ValueError("ImageJ reads no group from such a file")
            found.append(Roi(entry.removesuffix(".roi"), roi.group, filled(roi.coordinates(multi=True), shape)))
    return found


def filled(loops, shape):
    """Pixels whose centre lies inside an odd number of times."""
    inside_it = np.zeros(shape, bool)
    for loop in loops:
        x, y = np.asarray(loop, float).T
        for x0, y0, x1, y1 in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
            for row in range(int(np.ceil(min(y0, y1) - 0.5)), int(np.ceil(max(y0, y1) - 0.5))):
                crossing = x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0)
                inside_it[row, int(np.ceil(crossing - 0.5)) :] ^= True
    return inside_it


def export(opened, separator=SEPARATOR):
    """The export button: label images and lists, with ids as the ROI names say (renaming of the last one left out)."""
    masks, classes = [], []
    for line, rois in zip(opened.lines, opened.rois, strict=True):
        if not rois:
            continue
        file = Path(line[1]).name
        put(opened, "11_SegMasksFromFiji", file, rois)
        masks.append(f"{line[0]};{separator}11_SegMasksFromFiji{separator}{file}")
        parts = line[0] + ";"
        for group in dict.fromkeys(roi.group for roi in rois if roi.group):  # in the order they first occur
            name = class_name(file, group)
            put(opened, "13_ClassifiedSegMasksFromFiji", name, [roi for roi in rois if roi.group == group])
            parts += f"{separator}13_ClassifiedSegMasksFromFiji{separator}{name};"
        classes.append(parts)
    for kind, lines in (("Masks", masks), ("Classes", classes)):
        path = opened.root / "10_ImportExport" / f"FilePairList_fromFiji_{kind}.txt"
        path.write_bytes("".join(line + "\r\n" for line in lines).encode())


def class_name(file, group):
    marker = f"_MaskClass{group:02d}"
    if "_Mask_" in file:
        head, tail = file.rsplit("_Mask_", 1)
        return f"{head}{marker}_{tail}"
    return re.sub(r"_MaskClass\d\d", marker, file) if "_MaskClass" in file else marker + file


def put(opened, folder, file, rois):
    pixels = np.zeros(rois[0].mask.shape, np.uint16)
    for roi in rois:
        pixels[roi.mask] = int(roi.name)
    (opened.root / folder).mkdir(exist_ok=True)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, byteorder=">", metadata=None)
    (opened.root / folder / file).write_bytes(buffer.getvalue())
