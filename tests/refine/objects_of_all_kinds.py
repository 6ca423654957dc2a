"""Label images with everything that is hard for a format, and files a person or an attacker may leave."""

import io
import zipfile

import numpy as np
import pandas as pd

from opsef_core.data import Act, Image, Labels


def ids_of_all_kinds():
    """Holes, an island in a hole, parts, corners that touch, neighbours, single pixels, the border, large ids."""
    ids = np.zeros((40, 50), np.int32)
    ids[0:6, 0:5], ids[0:6, 5:9] = 1, 2  # neighbours at the border
    ids[10:25, 10:25], ids[12:20, 12:20], ids[14:17, 14:17], ids[15, 15] = 7, 0, 7, 9  # ring, island, other in it
    ids[21, 21] = 0
    ids[30, 5], ids[31, 6], ids[32, 5] = 300, 300, 300  # touch at corners only
    ids[39, 49], ids[39, 0], ids[0, 49] = 65535, 65536, 2_000_000_000
    ids[33:38, 30:34] = ids[33:36, 40:45] = 12  # two parts
    ids[35, 31] = 0
    return ids


def pair(ids=None, classes=None, name="Zellen µ/1", axes="YX"):
    ids = ids_of_all_kinds() if ids is None else ids
    image = Image((ids % 251).astype(np.uint8), axes, name, dict.fromkeys(axes, 0.5))
    table = pd.DataFrame() if classes is None else pd.DataFrame({"class": classes.values()}, index=list(classes))
    return image, Labels.of(image, ids, Act("truth", "toy"), table)


def stack():
    ids = np.zeros((3, 12, 14), np.int32)
    ids[0:2, 1:6, 1:6], ids[1, 3, 3], ids[2, 8:12, 9:14] = 5, 0, 70_000
    ids[0, 8:10, 8:10] = ids[2, 0:2, 0:2] = 8
    return pair(ids, {5: "Kern ß", 8: "b"}, axes="ZYX")


def zipped(path, files):
    """A zip file with these (name, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path


def square(left, top, side=4):
    return np.array([[left, top], [left + side, top], [left + side, top + side], [left, top + side]], np.int32)
