"""YOLO segmentation: images, a text file of outlines for each, and data.yaml; what Ultralytics trains from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import yaml

from ..errors import UnreadableFile
from ._classes import stand_in
from ._drawing import BROKEN, Drawing, Sketch
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._outlines import Loop, outlines
from ._parts import chained
from ._pictures import png

FILE = "data.yaml"
DECIMALS = 7  # of the image's size
MOST_BYTES = 2**29


@format_kind
class Yolo(FileFormat):
    """A folder with `images/*.png`, `labels/*.txt` and `data.yaml`; classes are kept, ids are not in the files.

    A line is the class number, from 0, and the corners of an object as fractions of the image's size. YOLO knows one
    outline an object: parts and holes are joined to it by bridges of no width, so that the pixels stay exact for
    whoever fills by the even-odd rule, as `back` does. Objects without a class are of the class "object".

    Ids are known only while a file is as it was written; after a change its objects are numbered 1, 2, ... in the order
    of the lines, which is reported. Overlaps and the pixel size are not kept. Lines of five numbers are boxes.
    """

    first_class: ClassVar[int] = 0

    def files(self, sheet: Sheet) -> list[str]:
        """The outlines and the picture."""
        return [f"labels/{sheet.stem}.txt", f"images/{sheet.stem}.png"]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The outlines and the picture."""
        size = np.array(sheet.labels.pixels.shape[::-1], np.float64)
        none = max(sheet.numbers.values(), default=-1) + 1
        lines = []
        for number, loops in sorted(outlines(sheet.labels.pixels).items()):
            corners = " ".join(f"{v:.{DECIMALS}g}" for v in (chained(loops) / size).ravel().tolist())
            lines.append(f"{sheet.groups.get(number, none)} {corners}\n")
        yield f"labels/{sheet.stem}.txt", "".join(lines).encode()
        yield f"images/{sheet.stem}.png", png(sheet.image)

    def shared_files(self) -> list[str]:
        """The description."""
        return [FILE]

    def shared(self, sheets: Sequence[Sheet]) -> Iterator[tuple[str, bytes]]:
        """The description: all images for training and validation, until somebody divides them."""
        names = {number: str(name) for name, number in sheets[0].numbers.items()}
        if any(len(s.groups) < s.labels.count for s in sheets) or not names:
            names[max(names, default=-1) + 1] = stand_in(names.values())
        content = {"path": ".", "train": "images", "val": "images", "names": names}
        yield FILE, yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode()

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image."""
        path = folder / entry["file"]
        numbers = [int(number) for number in opened if number.isdigit()]
        return (
            _read(path, entry["size"], {**opened, str(max(numbers, default=-1) + 1): None}) if path.exists() else None
        )

    def read(self, path: Path, size: Mapping[str, int], classes: Mapping[str, Any] | None = None) -> Drawing:
        """The objects of any YOLO text file with outlines or boxes.

        Args:
            path: of the text file.
            size: of its image, by axis: {"Y": 512, "X": 512}.
            classes: class number, as text -> class; without it the number is the class.

        Raises:
            UnreadableFile: no text.
        """
        return _read(Path(path), size, classes or {})


def _read(path: Path, size: Mapping[str, int], classes: Mapping[str, Any]) -> Drawing:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES >> 20} MB")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read as text: {error}") from None
    sketch = Sketch(path.name, size)
    for position, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name = f"line {position}"
        try:
            group, loop = _object(line, size)
        except (ValueError, OverflowError):
            sketch.tally.add(BROKEN, name)
            continue
        sketch.outline([loop], name=name, label=classes.get(str(group), group))
    return sketch.drawing()


def _object(line: str, size: Mapping[str, int]) -> tuple[int, Loop]:
    """Class number and outline of a line.

    Raises:
        ValueError, OverflowError: no such line.
    """
    first, *rest = line.split()
    group = float(first)
    numbers = np.array([float(v) for v in rest], np.float64)
    if group != int(group) or group < 0 or len(numbers) < 4 or len(numbers) % 2:
        raise ValueError("no class and corners")
    if len(numbers) == 4:
        x, y, width, height = numbers
        numbers = (
            np.array([x, y, x, y, x, y, x, y])
            + np.array([-1, -1, 1, -1, 1, 1, -1, 1]) * np.tile([width, height], 4) / 2
        )
    return int(group), numbers.reshape(-1, 2) * (size["X"], size["Y"])
