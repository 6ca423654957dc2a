"""The folder of an adaptation: whose it is, and what is left in it to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ... import plots
from ...atomic import make_folder, write_whole
from ...data import Image, digest
from ...errors import BadRunFolder
from ...models import Example, Segmenter
from ..plan import Item
from ..record import record_of
from .painted import Painted, overview
from .plan import AdaptPlan

if TYPE_CHECKING:
    from .adapting import Adapted

RECORD = "adapt.yml"
MONTAGE, STYLES, EVIDENCE, IMAGES = "styles.png", "styles.csv", "before_after.csv", "images.csv"
SOURCES = "adapted_from.csv"  # in the folder of the adapted model
PAINTER = "painter"  # in the folder of a style, what `learn_style` leaves
GATE, PICTURES, LAYOUTS = "gate.csv", "painted.png", "layouts.png"


def claim(
    folder: str | Path | None, start: Segmenter, items: Sequence[Item], known: Iterable[Example] | None, plan: AdaptPlan
) -> Path:
    """The folder of this adaptation; made, if it does not exist.

    Raises:
        BadRunFolder: it holds another adaptation, or something else.
        CannotWrite: it cannot be made.
    """
    same = {
        "start": digest(start.act.as_dict()),
        "images": digest(*sorted(i.key for i in items)),
        "annotated": digest(*sorted(e.image.key for e in known or ())),
        "plan": plan.model_dump(mode="json"),
    }
    name = f"{start.name}-{digest(same['start'], same['images'])[:8]}"
    folder = Path(folder or Path("adapted") / name).expanduser()
    if folder.is_file():
        raise BadRunFolder(f"{folder} is a file; an adaptation needs a folder.")
    record = folder / RECORD
    if record.is_file():
        _compare(record, same)
        return folder
    if folder.is_dir() and any(not f.name.startswith(".") for f in folder.iterdir()):
        raise BadRunFolder(f"{folder} holds something else than an adaptation. Give another folder.")
    make_folder(folder)
    _write(record, {"same": same})
    return folder


def _compare(record: Path, same: dict[str, Any]) -> None:
    try:
        before = yaml.safe_load(record.read_text("utf8"))["same"]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        raise BadRunFolder(f"{record} cannot be understood. Give another folder, or delete {record.parent}.") from None
    if differ := [key for key in same if before.get(key) != same[key]]:
        raise BadRunFolder(
            f"{record.parent} holds an adaptation with another {' and another '.join(differ)}. "
            "Give another folder, or delete this one to begin anew."
        )


def keep(made: Adapted, plan: AdaptPlan, items: Sequence[Item]) -> None:
    """Write the record, the tables and the picture of an adaptation; those of a style are there already."""
    folder = made.folder
    write_whole(folder / EVIDENCE, made.before_after.to_csv(index=False).encode())
    write_whole(folder / IMAGES, made.images.to_csv().encode())
    if made.styles:
        write_whole(folder / STYLES, overview(made.styles).to_csv().encode())
    if made.fit is not None:  # the card has room for a few names only
        write_whole(made.fit.folder / SOURCES, made.images.to_csv().encode())
    if made.sorted_into is not None:
        _keep_figure(plots.styles(made.sorted_into, [i for i in items if isinstance(i, Image)]), folder / MONTAGE)
    record = folder / RECORD
    before = yaml.safe_load(record.read_text("utf8")) if record.is_file() else {}  # an earlier round claims no folder
    _write(
        record,
        {
            **{key: before[key] for key in ("same",) if key in before},
            "start": made.start.title,
            "model": None if made.fit is None else "model",
            "better": made.better,
            "why": made.judgement.why,
            "styles": {p.name: p.said for p in made.styles},
            "made_with": record_of(plan.seed, made.adapted.loaded_on, [made.start, made.adapted]),
        },
    )


def keep_style(style: Painted, folder: Path) -> None:
    """Write the table of a style's gate, and pictures of what it was about; of a dropped style, too."""
    if not len(style.gate):
        return
    make_folder(folder)
    write_whole(folder / GATE, style.gate.to_csv(index=False).encode())
    if style.layouts is not None:
        _keep_figure(plots.layouts(*style.layouts), folder / LAYOUTS)
    _keep_figure(plots.painted(style.sources, style.pairs or style.tried), folder / PICTURES)


def _keep_figure(axes: Any, path: Path) -> None:
    import io

    import matplotlib.pyplot as plt
    import numpy as np

    figure = np.ravel(axes)[0].figure
    content = io.BytesIO()
    figure.savefig(content, dpi=110)
    plt.close(figure)
    write_whole(path, content.getvalue())


def _write(path: Path, content: dict[str, Any]) -> None:
    write_whole(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110).encode())
