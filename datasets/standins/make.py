"""Make stand-ins: made-up images of the shape of those that OpSeF's demonstrations used, with truth.

    python datasets/standins/make.py                  # all that are not there yet
    python datasets/standins/make.py cobblestones     # one, anew
    python datasets/standins/make.py --to FOLDER

For a machine that has not got the images, or may not fetch them. Each becomes a data set of its own in the data folder,
`<name of the real one>_standin`, whose title says what it is; `opsef.dataset("cobblestones_standin")` opens it. The
same numbers come out on every machine with the same numpy, scipy and scikit-image. What is measured on them says
nothing about the real images.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import yaml
from numpy.typing import NDArray

from opsef_core.atomic import write_whole
from opsef_core.errors import OpsefError, UnknownName
from opsef_core.ingest._dataset_truth import objects_sha256
from opsef_core.places import data_folder

sys.path.insert(0, str(Path(__file__).parent))

from flat import PICTURES
from volumes import VOLUMES

MAKERS = {**PICTURES, **VOLUMES}


@dataclass(frozen=True)
class StandIn:
    """What stands for a data set.

    Attributes:
        kinds: what is made, one image of each entry: names in `MAKERS`.
        like: what it is like, in words.
        differs: how its size differs from the real images.
        classes: names of the objects.
        channels: their names, if there are several.
        spacing_um: voxel size along z, y, x; None: not said.
    """

    kinds: Sequence[str]
    like: str
    differs: str
    classes: Sequence[str] = ("nucleus",)
    channels: Sequence[str] = ()
    spacing_um: tuple[float, float, float] | None = None


STANDINS = {
    "cobblestones": StandIn(
        ("cobblestones", "cobblestones"), "paving stones in rows with narrow gaps", "same size", ("stone",)
    ),
    "leaves": StandIn(
        ("leaves", "leaves"), "leaves of five kinds on a bright ground, with noise", "same size", ("leaf",)
    ),
    "skeletal_muscle": StandIn(
        ("skeletal_muscle", "skeletal_muscle"),
        "muscle fibres with bright borders and dark nuclei at their rims",
        "768 instead of 2048 pixels wide",
    ),
    "kidney": StandIn(
        ("kidney",), "a stained section with two glomeruli and tubules", "512 x 1024 pixels instead of many thousands"
    ),
    "bbbc027": StandIn(
        ("colon",),
        "colon crypts in three dimensions, with much noise",
        "as many planes, 160 x 192 instead of 1030 x 1300",
    ),
    "idr0077": StandIn(
        ("flower",),
        "layers of nuclei whose contrast falls with depth",
        "48 x 192 x 192 voxels, the real one is many times larger",
        spacing_um=(1.0, 0.4, 0.4),
    ),
    "idr0062": StandIn(
        ("blastocyst", "neural"),
        "a hollow ball of nuclei, and a flat culture with tight clusters",
        "a quarter as many planes, half as wide; two channels",
        channels=("LaminB1", "DAPI"),
        spacing_um=(0.9, 0.3, 0.3),
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Make what was asked for; 0 if all of it could be made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(STANDINS)} (those that are not there yet)")
    parser.add_argument("--to", type=Path, help="folder to put them into (the data folder)")
    asked = parser.parse_args(arguments)
    place = asked.to or data_folder()
    try:
        for name in asked.names or STANDINS:
            folder = place / f"{name}_standin"
            if asked.names or not (folder / "dataset.yml").is_file():
                make(name, folder)
            print(f"{folder} (made up, no real images)")
    except OpsefError as error:
        print(error)
        return 1
    return 0


def make(name: str, folder: Path) -> Path:
    """Make the stand-in for a data set; what is there is written anew.

    Args:
        name: of the real one.
        folder: to fill.

    Raises:
        UnknownName: nothing stands for a set of that name.
        DiskFull: no space left.
    """
    if name not in STANDINS:
        raise UnknownName("stand-in", name, STANDINS)
    made = STANDINS[name]
    files = []
    for number, kind in enumerate(made.kinds, start=1):
        rng = np.random.default_rng([zlib.crc32(kind.encode()), number])
        pixels, ids = MAKERS[kind](rng)
        image, truth = f"images/standin_{kind}_{number}.tif", f"truth/standin_{kind}_{number}.tif"
        content = packed(pixels, ids.ndim, made)
        write(folder / image, content)
        write(folder / truth, packed(ids.astype(np.uint16), ids.ndim, None))
        checks = {"image_sha256": hashlib.sha256(content).hexdigest(), "truth_objects_sha256": objects_sha256(ids)}
        files.append({"image": image, "truth": truth, **checks, "columns": {"kind": kind, "made_up": True}})
    said = {
        "title": f"STAND-IN for {name}, made up: {made.like}",
        "about": (
            f"No real images. Made by datasets/standins/make.py in the shape of the data set {name} ({made.differs}), "
            "with truth, to step through a demonstration where the real images are not at hand. What is measured on "
            "them says nothing about the real ones."
        ),
        "source": "datasets/standins/make.py of opsef-core",
        "licence": "CC0-1.0",
        "classes": list(made.classes),
        "files": files,
    }
    write(folder / "dataset.yml", yaml.safe_dump(said, sort_keys=False, width=120).encode())  # last: then it is whole
    return folder


def packed(pixels: NDArray[Any], spatial: int, made: StandIn | None) -> bytes:
    """A TIFF file; a stack as OME-TIFF, which says what its axes are."""
    file = io.BytesIO()
    more: dict[str, Any] = {"metadata": None}
    if spatial == 3:
        more = {"ome": True, "metadata": {"axes": "CZYX"[-pixels.ndim :], "UUID": "urn:uuid:00000000-0000-0000-0000-0"}}
        if made is not None and made.spacing_um is not None:
            sizes = zip("ZYX", made.spacing_um, strict=True)
            more["metadata"] |= {f"PhysicalSize{axis}": um for axis, um in sizes}
        if made is not None and made.channels:
            more["metadata"]["Channel"] = {"Name": list(made.channels)}
    elif pixels.ndim == 3:
        more["photometric"] = "rgb"
    tifffile.imwrite(file, pixels, compression="zlib", predictor=True, **more)
    return file.getvalue()


def write(path: Path, content: bytes) -> None:
    """Write a file whole, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


if __name__ == "__main__":
    sys.exit(main())
