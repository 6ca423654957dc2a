"""The preprocessing lists of OpSeF-IV, as recipes."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from ..errors import BadParameter
from ._recipe import Recipe
from ._step import step

PLACES = ("filter", "kernel", "background", "projection", "CLAHE", "CLAHE parameters", "edges", "invert")
EXAMPLE = '["Median", 3, 50, "Max", True, [(18, 18), 3], "no", False]'
FILTERS = {"median": ("median", "size_px"), "gaussian": ("gaussian", "sigma_px"), "mean": ("mean", "radius_px")}


def opsef_recipe(entry: Sequence[Any]) -> Recipe:
    """The recipe that an entry of OpSeF-IV's `pre_list` stands for.

    The order of the steps is the one OpSeF-IV executed, not the one its paper draws (which has CLAHE before the edges):

        filter -> subtract -> (project) -> edges -> invert -> CLAHE

    Meaning of the eight places:

    0. filter: "Median", "Gaussian", "Mean" or "None"
    1. kernel, a whole number: side of the square (Median), sigma (Gaussian), or radius of the disc (Mean: 7 is 15
       pixels wide, which the paper calls 7 x 7)
    2. background: subtracted, what falls below 0 becomes 0
    3. projection: "Sum", "Max" or "Median"; here stacks are projected when they are read, before all steps, so it is
       no step: `opsef_projection` gives its name. Flat images are the same either way.
    4. CLAHE: True or False
    5. CLAHE parameters: [(tiles, tiles), clip limit]
    6. edges: "no", "sobel" or "roberts"
    7. invert: True or False

    Steps keep the image's own range where OpSeF-IV cut it to 8 bit, and CLAHE is not OpenCV's, so pixels are alike, not
    equal. A place that does nothing ("None", 0, False, "no") gives no step.

    Raises:
        BadParameter: not eight places, or an impossible value at one of them.
    """
    kind, kernel, background, _, clahe, clahe_parameters, edges, invert = _checked(entry)
    steps = []
    if kind != "none":
        name, parameter = FILTERS[kind]
        steps.append(step(name, **{parameter: kernel}))
    if background:
        steps.append(step("subtract_background", value=background))
    if edges != "no":
        steps.append(step("edges", method=edges))
    if invert:
        steps.append(step("invert"))
    if clahe:
        tiles, clip_limit = _clahe(clahe_parameters)
        steps.append(step("clahe", tiles=tiles, clip_limit=clip_limit))
    return Recipe(steps)


def opsef_projection(entry: Sequence[Any]) -> str:
    """The projection that an entry of OpSeF-IV's `pre_list` asks for: "sum", "max" or "median".

    Raises:
        BadParameter: as `opsef_recipe`.
    """
    return str(_checked(entry)[3])


def _checked(entry: Sequence[Any]) -> list[Any]:
    """The eight values, names in lower case."""
    if isinstance(entry, str) or not isinstance(entry, Sequence) or len(entry) != len(PLACES):
        raise BadParameter(
            f"An OpSeF-IV preprocessing entry has 8 places ({', '.join(PLACES)}), for example {EXAMPLE}; not {entry!r}."
        )
    values = list(entry)
    for place, options in ((0, (*FILTERS, "none")), (3, ("sum", "max", "median")), (6, ("no", "sobel", "roberts"))):
        values[place] = str(values[place]).lower()
        if values[place] not in options:
            raise _wrong(place, entry, f"one of {', '.join(options)}")
    if values[0] != "none" and (not _is_number(values[1]) or values[1] < 1 or values[1] != int(values[1])):
        raise _wrong(1, entry, "a whole number from 1")
    if not _is_number(values[2]) or values[2] < 0:
        raise _wrong(2, entry, "a number from 0")
    for place in (4, 7):
        if not isinstance(values[place], bool):
            raise _wrong(place, entry, "True or False")
    return values


def _clahe(parameters: Any) -> tuple[int, float]:
    """Number of tiles along a side, and clip limit, from [(18, 18), 3]."""
    try:
        (across, down), clip_limit = parameters
    except (TypeError, ValueError):
        across = down = clip_limit = None
    if across != down or not all(_is_number(v) for v in (across, down, clip_limit)):
        raise BadParameter(
            "Place 5 of an OpSeF-IV preprocessing entry (CLAHE parameters) must be [(tiles, tiles), clip limit], "
            f"the same number of tiles both ways, for example [(18, 18), 3]; not {parameters!r}."
        )
    return across, clip_limit


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _wrong(place: int, entry: Sequence[Any], wanted: str) -> BadParameter:
    return BadParameter(
        f"Place {place} of an OpSeF-IV preprocessing entry ({PLACES[place]}) must be {wanted}; not {entry[place]!r}."
    )
