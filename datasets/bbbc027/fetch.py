"""Get BBBC027, low signal-to-noise, and put it where `opsef.dataset("bbbc027")` looks for it.

    python datasets/bbbc027/fetch.py                # download three archives, several GB
    python datasets/bbbc027/fetch.py --from FILE    # archives or folders you have already

The archives hold ICS 2.0 files (doi 10.1002/cyto.990110502); they are kept as TIFF stacks. The checksums of the
archives are those that the library torch-em states.
"""

import io
import sys
import zlib
from math import prod
from pathlib import Path

import numpy as np
import tifffile

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from fetching import Source, Way, main  # noqa: E402 - it lies beside this folder

ARCHIVE = "https://data.broadinstitute.org/bbbc/BBBC027/BBBC027_lowSNR_images_part{}.zip"
SHA256 = (
    "bf537d5e63c63f3b86e31d0dfe1b888a5bac8df78d9562f7c4fb738d9ad4e5d1",
    "4e581c373a2656d50265345a0cdaa1ec32926028c56a46ac9a6cc33bd8fca295",
    "b0ca1814101ea7c8f71802c762195f3e69a639bf4ba24065d4efbb780ea94d63",
)
LARGEST = 2**30  # bytes of a volume


def as_tiff(name: str, content: bytes) -> tuple[str, bytes]:
    """A volume as TIFF, axes ZYX, from an ICS file that holds header and pixels."""
    field, line = content[:1], content[1:2]
    end = b"end" + field + line
    at = content.index(end)
    said = {}
    for row in content[2:at].split(line):
        category, key, *values = (*row.split(field), b"", b"")
        said[category, key] = [v.decode("ascii").lower() for v in values if v]
    order, sizes = said[b"layout", b"order"], [int(n) for n in said[b"layout", b"sizes"]]
    if order != ["bits", "x", "y", "z"] or said[b"representation", b"format"] != ["integer"] or sizes[0] not in (8, 16):
        raise ValueError(f"it is no volume of 8 or 16 bit: {order}, {sizes}")
    little = said[b"representation", b"byte_order"][0] == "1"
    dtype = np.dtype(f"{'<' if little else '>'}u{sizes[0] // 8}")
    wanted = prod(sizes[1:]) * dtype.itemsize
    if wanted > LARGEST:
        raise ValueError(f"{wanted} bytes are too many")
    pixels = content[at + len(end) :]
    if said.get((b"representation", b"compression")) == ["gzip"]:
        pixels = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(pixels, wanted)
    volume = np.frombuffer(pixels[:wanted], dtype).reshape(sizes[:0:-1])
    packed = io.BytesIO()
    tifffile.imwrite(packed, volume.astype(dtype.newbyteorder("=")), imagej=True, metadata={"axes": "ZYX"})
    return Path(name).with_suffix(".tif").name, packed.getvalue()


WAY = Way(
    by_hand=f"save {', '.join(ARCHIVE.format(part) for part in (1, 2, 3))}.",
    sources=[Source(ARCHIVE.format(part), sha256) for part, sha256 in enumerate(SHA256, start=1)],
    wanted=["image-final_*.ics"],
    prepare=as_tiff,
    largest=LARGEST,
)

if __name__ == "__main__":
    sys.exit(main(HERE, WAY))
