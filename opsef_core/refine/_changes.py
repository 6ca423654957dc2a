"""What a person changed: every object of the export and of what came back, matched and named.

An object that came back keeps the id of the exported object it overlaps most. Of a split object the largest part keeps
the id, of merged ones the larger one's id stays; every other object gets the largest id + 1, whatever number the other
program gave it. So ids are stable, and nothing changes its id or goes without a row in the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Labels, Overlaps, overlaps
from ..errors import BadLabels
from ._classes import class_of, with_classes

KINDS = ("unchanged", "reshaped", "added", "deleted", "split", "merged", "reclassified")
COLUMNS = ["image", "id", "exported_id", "returned_id", "kind", "iou", "exported_px", "returned_px"]
COLUMNS += ["exported_class", "returned_class", "partners"]
HALF = 0.5  # of an object must lie in another one to be of it
LEAST_IOU = 0.1  # of an object that was moved away by more than half
LARGEST_ID = int(np.iinfo(np.int32).max)
SHOWN = 5


@dataclass(frozen=True, eq=False)
class Matched:
    """Labels that came back, with stable ids.

    Attributes:
        labels: the returned pixels with the ids of the export.
        table: one row an object, see `changes`.
        problems: ids that would have changed, a sentence each.
    """

    labels: Labels
    table: pd.DataFrame
    problems: tuple[str, ...]


def match(exported: Labels, returned: Labels, *, classes: bool = True, keep_ids: bool = False) -> Matched:
    """Give what came back the ids of what was exported, and say what became of every object.

    An object that lives on also has the row of the object table it was exported with; its class is that of the file.

    Args:
        exported: as it was.
        returned: as it came back, with whatever ids.
        classes: whether the files that came back hold classes; else an object has the class it was exported with,
            and the parts of a split one have it, too.
        keep_ids: what came back knows ids, classes and object table itself, as the annotator does: none is changed.

    Returns:
        `table` has the columns `image`, `id` (NA: gone), `exported_id` (NA: new), `returned_id` (its number in the file
        that came back; NA: gone), `kind` (one of `KINDS`), `iou` of the two, `exported_px`, `returned_px` (areas),
        `exported_class`, `returned_class`, and `partners`: the ids of the other parts, or of the other merged objects.

    Raises:
        BadLabels: the two are not of one size.
    """
    if exported.shape != returned.shape:
        raise BadLabels(f"{returned.name} came back with the size {returned.shape}, exported were {exported.shape}.")
    returned, numbers, problems = (returned, {}, []) if keep_ids else _untangled(exported, returned)
    table = overlaps(exported.pixels, returned.pixels)
    links = _links(table)
    own = _one_to_one(table, links, keep_ids)
    parts, swallowed = _rest(table, links, own)
    ids = dict(enumerate(table.pred_ids.tolist())) if keep_ids else _stable_ids(table, own)
    rows = [*_returned_rows(table, own, parts, swallowed, ids), *_gone_rows(table, own, swallowed, ids)]
    made = returned
    if not keep_ids:
        made = _with_ids(returned, table, ids)
        made = replace(made, objects=_objects(exported, made, table, own, ids, None if classes else parts))
    frame = _table(exported, made, rows)
    problems += [] if keep_ids else _renumbered(returned.name, frame, set(numbers))
    frame["returned_id"] = frame["returned_id"].replace(numbers)
    return Matched(made, frame, tuple(problems))


# --- matching -----------------------------------------------------------------------------------------------------


def _links(table: Overlaps) -> NDArray[np.bool_]:
    """Which overlapping pairs belong together: half of one lies in the other, or both overlap nothing else as much."""
    share = table.shared / np.minimum(table.truth_areas[table.rows], table.pred_areas[table.columns])
    linked: NDArray[np.bool_] = share > HALF
    lonely = ~np.isin(table.rows, table.rows[linked]) & ~np.isin(table.columns, table.columns[linked])
    return linked | (lonely & (table.iou >= LEAST_IOU))


def _one_to_one(table: Overlaps, links: NDArray[np.bool_], keep_ids: bool) -> dict[int, int]:
    """Index of the returned object -> index of the exported one that it is: the largest overlap first.

    With `keep_ids` first of all those of one id.
    """
    own: dict[int, int] = {}
    taken: set[int] = set()
    other = table.truth_ids[table.rows] != table.pred_ids[table.columns]
    order = np.lexsort((table.columns, table.rows, -table.iou, -table.shared, other & keep_ids))
    for pair in order[links[order]].tolist():
        row, column = int(table.rows[pair]), int(table.columns[pair])
        if row not in taken and column not in own:
            own[column] = row
            taken.add(row)
    return own


def _rest(table: Overlaps, links: NDArray[np.bool_], own: Mapping[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """Further parts (returned -> exported) and swallowed objects (exported -> returned), by the largest overlap."""
    parts: dict[int, int] = {}
    swallowed: dict[int, int] = {}
    kept = set(own.values())
    order = np.argsort(-table.shared, kind="stable")
    for pair in order[links[order]].tolist():
        row, column = int(table.rows[pair]), int(table.columns[pair])
        if column not in own and row in kept:
            parts.setdefault(column, row)
        if row not in kept and column in own:
            swallowed.setdefault(row, column)
    return parts, swallowed


def _stable_ids(table: Overlaps, own: Mapping[int, int]) -> dict[int, int]:
    """Index of the returned object -> its id."""
    ids = {column: int(table.truth_ids[row]) for column, row in own.items()}
    new = [column for column in range(len(table.pred_ids)) if column not in ids]
    top = int(table.truth_ids.max(initial=0))
    if top + len(new) > LARGEST_ID:
        taken = set(table.truth_ids.tolist())
        free = (n for n in range(1, LARGEST_ID) if n not in taken)
        return ids | {column: next(free) for column in new}
    return ids | {column: top + n for n, column in enumerate(new, start=1)}


def _untangled(exported: Labels, returned: Labels) -> tuple[Labels, dict[int, int], list[str]]:
    """Objects that came back under one number, apart from each other as they were, are told apart again.

    Returns:
        The labels, with new numbers for what was told apart; new number -> number it had; a sentence for each.
    """
    from skimage.measure import label

    pixels, numbers, said = returned.pixels, dict[int, int](), list[str]()
    top = int(max(returned.ids.max(initial=0), exported.ids.max(initial=0)))
    for number in np.setdiff1d(returned.scattered, exported.scattered).tolist():
        pieces = label(pixels == number, connectivity=pixels.ndim)
        whole = overlaps(exported.pixels, pieces)
        same = zip(whole.rows[whole.matches].tolist(), whole.columns[whole.matches].tolist(), strict=True)
        were = {column: int(whole.truth_ids[row]) for row, column in same}  # piece -> the exported object it was
        if len(were) < 2 or top + len(were) > LARGEST_ID:
            said.append(
                f"{returned.name}: {number} lies in {int(pieces.max())} pieces; perhaps two objects were given one "
                "number."
            )
            continue
        pixels = pixels.copy() if pixels is returned.pixels else pixels
        for column in list(were)[1:]:
            top += 1
            pixels[pieces == whole.pred_ids[column]] = top
            numbers[top] = number
        said.append(
            f"{returned.name}: the objects {_some([str(i) for i in sorted(were.values())])} came back apart from each "
            f"other under one number, {number}; they are {len(were)} objects again."
        )
    if not numbers:
        return returned, numbers, said
    copies = returned.objects.loc[list(numbers.values())].set_axis(list(numbers), axis="index")
    objects = pd.concat([returned.objects, copies]) if len(returned.objects.columns) else pd.DataFrame()
    return replace(returned, pixels=pixels, objects=objects), numbers, said


def _objects(
    exported: Labels,
    made: Labels,
    table: Overlaps,
    own: Mapping[int, int],
    ids: Mapping[int, int],
    parts: Mapping[int, int] | None,
) -> pd.DataFrame:
    """The object table: rows of the export for those that live on, with the classes of what came back.

    With `parts` what came back says nothing of classes; then parts of a split object have the class of the whole.
    """
    if parts is None:
        given = class_of(made)
    else:
        was = class_of(exported)
        before = {column: was.get(int(table.truth_ids[row])) for column, row in [*own.items(), *parts.items()]}
        given = {ids[column]: name for column, name in before.items() if name is not None}
    lives = {ids[column] for column in own}
    known = exported.objects[exported.objects.index.isin(lives)]
    if not len(known.columns) and not given:
        return known
    now = known.reindex(pd.Index(sorted({*known.index, *given, *made.objects.index}), name="id"))
    return with_classes(now if len(now) > len(known) else known, given)


def _with_ids(returned: Labels, table: Overlaps, ids: Mapping[int, int]) -> Labels:
    """The returned labels with stable ids, also in their object table."""
    now = np.array([0, *(ids[column] for column in range(len(table.pred_ids)))], np.int64)
    before = np.array([0, *table.pred_ids], np.int64)
    if np.array_equal(now, before):
        return returned
    objects = returned.objects.rename(index=dict(zip(before.tolist(), now.tolist(), strict=True))).sort_index()
    pixels = now[np.searchsorted(before, returned.pixels)].astype(np.int32)
    return replace(returned, pixels=pixels, objects=objects)


# --- the table ----------------------------------------------------------------------------------------------------


def _returned_rows(
    table: Overlaps,
    own: Mapping[int, int],
    parts: Mapping[int, int],
    swallowed: Mapping[int, int],
    ids: Mapping[int, int],
) -> list[dict[str, Any]]:
    """A row for each object that is there now."""
    pairs = {(int(r), int(c)): i for i, (r, c) in enumerate(zip(table.rows, table.columns, strict=True))}
    rows = []
    for column in range(len(table.pred_ids)):
        row = own.get(column, parts.get(column))
        others = [c for c, r in parts.items() if r == row] if row is not None else []
        eaten = [r for r, c in swallowed.items() if c == column]
        iou = float(table.iou[pairs[row, column]]) if row is not None else float("nan")
        kind = "added" if row is None else "merged" if eaten else "split" if others else "reshaped"
        kind = "unchanged" if kind == "reshaped" and iou == 1 else kind
        kin = [ids[c] for c in others if c != column]
        if column in parts:
            kin += [i for c, i in ids.items() if own.get(c) == row]
        rows.append(
            {
                "id": ids[column],
                "exported_id": None if column not in own else int(table.truth_ids[own[column]]),
                "returned_id": int(table.pred_ids[column]),
                "kind": kind,
                "iou": iou,
                "exported_px": None if column not in own else int(table.truth_areas[own[column]]),
                "returned_px": int(table.pred_areas[column]),
                "partners": " ".join(map(str, sorted([*kin, *(int(table.truth_ids[r]) for r in eaten)]))),
            }
        )
    return rows


def _gone_rows(
    table: Overlaps, own: Mapping[int, int], swallowed: Mapping[int, int], ids: Mapping[int, int]
) -> list[dict[str, Any]]:
    """A row for each exported object that is there no longer."""
    kept = set(own.values())
    return [
        {
            "exported_id": int(table.truth_ids[row]),
            "kind": "merged" if row in swallowed else "deleted",
            "exported_px": int(table.truth_areas[row]),
            "partners": str(ids[swallowed[row]]) if row in swallowed else "",
        }
        for row in range(len(table.truth_ids))
        if row not in kept
    ]


def _table(exported: Labels, made: Labels, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """All rows as a table, exported objects first by id; with classes."""
    before, after = class_of(exported), class_of(made)
    for row in rows:
        row["exported_class"] = before.get(row.get("exported_id", 0))
        row["returned_class"] = after.get(row.get("id", 0))
        if row["kind"] == "unchanged" and row["exported_class"] != row["returned_class"]:
            row["kind"] = "reclassified"
    table = pd.DataFrame(rows, columns=COLUMNS).assign(image=exported.name)
    whole = ["id", "exported_id", "returned_id", "exported_px", "returned_px"]
    table[whole] = table[whole].astype("Int64")
    table["iou"] = table["iou"].astype(float)
    classes = ["exported_class", "returned_class"]
    table[classes] = table[classes].astype(object)
    return table.sort_values(["exported_id", "id"], kind="stable").reset_index(drop=True)


def _renumbered(name: str, table: pd.DataFrame, told: set[int]) -> list[str]:
    """Says which objects came back under another number than their id; those that were told already left out."""
    both = table[table["id"].notna() & table["returned_id"].notna() & ~table["returned_id"].isin(told)]
    moved = both[both["exported_id"].notna() & (both["id"] != both["returned_id"])]
    taken = both[both["exported_id"].isna() & both["returned_id"].isin(table["exported_id"].dropna())]
    said = []
    if len(moved):
        pairs = [f"{b} as {a}" for a, b in zip(moved["returned_id"], moved["id"], strict=True)]
        said.append(f"{name}: objects came back under other numbers and have their ids again: {_some(pairs)}.")
    if len(taken):
        pairs = [f"{a} is {b}" for a, b in zip(taken["returned_id"], taken["id"], strict=True)]
        said.append(f"{name}: new objects came back under numbers of exported ones and have new ids: {_some(pairs)}.")
    return said


def _some(things: list[str]) -> str:
    return ", ".join(things[:SHOWN]) + (f" and {len(things) - SHOWN} more" if len(things) > SHOWN else "")
