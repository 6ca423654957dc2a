"""Scale: memory while going through the tiles of a 2 GB tiff, and whether stitching gives the untiled labels back."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from opsef_core.data import Labels

TITLE = "Tiling"
ABOUT = (
    "A tiff of 2 GiB (32768 x 32768, uint16; once in tiles, once in strips) is opened in a fresh process and gone "
    "through in tiles of 1024 with 64 pixels of overlap; every pixel is compared with what was written. Then "
    "4096 x 4096 pixels with 6000 nuclei, many touching, are labelled whole and in tiles of 512 (overlap 64) by "
    "a threshold and by a watershed; the stitched labels are compared with the whole ones. The control puts the tiles "
    "side by side without stitching. Asked: peak memory < 1 GB, equal away from seams, no object cut in two."
)
SIDE, TILE, OVERLAP = 32768, 1024, 64
Ids = NDArray[np.int32]


def value(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.uint16]:
    """The pixels written at rows x columns: another value at every shift."""
    return (31 * rows[:, None] + 17 * columns[None, :] + (rows[:, None] // 64) * (columns[None, :] // 64)).astype(
        np.uint16
    )


def write(path: Path, layout: str, side: int) -> None:
    """Write a square tiff piece by piece, in tiles of 512 or in strips of 64 rows."""
    import tifffile

    across = np.arange(side)

    def pieces() -> Iterator[NDArray[np.uint16]]:
        if layout == "strips":
            for row in range(0, side, 64):
                yield value(np.arange(row, row + 64), across)
            return
        for row in range(0, side, 512):
            for column in range(0, side, 512):
                yield value(np.arange(row, row + 512), np.arange(column, column + 512))

    how = {"rowsperstrip": 64} if layout == "strips" else {"tile": (512, 512)}
    tifffile.imwrite(path, pieces(), shape=(side, side), dtype=np.uint16, bigtiff=True, metadata=None, **how)


def walk(path: str) -> dict[str, object]:
    """Go through all tiles of a file, in this process."""
    from opsef_core.ingest import images

    before = peak_mb()
    began = time.perf_counter()
    tiles = images(path, tile=TILE, overlap=OVERLAP)
    opening = time.perf_counter() - began
    wrong = 0
    for one in tiles.readable:
        y, x = one.origin["Y"], one.origin["X"]
        expected = value(np.arange(y, y + one.shape["Y"]), np.arange(x, x + one.shape["X"]))
        wrong += int((one.array() != expected).sum())
    assert not tiles.failed, tiles.failed
    seconds = time.perf_counter() - began
    return {
        "tiles": len(tiles),
        "wrong_pixels": wrong,
        "peak_mb": peak_mb(),
        "peak_mb_before_opening": before,
        "opening_s": round(opening, 1),
        "all_tiles_s": round(seconds, 1),
    }


def peak_mb() -> int:
    """Largest memory this process had (resident), in MB. The kernel's own mark, which begins anew with a program."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [s for s in status.read_text().splitlines() if s.startswith("VmHWM:")]
        return round(int(line.split()[1]) * 1024 / 1e6)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def memory(side: int = SIDE) -> dict[str, object]:
    """Write, go through in a fresh process, and remove both files."""
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for layout in ("tiles", "strips"):
            path = Path(folder) / f"{layout}.tif"
            write(path, layout, side)
            done = subprocess.run(
                [sys.executable, __file__, "walk", str(path)], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(done.stderr)
            figures["file_gb"] = round(path.stat().st_size / 1e9, 2)
            figures |= {f"{layout}_{k}": v for k, v in json.loads(done.stdout.splitlines()[-1]).items()}
            path.unlink()
    return figures


def nuclei(side: int = 4096, count: int = 6000) -> NDArray[np.float32]:
    """Bright ellipses of 14 to 44 pixels on noise, scattered, so that some touch."""
    rng = np.random.default_rng(0)
    pixels = rng.normal(20, 3, (side, side)).astype(np.float32)
    grid = np.arange(-24, 25)
    for _ in range(count):
        y, x = rng.integers(24, side - 25, 2)
        a, b = rng.uniform(7, 22, 2)
        angle = rng.uniform(0, np.pi)
        u = np.cos(angle) * grid[:, None] + np.sin(angle) * grid[None, :]
        v = np.cos(angle) * grid[None, :] - np.sin(angle) * grid[:, None]
        here = pixels[y - 24 : y + 25, x - 24 : x + 25]
        here[(u / a) ** 2 + (v / b) ** 2 <= 1] += rng.uniform(60, 120)
    return pixels


def by_threshold(pixels: NDArray[np.float32]) -> Ids:
    """Connected bright pixels: the answer for a pixel does not depend on the tile."""
    from scipy import ndimage

    return ndimage.label(pixels > 50)[0]


def by_watershed(pixels: NDArray[np.float32]) -> Ids:
    """Bright pixels split at necks: like a network, the answer near a border depends on the tile."""
    from scipy import ndimage
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    bright = ndimage.gaussian_filter(pixels, 1) > 50
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(bright), 2)
    seeds = np.zeros(pixels.shape, np.int32)
    at = peak_local_max(depth, min_distance=6, labels=ndimage.label(bright)[0], exclude_border=False)
    seeds[tuple(at.T)] = np.arange(1, len(at) + 1)
    return watershed(-depth, seeds, mask=bright).astype(np.int32)


def stitching(find: Callable[[NDArray[np.float32]], Ids], side: int = 4096, count: int = 6000) -> dict[str, object]:
    """Label whole and tiled, stitch, compare."""
    from opsef_core.data import Act, Image, Labels
    from opsef_core.ingest import tile
    from opsef_core.postprocess import stitch

    image = Image(nuclei(side, count), "YX", "slide")
    whole = find(image.array())
    parts = [Labels.of(t, find(t.array()), Act("model", find.__name__)) for t in tile(image, 512, 64)]
    began = time.perf_counter()
    (joined,) = stitch(parts)
    seconds = time.perf_counter() - began
    lines = seams([p.origin for p in parts], 512)
    control = compare(whole, side_by_side(parts, whole.shape), lines)["cut_in_two_at_a_seam"]
    return {"stitching_s": round(seconds, 2), **compare(whole, joined.pixels, lines), "control_cut_in_two": control}


def side_by_side(parts: list[Labels], shape: tuple[int, ...]) -> Ids:
    """The tiles one over the other, each with ids of its own: what stitching has to be better than."""
    out = np.zeros(shape, np.int32)
    largest = 0
    for one in parts:
        y, x = one.origin["Y"], one.origin["X"]
        ids = np.where(one.pixels > 0, one.pixels + largest, 0)
        out[y : y + ids.shape[0], x : x + ids.shape[1]] = ids
        largest += int(one.pixels.max())
    return out


def seams(origins: list[dict[str, int]], size: int) -> list[set[int]]:
    """Rows and columns at which some tile begins or ends."""
    return [{o[a] for o in origins} | {o[a] + size for o in origins} for a in "YX"]


def compare(whole: Ids, joined: Ids, lines: list[set[int]]) -> dict[str, object]:
    """How the stitched objects differ from the untiled ones, near the borders of tiles (overlap) and elsewhere.

    Cut in two: an untiled object near a border of a tile, in which two stitched objects lie with more than half of
    their own pixels and at least a twentieth of its.
    """
    from scipy import ndimage

    from opsef_core.compare import overlaps

    o = overlaps(whole, joined)
    same = np.zeros(len(o.truth_ids), bool)
    same[o.rows[o.iou == 1]] = True
    near = np.array([near_line(box, lines) for box in ndimage.find_objects(whole) if box is not None])
    inside = (o.shared > 0.5 * o.pred_areas[o.columns]) & (o.shared >= 0.05 * o.truth_areas[o.rows])
    pieces = np.bincount(o.rows[inside], minlength=len(same))
    return {
        "objects_untiled": len(same),
        "objects_stitched": len(o.pred_ids),
        "identical_away_from_seams": f"{int((same & ~near).sum())} of {int((~near).sum())}",
        "identical_at_seams": f"{int((same & near).sum())} of {int(near.sum())}",
        "cut_in_two_at_a_seam": int(((pieces > 1) & near).sum()),
    }


def near_line(box: tuple[slice, ...], lines: list[set[int]]) -> bool:
    """Whether a box comes within an overlap of where a tile begins or ends."""
    return any(s.start - OVERLAP <= at <= s.stop + OVERLAP for s, along in zip(box, lines, strict=True) for at in along)


def measure() -> dict[str, object]:
    """All figures."""
    threshold, splitting = stitching(by_threshold), stitching(by_watershed)
    return {
        **memory(),
        **{f"threshold_{k}": v for k, v in threshold.items()},
        **{f"watershed_{k}": v for k, v in splitting.items()},
    }


if __name__ == "__main__":
    print(json.dumps(walk(sys.argv[2]) if sys.argv[1:2] == ["walk"] else measure()))
