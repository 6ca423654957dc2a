"""Objects as ImageJ contours (.roi files in a zip), exact to the pixel: corners are pixel corners.

An object in one piece and without holes becomes a traced polygon, any other a composite ROI. Format facts: the
public description of ImageJ's ROI files, and files written by ImageJ 1.53 (header version 228).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ..errors import BadImage

Corners = NDArray[np.int32]  # (n, 2): x, y
FARTHEST_PX = 32767  # 16-bit coordinates
HEADER_VERSION = 228  # the first that stores a group
TRACED, RECTANGLE = 8, 1  # ImageJ's numbers; a composite ROI is stored as a rectangle with a path
MOVE, LINE, CLOSE = 0.0, 1.0, 4.0
# AnnotatorJ's palette: red, green, blue, cyan, magenta, yellow, orange, white, black.
COLOURS = ("ff0000", "00ff00", "0000ff", "00ffff", "ff00ff", "ffff00", "ffc800", "ffffff", "000000")
_STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))  # east, south, west, north as (x, y); +1 is a turn to the right


def roi_zip(mask: NDArray[np.uint16], groups: Mapping[int, int]) -> bytes:
    """A zip with one .roi an object, ascending, named by its number with at least four digits.

    Args:
        mask: (Y, X), 0 = background, every other value one object.
        groups: value -> class number 1..9; objects that are not in it have no class.

    Raises:
        BadImage: the image is larger than the format's coordinates.
    """
    if max(mask.shape) > FARTHEST_PX:
        raise BadImage(
            f"ImageJ contours reach {FARTHEST_PX} pixels, not {max(mask.shape)}; export tiles, or use rois=False."
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, place in enumerate(find_objects(mask), start=1):
            if place is not None:
                rows, columns = place
                loops = contours(mask[place] == number)
                corners = [loop + np.array([columns.start, rows.start], np.int32) for loop in loops]
                entry = zipfile.ZipInfo(f"{number:04d}.roi")  # a fixed date: the same labels give the same bytes
                archive.writestr(entry, _roi_bytes(f"{number:04d}", corners, groups.get(number, 0)))
    return buffer.getvalue()


def contours(mask: NDArray[np.bool_]) -> list[Corners]:
    """Closed loops along the pixel edges of a (Y, X) mask, as (x, y) corners, inside to the right.

    Pixels that touch at a corner only get loops of their own, so no loop crosses itself; holes run the other way.
    """
    ways = _edges(mask)
    loops = []
    while ways:
        start = min(ways)
        loops.append(_walk(ways, start))
    return loops


def _edges(mask: NDArray[np.bool_]) -> dict[tuple[int, int], list[int]]:
    """Directions of the edges that leave each corner, inside to the right."""
    m = np.pad(mask, 1)
    inside = m[1:-1, 1:-1]
    sides = (  # (is the neighbour outside?, where the edge starts relative to the pixel, its direction)
        (~m[:-2, 1:-1], (0, 0), 0),
        (~m[1:-1, 2:], (1, 0), 1),
        (~m[2:, 1:-1], (1, 1), 2),
        (~m[1:-1, :-2], (0, 1), 3),
    )
    ways: dict[tuple[int, int], list[int]] = {}
    for open_side, (dx, dy), direction in sides:
        rows, columns = np.nonzero(inside & open_side)
        for y, x in zip((rows + dy).tolist(), (columns + dx).tolist(), strict=True):
            ways.setdefault((x, y), []).append(direction)
    return ways


def _walk(ways: dict[tuple[int, int], list[int]], start: tuple[int, int]) -> Corners:
    """Follow edges from a corner back to it, turning right where there is a choice; used edges are removed."""
    corners: list[tuple[int, int]] = []
    at, heading = start, -1
    while at in ways:
        out = ways[at]
        turns = (0, 1, 2, 3) if heading < 0 else ((heading + 1) % 4, heading, (heading + 3) % 4)
        direction = next(d for d in turns if d in out)
        out.remove(direction)
        if not out:
            del ways[at]
        if direction != heading:
            corners.append(at)
        heading = direction
        at = (at[0] + _STEP[direction][0], at[1] + _STEP[direction][1])
        if at == start:
            break
    return np.array(corners, np.int32)


def _roi_bytes(name: str, loops: list[Corners], group: int) -> bytes:
    from roifile import ROI_TYPE, ImagejRoi

    roi = ImagejRoi()
    roi.version, roi.name, roi.group = HEADER_VERSION, name, group
    if group:
        roi.stroke_color = bytes.fromhex("ff" + COLOURS[(group - 1) % len(COLOURS)])
    every = np.concatenate(loops)
    roi.left, roi.top = (int(v) for v in every.min(axis=0))
    roi.right, roi.bottom = (int(v) for v in every.max(axis=0))
    if len(loops) == 1:
        roi.roitype = ROI_TYPE(TRACED)
        roi.integer_coordinates = loops[0] - np.array([roi.left, roi.top], np.int32)
        roi.n_coordinates = len(loops[0])
    else:
        roi.roitype = ROI_TYPE(RECTANGLE)
        roi.multi_coordinates = np.array([v for loop in loops for v in _path(loop)], np.float32)
        roi.shape_roi_size = len(roi.multi_coordinates)
    return bytes(roi.tobytes())


def _path(loop: Corners) -> list[float]:
    """One closed loop in the language of ImageJ's composite ROIs."""
    values: list[float] = []
    for number, (x, y) in enumerate(loop.tolist()):
        values += [LINE if number else MOVE, float(x), float(y)]
    return [*values, CLOSE]
