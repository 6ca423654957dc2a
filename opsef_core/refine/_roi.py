"""ImageJ's .roi files: an object as one, and one as an object.

Format facts: the public description of ImageJ's ROI files, and files written by ImageJ 1.53.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ._drawing import BROKEN, NO_AREA, Sketch
from ._outlines import Loop

if TYPE_CHECKING:
    from roifile import ImagejRoi

# AnnotatorJ's palette: red, green, blue, cyan, magenta, yellow, orange, white, black.
COLOURS = ("ff0000", "00ff00", "0000ff", "00ffff", "ff00ff", "ffff00", "ffc800", "ffffff", "000000")
HEADER_VERSION = 228  # the first that stores a group
TRACED, RECTANGLE = 8, 1  # ImageJ's numbers; a composite ROI is stored as a rectangle with a path
MOVE, LINE, QUADRATIC, CUBIC, CLOSE = range(5)
FARTHEST_PX = 2**17  # no bound lies farther off
CURVE_STEPS = 16  # straight pieces of a curve
ARC_STEPS = 16  # of a rounded corner
NUMBER = re.compile(r"^0*(\d{1,18})(?:_z\d+)?$")
AGAIN = re.compile(r"^0*(\d{1,18})-\d{1,3}$")  # a second ROI of one name, as AnnotatorJ's zips have it


def roi_bytes(name: str, loops: Sequence[NDArray[np.int32]], group: int = 0, plane: int | None = None) -> bytes:
    """An object as a .roi file: a traced polygon in one piece, else a composite ROI.

    Args:
        name: of the ROI.
        loops: from `outlines`.
        group: its class, 1 to 255; 0: none. It has the group's colour in AnnotatorJ.
        plane: along Z from 0.
    """
    from roifile import ROI_TYPE, ImagejRoi

    roi = ImagejRoi()
    roi.version, roi.name, roi.group = HEADER_VERSION, name, group
    if group:
        roi.stroke_color = bytes.fromhex("ff" + COLOURS[(group - 1) % len(COLOURS)])
    if plane is not None:
        roi.position = roi.z_position = plane + 1
    every = np.concatenate(loops)
    roi.left, roi.top = (int(v) for v in every.min(axis=0))
    roi.right, roi.bottom = (int(v) for v in every.max(axis=0))
    if len(loops) == 1:
        roi.roitype = ROI_TYPE(TRACED)
        roi.integer_coordinates = loops[0] - np.array([roi.left, roi.top], np.int32)
        roi.n_coordinates = len(loops[0])
    else:
        roi.roitype = ROI_TYPE(RECTANGLE)
        roi.multi_coordinates = np.concatenate([_path(loop) for loop in loops])
        roi.shape_roi_size = len(roi.multi_coordinates)
    return bytes(roi.tobytes())


def _path(loop: NDArray[np.int32]) -> NDArray[np.float32]:
    """One closed loop in the language of composite ROIs."""
    steps = np.empty((len(loop), 3), np.float32)
    steps[:, 0], steps[:, 1:] = LINE, loop
    steps[0, 0] = MOVE
    return np.append(steps.ravel(), np.float32(CLOSE))


def draw(sketch: Sketch, name: str, content: bytes | None, classes: Mapping[str, Any]) -> None:
    """Add the object of a .roi file to a sketch; what is no area is noted.

    Names that are numbers are ids. A point is the pixel it lies in.

    Args:
        sketch: to add to.
        name: of the file in its zip, which counts, rather than the name inside, as in ImageJ.
        content: of the file; None: it is broken.
        classes: group, as text -> class; a group that is not in it is itself the class.
    """
    try:
        roi = roi_from(content or b"")
        loops = list(_areas(roi))
    except UnreadableFile:
        sketch.tally.add(BROKEN, name)
        return
    if not loops:
        sketch.tally.add(NO_AREA, name)
        return
    number = NUMBER.match(name) or AGAIN.match(name)
    position = roi.z_position or roi.position
    sketch.outline(
        loops,
        name=name,
        id=int(number[1]) if number else None,
        label=classes.get(str(roi.group), roi.group) if roi.group else None,
        plane=position - 1 if position > 0 and "Z" in sketch.size else None,
    )


def roi_from(content: bytes) -> ImagejRoi:
    """A .roi file as `roifile` understands it.

    Raises:
        UnreadableFile: it does not.
    """
    from roifile import ImagejRoi

    try:
        return ImagejRoi.frombytes(content)
    except Exception as error:  # whatever broken bytes lead to
        raise UnreadableFile(f"no ImageJ ROI: {error}") from None


def _areas(roi: ImagejRoi) -> Iterator[Loop]:
    """Its closed loops; none for lines, texts and pictures."""
    from roifile import ROI_SUBTYPE as SUBTYPE
    from roifile import ROI_TYPE as TYPE

    if roi.roitype == TYPE.RECT and roi.multi_coordinates is not None:
        yield from _loops(roi.multi_coordinates)
    elif roi.subtype in (SUBTYPE.TEXT, SUBTYPE.IMAGE, SUBTYPE.ARROW):
        return
    elif roi.roitype == TYPE.RECT:
        yield _rectangle(*_bounds(roi), roi.rounded_rect_arc_size)
    elif roi.roitype == TYPE.OVAL:
        yield _ellipse(*_bounds(roi))
    elif roi.roitype == TYPE.POINT:
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        yield from (point + square for point in np.unique(np.floor(_corners(roi)), axis=0))
    elif roi.roitype in (TYPE.POLYGON, TYPE.FREEHAND, TYPE.TRACED):
        yield _corners(roi)


def _corners(roi: ImagejRoi) -> Loop:
    if roi.subpixel_coordinates is not None:
        with np.errstate(invalid="ignore"):  # bytes that are no number
            return np.asarray(roi.subpixel_coordinates, np.float64)
    if roi.integer_coordinates is None:
        return np.zeros((0, 2))
    return np.asarray(roi.integer_coordinates + np.array([roi.left, roi.top]), np.float64)


def _bounds(roi: ImagejRoi) -> tuple[float, float, float, float]:
    """Left, top, width, height.

    Raises:
        UnreadableFile: numbers that no image has.
    """
    box = (roi.left, roi.top, roi.right - roi.left, roi.bottom - roi.top)
    if roi.subpixelrect:
        box = (roi.xd, roi.yd, roi.widthd, roi.heightd)
    if not all(math.isfinite(v) and abs(v) < FARTHEST_PX for v in box):
        raise UnreadableFile(f"bounds {box} that no image has")
    return box


def _rectangle(left: float, top: float, width: float, height: float, arc: float) -> Loop:
    """A rectangle; `arc`: diameter of its rounded corners."""
    rx, ry = min(max(arc, 0), width) / 2, min(max(arc, 0), height) / 2
    turn = np.linspace(0, np.pi / 2, ARC_STEPS) if arc > 0 else np.zeros(1)
    corners = []
    for quarter, (x, y) in enumerate(
        ((width - rx, height - ry), (rx, height - ry), (rx, ry), (width - rx, ry))  # in the order of the angle
    ):
        angle = turn + quarter * np.pi / 2
        corners.append(np.stack([left + x + rx * np.cos(angle), top + y + ry * np.sin(angle)], axis=1))
    return np.concatenate(corners)


def _ellipse(left: float, top: float, width: float, height: float) -> Loop:
    """An ellipse as a loop that has a corner at every row's centre, so that exactly the pixels in it are inside."""
    if width <= 0 or height <= 0:
        return np.zeros((0, 2))
    rows = np.arange(math.ceil(top - 0.5), math.ceil(top + height - 0.5)) + 0.5
    half = width / 2 * np.sqrt(np.maximum(1 - ((rows - top) / (height / 2) - 1) ** 2, 0))
    rows, half = np.append(rows, rows[-1:] + 0.5), np.append(half, half[-1:])
    middle = left + width / 2
    return np.concatenate([np.stack([middle - half, rows], 1), np.stack([middle + half, rows], 1)[::-1]])


def _loops(path: NDArray[Any]) -> list[Loop]:
    """The loops of a composite ROI's path; curves in short straight pieces.

    Raises:
        UnreadableFile: no such path.
    """
    values, at = path.tolist(), 0  # Python's floats: bytes that are no number raise no alarm
    loops: list[list[tuple[float, float]]] = []
    while at < len(values):
        step = int(values[at]) if math.isfinite(values[at]) else -1
        count = {MOVE: 2, LINE: 2, QUADRATIC: 4, CUBIC: 6, CLOSE: 0}.get(step, -1)
        given = values[at + 1 : at + 1 + count]
        if count < 0 or len(given) < count or (step != MOVE and not loops):
            raise UnreadableFile(f"a path with the step {values[at]}")
        at += 1 + count
        points = list(zip(given[::2], given[1::2], strict=True))
        if step == MOVE:
            loops.append(points)
        elif step == LINE:
            loops[-1] += points
        elif step in (QUADRATIC, CUBIC):
            loops[-1] += _curve([loops[-1][-1], *points])
    return [np.array(loop, np.float64) for loop in loops]


def _curve(control: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points on a Bezier curve after its first one."""
    t = np.linspace(0, 1, CURVE_STEPS + 1)[1:, None]
    order = len(control) - 1
    weights = [math.comb(order, k) * t**k * (1 - t) ** (order - k) for k in range(order + 1)]
    return [tuple(p) for p in sum(w * np.array(c) for w, c in zip(weights, control, strict=True)).tolist()]
