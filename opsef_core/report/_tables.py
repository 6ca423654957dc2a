"""The tables of a report, as plain rows of text and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..compare import DEFAULT_METRICS, SEEN, lower_is_better, metric_columns, ranking

Row = dict[str, Any]
MEMORY = {"working_memory_mb": "memory, MB", "gpu_memory_mb": "GPU memory, MB"}
MAX_LISTED, MAX_NAMED = 12, 6  # lines of one reason that failed, names in a line


def complete(cells: pd.DataFrame) -> pd.DataFrame:
    """The table of cells with every column a report reads, also before anything was computed."""
    words = ("image", "grid_point", "recipe", "model", "model_title", "key", "status", "reason")
    numbers = ("seconds", "n_objects")
    missing = [c for c in (*words, *numbers) if c not in cells]
    full = cells.reindex(columns=[*cells.columns, *missing])
    return full.astype(dict.fromkeys(words, object) | dict.fromkeys(numbers, float))


def metrics_of(scores: pd.DataFrame | None) -> list[str]:
    """The metric columns of a score table, the usual ones first."""
    if scores is None:
        return []
    there = metric_columns(scores)
    there += ["agreement"] * ("agreement" in scores and bool(scores["agreement"].notna().any()))
    usual = [m for m in (*DEFAULT_METRICS, "agreement") if m in there]
    return usual + [str(c) for c in there if c not in usual]


def summary(cells: pd.DataFrame) -> dict[str, Any]:
    """The numbers on top."""
    done, failed = (int(cells["status"].eq(s).sum()) if len(cells) else 0 for s in ("done", "failed"))
    facts: Row = {
        "images": _n(cells, "image"),
        "recipes": _n(cells, "recipe"),
        "models": _n(cells, "model_title"),
        "grid points": _n(cells, "grid_point"),
        "results": done,
        "failed": failed,
    }
    if waiting := len(cells) - done - failed:
        facts["waiting"] = waiting
    if "seconds" in cells and cells["seconds"].notna().any():
        facts["computing time"] = duration(float(cells["seconds"].sum()))
    if "peak_memory_mb" in cells and cells["peak_memory_mb"].notna().any():
        facts["peak memory"] = memory(float(cells["peak_memory_mb"].max()))
    return {"facts": facts}


def grid_points(
    cells: pd.DataFrame, scores: pd.DataFrame, ranks: pd.DataFrame | None, chosen: str | None, metrics: list[str]
) -> list[Row]:
    """One row a grid point, best first; in the order of the run where nothing was scored."""
    if not len(cells):
        return []
    by = cells.assign(_failed=cells["status"].eq("failed")).groupby("grid_point", sort=False)
    objects, seconds, failed = by["n_objects"].mean(), by["seconds"].mean(), by["_failed"].sum()
    means = {m: ranking(scores, m).set_index("grid_point")["mean"] for m in metrics}
    used = {name: cells.groupby("grid_point")[name].max() for name in MEMORY if name in cells}
    order = list(ranks["grid_point"]) if ranks is not None else list(dict.fromkeys(cells["grid_point"]))
    rows: list[Row] = []
    for place, point in enumerate(order):
        row: Row = {"grid_point": point, "values": [number(means[m].get(point)) for m in metrics if m != chosen]}
        row |= {"objects": number(objects[point], 1), "seconds": number(seconds[point]), "failed": int(failed[point])}
        row["memory"] = [number(column.get(point), 0) for column in used.values()]
        if ranks is not None and chosen:
            mean = float(ranks["mean"].iloc[place])
            good = 1 - mean if lower_is_better(chosen) else mean
            row |= {
                "rank": int(ranks["rank"].iloc[place]),
                "mean": number(mean),
                "interval": interval(ranks["low"].iloc[place], ranks["high"].iloc[place]),
            }
            row["bar"] = round(100 * min(max(good, 0), 1)) if pd.notna(mean) else 0
            row["seen"] = seen(ranks.iloc[place])
        rows.append(row)
    return rows


def seen(rank: pd.Series[Any]) -> str:
    """How many of a grid point's images its model was trained on, if any: "3 of 12"."""
    count = rank.get(SEEN)
    return f"{count} of {rank['n_images']}" if pd.notna(count) and count else ""


def parameters(cells: pd.DataFrame) -> list[Row]:
    """All parameters of each grid point, defaults included: columns named "step.parameter" or "model.parameter"."""
    columns = [c for c in cells.columns if "." in str(c)]
    rows = []
    for point, row in cells.drop_duplicates("grid_point").set_index("grid_point").iterrows() if len(cells) else ():
        used = {_owner(c) for c in columns if not _missing(row[c])} | {str(row["model"])}
        pairs = [(c, value(row[c])) for c in columns if _owner(c) in used]
        rows.append({"grid_point": point, "pairs": pairs})
    return rows


def failures(cells: pd.DataFrame) -> list[Row]:
    """Every reason, how often, and where; the commonest first."""
    if not len(cells) or not cells["status"].eq("failed").any():
        return []
    rows = []
    for reason, group in cells[cells["status"].eq("failed")].groupby("reason", dropna=False, sort=False):
        text = str(reason) if pd.notna(reason) and reason else "no reason was recorded"
        rows.append({"reason": text, "count": len(group), "where": _where(group)})
    return sorted(rows, key=lambda r: -int(str(r["count"])))


def _where(failed: pd.DataFrame) -> list[tuple[str, str]]:
    """(image, its grid points) or (grid point, its images), whichever is the shorter list."""
    first, second = "image", "grid_point"
    if failed[first].nunique() > failed[second].nunique():
        first, second = second, first
    lines = [(str(name), [str(x) for x in rows[second]]) for name, rows in failed.groupby(first, sort=False)]
    shown = [(name, _listed(others)) for name, others in lines[:MAX_LISTED]]
    return shown + [(f"and {len(lines) - MAX_LISTED} more", "")] * (len(lines) > MAX_LISTED)


def _listed(names: list[str]) -> str:
    more = f"; and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return "; ".join(names[:MAX_NAMED]) + more


def flat(record: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """A nested record as (name, text) pairs."""
    pairs: list[tuple[str, str]] = []
    for name, content in record.items():
        title = f"{before}{name}".replace("_", " ")
        if isinstance(content, Mapping):
            pairs += flat(content, "" if name == "versions" else f"{title}: ")
        elif content not in (None, "", [], ()):
            listed = isinstance(content, list | tuple)
            pairs.append((title, ", ".join(map(str, content)) if listed else str(content)))
    return pairs


def number(x: Any, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    return "–" if _missing(x) else f"{round(float(x), digits) + 0.0:.{digits}f}"  # never -0.00


def interval(low: float, high: float, digits: int = 2) -> str:
    """An interval for a table; nothing where there is none."""
    return "" if _missing(low) or _missing(high) else f"[{number(low, digits)}, {number(high, digits)}]"


def memory(mb: float) -> str:
    """Megabytes as people say it."""
    return f"{mb:.0f} MB" if mb < 1000 else f"{mb / 1000:.1f} GB"


def value(x: Any) -> str:
    """A parameter for a table, without a needless .0."""
    if _missing(x):
        return "none"
    return f"{x:g}" if isinstance(x, float) else str(x)


def duration(seconds: float) -> str:
    """Seconds as people say it."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _owner(column: Any) -> str:
    return str(column).partition(".")[0]


def _missing(x: Any) -> bool:
    return x is None or (isinstance(x, float) and x != x)


def _n(cells: pd.DataFrame, column: str) -> int:
    return int(cells[column].nunique()) if column in cells else 0
