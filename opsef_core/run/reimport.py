"""The way back: what a person corrected in an exported folder, as annotated images to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..data import Image, Labels, untile
from ..errors import NothingToShow, OpsefError, UnknownName
from ..models import Fit, Segmenter
from ..refine import export_note, file_format, match, read_entries, read_exported, summary, time_log
from .plan import Item
from .relearn import BeforeAfter, before_after
from .run import Run
from .store import SETTINGS

SHOWN = 5


@dataclass(frozen=True, eq=False)
class Reimported:
    """What came back from a person; give it to `fit` as it is.

    Attributes:
        labels: of every image that came back, by name, with the ids and classes of the export where they lived on.
        exported: the same images as they were exported, by name.
        changes: one row an object; see `refine.match`.
        looked_at: names of the images a person evidently worked on; only these are learned from.
        found_images: the images, by name, as far as they were found.
        log: seconds of work: `image` ("" where it is not known), `seconds`, `source`.
        problems: what was repaired, guessed or left out, a sentence each.
        folder: that was read.
        grid_point: that was exported.
    """

    labels: Mapping[str, Labels]
    exported: Mapping[str, Labels]
    changes: pd.DataFrame
    looked_at: Sequence[str]
    found_images: Mapping[str, Image]
    log: pd.DataFrame
    problems: tuple[str, ...]
    folder: Path
    grid_point: str = ""

    @property
    def images(self) -> list[Image]:
        """The images a person worked on; with `truth` this is a data set to learn from.

        Raises:
            NothingToShow: nobody worked on any, or none of them was found.
        """
        found = [self.found_images[name] for name in self.looked_at if name in self.found_images]
        if not self.looked_at:
            raise NothingToShow(
                f"Nothing was changed in {self.folder}, so there is nothing to learn from. If the images were looked "
                "at and found right, say so: reimport(folder, looked_at='all')."
            )
        if not found:
            raise NothingToShow(
                f"The images of {self.folder} were not found. Give them: reimport(folder, images=run) or images=[...]."
            )
        return found

    @property
    def truth(self) -> dict[str, Labels]:
        """The corrected labels of `images`, by name."""
        return {name: self.labels[name] for name in self.looked_at}

    @property
    def examples(self) -> list[tuple[Image, Labels]]:
        """Pairs to learn from; errors as in `images`."""
        return [(image, self.labels[image.name]) for image in self.images]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """What was changed, counted by image and in all; see `refine.summary`. `minutes` where they were logged."""
        return summary(self.changes, list(self.labels), self.log)

    @property
    def minutes(self) -> float:
        """Logged work in all; NaN if nothing was logged."""
        return float(self.log["seconds"].sum()) / 60 if len(self.log) else float("nan")

    def before_after(self, run: Run, fitted: Fit | Segmenter, **options: Any) -> BeforeAfter:
        """Was it worth it: the score before and after learning from this, on images nobody corrected.

        Args:
            run: the run that was exported.
            fitted: what came out of `fit`, or the model.
            options: `truth`, `grid_point`, `metric`, `progress`; these and all errors as in `run.before_after`.
        """
        return before_after(self, run, fitted, **options)

    def __repr__(self) -> str:
        total = self.summary.iloc[-1]
        counts = ", ".join(
            f"{total[k]} {k}" for k in ("reshaped", "added", "deleted", "split", "merged", "reclassified")
        )
        said = f"\n{len(self.problems)} problems: " + "\n- ".join(["", *self.problems]) if self.problems else ""
        return f"Reimported({len(self.labels)} images, {len(self.looked_at)} worked on; objects: {counts}){said}"


def reimport(
    folder: str | Path,
    *,
    images: Run | Iterable[Item] | None = None,
    looked_at: str | Iterable[str] | None = None,
    **options: Any,
) -> Reimported:
    """Read an exported folder again, after a person corrected it in whatever program. Nothing is written.

    Ids are those of the export: an object keeps the id of the exported object it overlaps most (see `refine.match`).

    Args:
        folder: that `export` wrote into.
        images: the run, or the images; if left out the run is looked for where it was seen from the folder.
        looked_at: names of the images a person worked on, or "all"; if left out those with any change, and those in
            the log of times.
        options: of the format's way back.

    Raises:
        BadRunFolder: no export there, an interrupted one, or a note that was edited.
        UnreadableFile, BadLabels: nothing at all can be read.
        UnknownName: an image in `looked_at` that did not come back.
        NothingToShow: the format cannot be read back, or no image came back.
    """
    folder = Path(folder).expanduser()
    note = export_note(folder)
    returned = file_format(note["format"], **options).back(folder)
    entries = read_entries(folder, note)
    exported, missing = read_exported(folder, note, entries)
    problems = [*returned.problems, *missing]
    run, found = _images(folder, note, entries, images, problems)
    grid_point = str(note.get("grid_point") or "")
    exported |= _of_run(run, grid_point, {e["name"] for e in entries} - set(exported))
    if not returned.labels:
        raise NothingToShow(f"No image came back in {folder}: {' '.join(returned.problems) or 'it holds none.'}")
    labels, tables = dict[str, Labels](), []
    for one in returned.labels:
        if one.name not in exported:
            problems.append(f"{one.name}: what was exported is not known; it is taken as it came back.")
        before = exported.get(one.name, one)
        now = before if one.key == before.key else one  # nobody changed its files, whatever they cannot hold
        matched = match(before, now, classes=one.name not in returned.unclassed)
        labels[one.name] = matched.labels
        tables.append(matched.table)
        problems += matched.problems
    changes = pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)
    log, unread = time_log(folder)
    worked = _looked_at(looked_at, labels, changes, log)
    known = {name: exported.get(name, one) for name, one in labels.items()}
    return Reimported(labels, known, changes, worked, found, log, (*problems, *unread), folder, grid_point)


def _images(
    folder: Path, note: Mapping[str, Any], entries: Sequence[Mapping[str, Any]], given: Any, problems: list[str]
) -> tuple[Run | None, dict[str, Image]]:
    """The run, if it is known, and the images of the entries by name."""
    run = given if isinstance(given, Run) else _run(folder, note.get("run"), problems) if given is None else None
    items: list[Item] = run.images if run is not None else list(given or ())
    there = [item for item in items if isinstance(item, Image)]
    by_key, by_name = {i.key: i for i in there}, {i.name: i for i in there}
    found: dict[str, Image] = {}
    lost: list[str] = []
    for entry in entries:
        name, key = entry["name"], entry.get("image_key")
        image = by_key.get(str(key)) or by_name.get(name) or _put_together(name, there)
        size = None if image is None else {axis: n for axis, n in image.shape.items() if axis in "ZYX"}
        if image is None or size != entry["size"] or image.name != name:
            lost.append(name)
            continue
        if key and image.key != key:
            problems.append(f"{name} is found by its name; it was read or made in another way when it was exported.")
        found[name] = image
    if lost and there:
        more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        problems.append(f"Not found among the {len(there)} images: {', '.join(lost[:SHOWN])}{more}.")
    return run, found


def _run(folder: Path, way: Any, problems: list[str]) -> Run | None:
    """The run that was exported, if it still lies where it lay seen from the folder."""
    advice = "Labels and changes are complete; to learn from them give the images: reimport(folder, images=run)."
    if not isinstance(way, str):
        problems.append(f"The export does not say where its run folder is. {advice}")
        return None
    place = (folder.resolve() / way).resolve()
    try:
        return Run.open(place)
    except OpsefError as error:
        moved = (
            ""
            if (place / SETTINGS).is_file()
            else f"The run folder is no longer at {place}; it or the export was moved. "
        )
        problems.append(f"{moved or f'The run in {place} cannot be opened: {error} '}{advice}")
        return None


def _put_together(name: str, images: Sequence[Image]) -> Image | None:
    """The image of this name from its tiles; None if there are none, or not all."""
    tiles = [image for image in images if image.is_tile and image.parent == name]
    try:
        return untile(tiles) if tiles else None
    except OpsefError:
        return None


def _of_run(run: Run | None, grid_point: str, names: set[str]) -> dict[str, Labels]:
    """Exported labels as the run has them, for images whose copy is missing."""
    if run is None or not names:
        return {}
    try:
        pairs = run.chosen(grid_point).whole().pairs
    except OpsefError:  # the grid point is there no longer
        return {}
    return {labels.name: labels for _, labels in pairs if labels.name in names}


def _looked_at(
    said: str | Iterable[str] | None, labels: Mapping[str, Labels], changes: pd.DataFrame, log: pd.DataFrame
) -> list[str]:
    """Names of the images a person worked on, in the order of the export.

    Raises:
        UnknownName: a name that did not come back.
    """
    if said == "all":
        return list(labels)
    if said is None:
        chosen = set(changes.loc[changes["kind"] != "unchanged", "image"]) | set(log["image"])
        return [name for name in labels if name in chosen]
    names = [said] if isinstance(said, str) else list(said)
    for name in names:
        if name not in labels:
            raise UnknownName("image that came back", name, labels)
    return [name for name in labels if name in names]
