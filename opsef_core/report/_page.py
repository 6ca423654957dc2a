"""Write the report: collect what the run knows, and fill the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import plots
from ..atomic import write_whole
from ..compare import METRICS, lower_is_better, metric_label, training_unknown, training_warning, verdict, with_failures
from . import _comparison, _errors, _estimate, _pictures, _tables
from ._reportable import Reportable


def write_report(run: Reportable, metric: str | None = None) -> Path:
    """Write `report.html` into the run's folder: one page with all pictures inside, readable offline and on paper.

    It shows the board of recipes x models, the grid points from best to worst, contact sheets of up to 24 images
    (easy and hard ones), all parameters, versions and settings, and what failed and why. A run that has not been
    scored, or has no image with an object, is reported as well.

    Args:
        run: a run, finished or not.
        metric: the column of scores that decides; None: the DSB score, else whatever was scored first.

    Returns:
        Path of the page.

    Raises:
        DiskFull: there is no space for it.
        NothingToShow: `metric` was not scored.
    """
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("opsef_core.report", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    pages.filters["breakable"] = _breakable
    path = Path(run.folder) / "report.html"
    _write(path, pages.get_template("page.html").render(**context(run, metric)))
    return path


def context(run: Reportable, metric: str | None = None) -> dict[str, Any]:
    """Everything the page shows, by name."""
    cells, scored = _tables.complete(run.cells), run.scores
    scored = None if scored is None or not len(scored) else scored
    metrics = _tables.metrics_of(scored)
    chosen = metric or (metrics[0] if metrics else None)
    scores = cells if scored is None else with_failures(scored, cells)
    said = verdict(scores, chosen) if chosen and len(scores) else None
    ranks = said.ranks if said else None
    return {
        "title": run.title,
        "metric": _describe(chosen),
        "summary": _tables.summary(cells),
        "best": _comparison.headline(said),
        "nothing": said.sentences[0] if said and said.best is None else "",
        "warning": training_warning(scores),
        "clean": _comparison.headline(said.clean) if said else None,
        "unknown": training_unknown(scores),
        "board": _pictures.board(scores, chosen) if chosen and ranks is not None else None,
        "others": [metric_label(m) for m in metrics if m != chosen],
        "memory": [title for name, title in _tables.MEMORY.items() if name in cells],
        "comparison": _comparison.section(said),
        "estimate": _estimate.section(run.estimates, run.ratings, ranks, chosen),
        "grid_points": _tables.grid_points(cells, scores, ranks, chosen, metrics),
        "errors": _errors.section(run, scores, ranks),
        "sheets": _pictures.sheets(run, cells, scores, ranks, chosen),
        "n_images": int(cells["image"].nunique()) if len(cells) else 0,
        "parameters": _tables.parameters(cells),
        "failures": _tables.failures(cells),
        "record": _tables.flat(run.record),
        "pipeline": run.config.to_yaml(),
        "found_colour": plots.FOUND,
        "truth_colour": plots.TRUE,
    }


def _describe(metric: str | None) -> dict[str, Any] | None:
    """Name of the deciding metric, which way it runs, and the first paragraph of what it means."""
    if metric is None:
        return None
    name = metric.partition("(")[0]
    doc = (METRICS.get(name).__doc__ or "") if name in METRICS.names() else _AGREEMENT if name == "agreement" else ""
    about = " ".join(doc.split())
    return {"name": metric, "label": metric_label(metric), "about": about, "low": lower_is_better(metric)}


_AGREEMENT = (
    "No truth was given. Agreement is how much a grid point finds what the other families of methods find (mean DSB "
    "score against their results on the same image, one vote a family): a first estimate. It ranks methods well, but "
    "what most families do wrong together looks right; look at the pictures, or annotate a few images and call "
    "run.estimate."
)


def _breakable(title: str) -> Any:
    """A title that may be broken before its parameters and their values, and not within a number."""
    from markupsafe import Markup, escape

    return Markup(str(escape(title)).replace("(", "(<wbr>").replace("=", "=<wbr>"))


def _write(path: Path, text: str) -> None:
    """Write beside, then move: there is never half a page."""
    why = f"The report {path} could not be written: the disk is full. Free some space and try again."
    write_whole(path, text.encode(), why)
