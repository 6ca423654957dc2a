"""Hand a chosen result to another program, or to a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..atomic import make_folder, write_whole
from ..data import Image, Labels
from ..errors import NothingToShow
from ..measure import objects
from ..plots import overlay
from ..refine import OUTLINES, file_format, file_stem, keep_exported
from .results import Chosen


def export(
    chosen: Chosen,
    to: str = "annotatorj",
    folder: str | Path | None = None,
    *,
    outlines: bool = False,
    **options: Any,
) -> Path:
    """Write images and labels of a grid point in a format, with a csv of all objects beside them.

    Tiles are put together first. The labels keep their ids, and a copy of them stays in `exported`, so that
    `reimport` can say what was changed.

    Args:
        chosen: from `run.best()` or `run.chosen(title)`.
        to: the format: "annotatorj", "ome_tiff", "label_tiff", ...
        folder: where to; `export/<format>` in the run folder if left out.
        outlines: whether to draw the outlines over each image, too: PNG files in `outlines`.
        options: of the format.

    Returns:
        The folder.

    Raises:
        UnknownName, BadParameter: no such format or option.
        NothingToShow: there is no result to export.
        CannotWrite, DiskFull: the folder cannot be written.
    """
    writer = file_format(to, **options)
    if not chosen.pairs:
        raise NothingToShow(f"There is no finished result of {chosen.grid_point!r} to export.")
    target = Path(folder).expanduser() if folder is not None else chosen.folder / "export" / to
    whole = chosen.whole()
    writer.out(target, whole.pairs)
    keep_exported(target, [labels for _, labels in whole.pairs], chosen.folder, chosen.grid_point)
    tables = [objects(labels, image) for image, labels in whole.pairs]
    table = pd.concat([t for t in tables if len(t)] or tables[:1]).to_csv(index=False)
    write_whole(target / "objects.csv", table.encode())
    if outlines:
        _draw(whole.pairs, target / OUTLINES)
    return target


def _draw(pairs: Sequence[tuple[Image, Labels]], folder: Path) -> None:
    """A picture of each image with the outlines of its objects."""
    import imageio.v3 as imageio

    make_folder(folder)
    for n, (image, labels) in enumerate(pairs, start=1):
        picture = overlay(image, labels)
        write_whole(folder / f"{file_stem(n, labels.name)}.png", imageio.imwrite("<bytes>", picture, extension=".png"))
