"""The page that leads to all runs of a batch."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..atomic import write_whole
from ..compare import lower_is_better, metric_label
from ._batch.shelf import FAILED, NOTEBOOK, RECORD, RUN, records

INDEX = "index.html"
PICTURE = "picture.png"
ORDER = {"failed": 0, "running": 1}  # on top
SHOWN = 12  # grid points in the table over all data sets


def write_index(folder: Path) -> Path:
    """Write index.html of a batch folder from the records in it: self-contained, with relative links.

    Raises:
        DiskFull: no space left; the page before stays.
    """
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("opsef_core.projects", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return write_whole(folder / INDEX, pages.get_template(INDEX).render(**context(folder)).encode())


def context(folder: Path) -> dict[str, Any]:
    """Everything the page shows, by name."""
    entries = [_entry(folder, name, record) for name, record in records(folder).items()]
    entries.sort(key=lambda e: (ORDER.get(e["status"], 2), str(e["title"]).casefold()))
    counts = {status: sum(e["status"] == status for e in entries) for status in ("done", "failed", "running")}
    rest = len(entries) - sum(counts.values())
    return {
        "title": folder.resolve().name,
        "entries": entries,
        "counts": {k: n for k, n in ({"data sets": len(entries)} | counts | {"waiting": rest}).items() if n},
        "busy": bool(counts["running"]),
        "ran": sorted({str(e["pipeline"] or e["notebook"]) for e in entries}),
        "together": _together(entries),
    }


def _entry(folder: Path, name: str, record: dict[str, Any]) -> dict[str, Any]:
    """A data set as the page shows it."""
    place, score = folder / name, record.get("score")
    links = {
        "notebook": f"{FAILED if record['status'] == 'failed' else NOTEBOOK}.html",
        "report": f"{RUN}/report.html",
        "record": RECORD,
        "notebook for Jupyter": f"{FAILED if record['status'] == 'failed' else NOTEBOOK}.ipynb",
    }
    label = record.get("metric_label", "")
    return {
        "images": None,
        "best": None,
        "seconds": None,
        **record,
        "name": name,
        "label": label,
        "score": None if score is None else f"{score:.3f}",
        "share": None if score is None else _share(float(score), str(record.get("metric"))),
        "picture": _picture(place / PICTURE),
        "links": {told: quote(f"{name}/{file}") for told, file in links.items() if (place / file).is_file()},
    }


def _share(score: float, metric: str) -> float:
    """How full the bar of a score is, in percent."""
    return round(100 * min(max(1 - score if lower_is_better(metric) else score, 0), 1), 1)


def _picture(path: Path) -> str | None:
    """A picture as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}" if path.is_file() else None


def _together(entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Means of the grid points that all finished data sets of the commonest metric share, best over all first.

    None where there are not two such data sets, or no grid point that all of them have.
    """
    done = [e for e in entries if e["status"] == "done" and e.get("ranking")]
    metrics = [str(e["metric"]) for e in done]
    if not metrics:
        return None
    metric = max(sorted(set(metrics)), key=metrics.count)
    mine = [e for e in done if e["metric"] == metric]
    shared = [p for p in mine[0]["ranking"] if all(p in e["ranking"] for e in mine)]
    if len(mine) < 2 or not shared:
        return None
    sign = 1 if lower_is_better(metric) else -1
    means = {p: [float(e["ranking"][p]) for e in mine] for p in shared}
    ranked = sorted(shared, key=lambda p: sign * sum(means[p]))
    tops = [min(sign * value for value in column) for column in zip(*means.values(), strict=True)]
    rows = [
        {
            "grid_point": p,
            "mean": f"{sum(means[p]) / len(mine):.3f}",
            "cells": [(f"{v:.3f}", sign * v == top) for v, top in zip(means[p], tops, strict=True)],
        }
        for p in ranked[:SHOWN]
    ]
    every = [str(e["title"]) for e in mine]
    titles = [t if every.count(t) == 1 else str(e["given"]) for t, e in zip(every, mine, strict=True)]
    return {"label": metric_label(metric), "titles": titles, "rows": rows, "hidden": len(ranked) - len(rows)}
