"""Where it fails: error types of every grid point, on what they depend, and the objects themselves."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import plots
from ..compare import PROPERTIES, SPARSE, TRUTH, TYPES, annotation_note, breakdown, strongest
from ..errors import NothingToShow
from ._pictures import jpeg
from ._reportable import Reportable
from ._tables import number

SHOWN_POINTS = 3  # grid points with pictures
MAX_BARS = 40
ON_A_WALL = 18
PICTURE_PX = 144
# Told apart by people who are colour-blind, in grey print by their order and numbers (Okabe and Ito).
COLOURS = {"found": "#5b8fb0", "missed": "#d55e00", "split": "#cc79a7", "merged": "#7a4f9a", "invented": "#e6b000"}
WORDS = {
    "missed": "true objects that nothing matches, the largest first",
    "split": "true objects found in pieces",
    "merged": "several true objects found as one",
    "invented": "found objects that are none, the largest first",
    "found": "of the found ones those with the worst outlines",
}

Row = dict[str, Any]


def section(run: Reportable, scores: pd.DataFrame, ranks: pd.DataFrame | None) -> Row | None:
    """What the page says of errors; None without truth or without an object.

    Args:
        run: gives errors, images, labels.
        scores: with the column `truth` and a number of objects for each error type, as `Run.score` makes it.
        ranks: grid points from best to worst.
    """
    judged = scores[scores[TRUTH].notna()] if TRUTH in scores else scores.iloc[:0]
    if ranks is None or judged.empty:
        return None
    points = [p for p in ranks["grid_point"] if p in set(judged["grid_point"])]
    try:
        errors = run.errors(points[:SHOWN_POINTS])
    except NothingToShow:  # scored once; the truth is not there any more
        return {"bars": _bars(judged, points, {}), **_about(scores, judged), "points": [], "lost": True}
    here = judged.drop_duplicates("image").set_index("image")[TRUTH]
    lost = bool((errors[TRUTH] != errors["image"].map(here)).any())
    if lost:  # the annotated areas of the scores were not kept
        errors = errors.iloc[:0]
    if errors.empty and not lost:
        return None
    table = breakdown(errors)
    found = [_point(run, i, p, errors[errors["grid_point"] == p], table) for i, p in enumerate(points[:SHOWN_POINTS])]
    found = [p for p in found if p["walls"]]
    links = {p["grid_point"]: {w["kind"]: w["anchor"] for w in p["walls"]} for p in found}
    told = {"breakdown": _breakdown_rows(table, [p["grid_point"] for p in found]), "points": found, "lost": lost}
    return {"bars": _bars(judged, points, links), **_about(scores, judged), **told}


def _about(scores: pd.DataFrame, judged: pd.DataFrame) -> Row:
    """On how many images it was counted, and the colours."""
    images = int(judged["image"].nunique())
    counted = annotation_note(scores) or f"Counted on {images} image{'s' * (images != 1)}."
    return {"counted": counted, "sparse": SPARSE in set(judged[TRUTH]), "colours": COLOURS}


def _bars(judged: pd.DataFrame, points: list[str], links: dict[str, dict[str, str]]) -> list[Row]:
    """One bar a grid point; all bars have the scale of the longest."""
    columns = {kind: f"n_{kind}" for kind in TYPES}
    if not set(columns.values()) <= set(judged):
        return []
    sums: Any = judged.groupby("grid_point")[list(columns.values())].sum()
    longest = max(float(sums.sum(axis=1).max()), 1.0)
    bars = []
    for point in points[:MAX_BARS]:
        parts = []
        for kind, column in columns.items():
            if count := int(sums.loc[point, column]):
                width = round(100 * count / longest, 2)
                parts.append({"kind": kind, "count": count, "width": width, "anchor": links.get(point, {}).get(kind)})
        bars.append({"grid_point": point, "parts": parts})
    return bars


def _point(run: Reportable, place: int, point: str, errors: pd.DataFrame, table: pd.DataFrame) -> Row:
    """The walls of one grid point, and the sentences above them."""
    walls = []
    for kind in plots.SHOWN:
        rows = plots.wall(errors, kind, ON_A_WALL)
        if len(rows):
            total = int(((errors["type"] == kind) & (errors["side"] == plots.SHOWN[kind])).sum())
            pictures = _pictures(run, rows)
            about = {"kind": kind, "words": WORDS[kind], "total": total, "anchor": f"errors-{place + 1}-{kind}"}
            walls.append({**about, "pictures": pictures})
    depends = strongest(table[table["grid_point"] == point])
    return {"grid_point": point, "walls": walls, "depends": depends, "missed": _of_the_missed(errors)}


def _pictures(run: Reportable, rows: pd.DataFrame) -> list[Row]:
    try:
        pictures = plots.thumbnails(rows, run, PICTURE_PX)
    except NothingToShow:  # a source that has gone since
        return []
    told: Any = zip(pictures, rows.to_dict("records"), strict=True)
    return [{"picture": jpeg(picture), "name": row["image"], "note": _note(row)} for picture, row in told]


def _note(row: Row) -> str:
    """Size of the object, and what is worth knowing of this type."""
    size = f"{row['diameter_px']:.0f} px"
    if row["type"] in ("split", "merged"):
        return f"{len(str(row['partners']).split())} parts"
    return size if row["iou"] < 0.005 else f"{size}, IoU {row['iou']:.2f}"


def _of_the_missed(errors: pd.DataFrame) -> str:
    """Whether missed objects were not seen, or lie in another object, or were drawn too poorly."""
    missed = errors[(errors["type"] == "missed") & (errors["side"] == "truth")]
    if missed.empty:
        return ""
    unseen = missed["covered"] < 0.1
    inside = missed["covered"] > 0.75
    parts = [
        f"{int(unseen.sum())} were not seen at all (less than a tenth is covered)",
        f"{int(inside.sum())} lie in the outline of a larger object (more than three quarters by one)",
        f"{int((~unseen & ~inside).sum())} were seen, but their outline is too poor to match",
    ]
    return f"Of the {len(missed)} missed objects {parts[0]}, {parts[1]}, {parts[2]}."


def _breakdown_rows(table: pd.DataFrame, points: list[str]) -> list[Row]:
    """One row a bin: how many objects are in it, and the share each grid point found."""
    rows = []
    for (name, text), group in table.groupby(["property", "bin"], sort=False):
        found = group.set_index("grid_point")["recall"]
        shares = [{"text": number(found.get(p)), "percent": round(100 * float(found.get(p, 0)))} for p in points]
        rows.append(
            {"property": PROPERTIES[str(name)].title, "bin": text, "n": int(group["n_truth"].max()), "shares": shares}
        )
    for before, row in zip([None, *rows], rows, strict=False):
        row["first"] = before is None or before["property"] != row["property"]
    return rows
