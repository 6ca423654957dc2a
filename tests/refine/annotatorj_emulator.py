"""AnnotatorJ's importer, editing and exporter as far as files go, from the description of what they read and write.

It is strict where the plug-in fails and forgives nothing: a list that this reads, the plug-in should read. `export`
with `faults=True` does to ids and contours what the description says the plug-in does to them.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import roifile
import tifffile

from opsef_core.refine._outlines import outlines
from opsef_core.refine._roi import roi_bytes

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


# --- editing: what a person does to one image's ROI list -----------------------------------------------------------


def find(rois, number):
    """The ROI of this number."""
    return next(roi for roi in rois if int(roi.name) == number)


def reshape(rois, number, mask):
    """Edit mode: another contour, name and class kept, at its place in the list."""
    find(rois, number).mask = mask


def add(rois, mask, group=0):
    """A new contour; it gets the last number plus one."""
    number = int(rois[-1].name) + 1 if rois else 1
    rois.append(Roi(f"{number:04d}", group, mask))
    return number


def delete(rois, number):
    """Ctrl+Delete."""
    rois.remove(find(rois, number))


def split(rois, number, part):
    """Cut a part off and add it as a contour of its own."""
    roi = find(rois, number)
    piece = roi.mask & part
    roi.mask = roi.mask & ~part
    return add(rois, piece, roi.group)


def merge(rois, number, other):
    """Draw the first over both, delete the other."""
    find(rois, number).mask = find(rois, number).mask | find(rois, other).mask
    delete(rois, other)


def classify(rois, classes):
    """Class mode: number -> class; 0 takes it away."""
    for number, group in classes.items():
        find(rois, number).group = group


# --- saving and exporting -------------------------------------------------------------------------------------------


def rename_last(rois):
    """What every save and export does to the last of the current list: the name before it plus one; a single one is 1.

    IndexError for an empty list, as in the plug-in.
    """
    rois[-1].name = f"{int(rois[-2].name) + 1 if len(rois) > 1 else 1:04d}"


def save(opened, on_screen=None):
    """The Save button: a zip an image; `on_screen` is the image whose list is current, and is renamed."""
    if on_screen is not None:
        rename_last(opened.rois[on_screen])
    folder = opened.root / "12_TmpRoisFromFiji"
    folder.mkdir(exist_ok=True)
    for line, rois in zip(opened.lines, opened.rois, strict=True):
        if not rois:
            continue  # ImageJ refuses to save an empty list: the old zip stays
        names: dict[str, int] = {}
        with zipfile.ZipFile(folder / (Path(line[1]).name.rsplit(".", 1)[0] + "_ROIs.zip"), "w") as archive:
            for roi in rois:
                again = names[roi.name] = names.get(roi.name, -1) + 1
                name = roi.name + (f"-{again}" if again else "")
                corners = outlines(roi.mask.astype(np.uint8)).get(1)
                if corners:
                    archive.writestr(f"{name}.roi", roi_bytes(name, corners, roi.group))


def export(opened, separator=SEPARATOR, faults=False, on_screen=0, class_mode=True):
    """The export button: label images and lists, then a save.

    Args:
        opened: from `open_list`, edited.
        separator: of the machine.
        faults: rename the last ROI of the image on screen before, and of the last image after the masks are written; in
            class mode its list also takes the place of the one on screen. False: ids as the ROI names say, no save.
        on_screen: number of the image on screen.
        class_mode: otherwise Edit mode.
    """
    if faults and class_mode:
        rename_last(opened.rois[on_screen])
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
    if faults:
        if opened.rois[-1]:
            rename_last(opened.rois[-1])
        if class_mode:
            opened.rois[on_screen] = opened.rois[-1]
        save(opened)


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
