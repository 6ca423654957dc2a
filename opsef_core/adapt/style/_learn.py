"""Learning a style into a folder."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...atomic import write_whole
from ...data import RGB, digest
from ...errors import BadParameter, BadRunFolder
from .card import CARD, CURVES, WEIGHTS, WORK, Look, StyleCard, check_folder, checksum, read_card, write_card
from .model import StyleModel
from .tiles import Pair, Source, Tiles, sources_of

if TYPE_CHECKING:
    from .train import Training

Groups = Mapping[str, Sequence[Pair]]
CPU_HOURS = 0.5  # a style; a slow machine paints less well after it, but nobody waits for half a day


def learn_style(
    pairs: Sequence[Pair] | Groups,
    folder: str | Path,
    *,
    name: str = "style",
    object_px: float = 24.0,
    steps: int | None = None,
    hours: float | None = None,
    device: str = "cpu",
    seed: int = 0,
    progress: bool = True,
    design: str | None = None,
) -> StyleModel:
    """Learn to paint label images so that they look like the images given.

    Killed, it goes on with the last block of 100 steps when called again with the same arguments, and comes to the same
    result as without the interruption (on one machine, unless `hours` are given). Finished, it is only loaded.

    Args:
        pairs: images (YX, or CYX with 1 or 3 channels) with their labels of the same size; or several styles by name,
            which one painter learns together.
        folder: for the style; new, empty, or one with the same training.
        name: of the style.
        object_px: median diameter to which the objects of each image are scaled.
        steps: of training; None: by the number of tiles, see `train.recommended_steps`.
        hours: of training at most; None: half an hour a style on a CPU, if no steps are given, else no limit.
        device: "cpu", "cuda", "mps", or "auto".
        seed: of weights, order and noise.
        progress: show a progress bar.
        design: size of the networks, "light" or "full"; None: full on a GPU, else light.

    Raises:
        NothingToShow: no pair, or no object in any.
        BadImage, BadLabels: pairs that cannot be learned from.
        BadParameter: impossible steps, hours, object size, device or design.
        BadRunFolder: the folder holds something else, or another training.
        DiskFull: no room for checkpoint or weights.
        MissingPackage: torch is not installed.
    """
    groups, place = pairs if isinstance(pairs, Mapping) else {name: pairs}, Path(folder)
    device, design = _checked(place, object_px, steps, hours, device, design)
    from .nets import DESIGNS
    from .train import Training, recommended_steps

    sources = sources_of(groups, object_px, DESIGNS[design].tile_px)
    tiles = Tiles(sources, DESIGNS[design].tile_px, seed)
    hours = hours or _usual_hours(steps, device, len(groups))
    steps = steps or recommended_steps(len(tiles), DESIGNS[design])
    same = {"images": _fingerprint(groups), "object_px": object_px, "design": design, "seed": seed}
    same |= {"steps": steps, "hours": hours, "styles": list(groups)}
    if (place / CARD).is_file():
        return _finished(place, same, device)
    from tqdm.auto import tqdm

    training = Training(tiles, len(sources[0].pixels), len(groups), place / WORK, design, device, same)
    with tqdm(total=100, desc=f"style {name}", unit="%", disable=not progress) as bar:
        training.run(steps, hours, bar)
    _finish(place, name, groups, training)
    return StyleModel.load(place, device)


def _usual_hours(steps: int | None, device: str, styles: int) -> float | None:
    """The limit where none is given; the learning rate comes down to 0 by then."""
    return CPU_HOURS * styles if steps is None and device == "cpu" else None


def _finish(place: Path, name: str, groups: Groups, training: Training) -> None:
    """Weights, curves, then the card, then what was only needed to go on is removed."""
    from .weights import write_painter

    done, sources = training.progress, training.tiles.sources
    write_painter(training.painter, _tints(sources), place / WEIGHTS)
    facts: dict[str, Any] = {"images": len(sources), "objects": _objects(groups), "tiles": len(training.tiles)}
    facts |= {"device": training.device, "steps_done": done.step, "seconds": round(done.seconds, 1)}
    table = pd.DataFrame(done.rows)
    write_whole(place / CURVES, table.to_csv(index=False, float_format="%.6g").encode())
    card = StyleCard(
        name=name,
        object_px=done.same["object_px"],
        design=done.same["design"],
        channels=len(sources[0].pixels),
        looks={style: _look(groups[style], [s for s in sources if s.style == i]) for i, style in enumerate(groups)},
        sha256=checksum(place / WEIGHTS),
        training={**facts, "same": done.same},
    )
    write_card(card, place)
    shutil.rmtree(place / WORK, ignore_errors=True)


def _tints(sources: Sequence[Source]) -> dict[str, NDArray[np.float32]]:
    """By name: number of the style, number of the image in it."""
    counts: Counter[int] = Counter()
    made = {}
    for source in sources:
        made[f"tints.{source.style}.{counts[source.style]}"] = source.tints
        counts[source.style] += 1
    return made


def _look(pairs: Sequence[Pair], sources: Sequence[Source]) -> Look:
    grey = all(source.grey for source in sources)
    first = next((image for image, _ in pairs if image.shape.get("C", 0) == (1 if grey else 3)), None)
    channels = () if first is None else first.channels
    if not grey and first is None:
        channels = RGB
    levels = tuple((round(s.levels[0], 3), round(s.levels[1], 3)) for s in sources)
    return Look(grey=grey, channels=channels, levels=levels, images=tuple(s.name for s in sources))


def _finished(place: Path, same: dict[str, Any], device: str) -> StyleModel:
    card = read_card(place)
    if differs := [key for key, value in same.items() if card.training.get("same", {}).get(key) != value]:
        raise BadRunFolder(
            f"{place} holds another style, {card.name}: it differs in {', '.join(differs)}. Give another folder, or "
            "load it with StyleModel.load."
        )
    return StyleModel(place, card, device)


def _checked(
    folder: Path, object_px: float, steps: int | None, hours: float | None, device: str, design: str | None
) -> tuple[str, str]:
    """Device and design to use, if all of it is possible."""
    from .device import find_device

    check_folder(folder)
    device = find_device(device)
    from .nets import DESIGNS

    design = design or ("light" if device == "cpu" else "full")
    if design not in DESIGNS:
        raise BadParameter(f"There is no design {design!r} of the networks; known: {', '.join(DESIGNS)}.")
    if not 4 <= object_px <= 128:
        raise BadParameter(f"object_px is {object_px}; objects are learned at 4 to 128 px, 24 is usual.")
    if steps is not None and steps < 1:
        raise BadParameter(f"steps is {steps}; at least one is needed.")
    if hours is not None and not hours > 0:
        raise BadParameter(f"hours is {hours}; it must be above 0.")
    return device, design


def _fingerprint(groups: Groups) -> str:
    """Short checksum of all pixels and ids."""
    return digest(*(digest(style, i.fingerprint, labels.array()) for style, p in groups.items() for i, labels in p))


def _objects(groups: Groups) -> int:
    return sum(labels.count for pairs in groups.values() for _, labels in pairs)
