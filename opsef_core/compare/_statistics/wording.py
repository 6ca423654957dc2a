"""Comparisons in words that a person understands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._label import metric_label
from .paired import PARENT

Row = Mapping[Any, Any]


def pair_in_words(row: Row, about: Mapping[str, Any], comparisons: int) -> str:
    """One row of `compare_pairs` as a sentence.

    Args:
        row: a row of the table.
        about: its attrs: `metric`, `together`, `fewest`, `worth`.
        comparisons: how many pairs were tested.
    """
    a, b, images = row["a"], row["b"], how_many(row["n_images"], row["n_units"], about["together"])
    label = metric_label(about["metric"])
    if not row["n_images"]:
        return f"{a} and {b} have no scored image in common."
    if row["n_units"] == 1:
        gap = signed(row["difference"], digits_for(row["difference"]))
        return f"{a} and {b}: {label} {gap} on {images}. One image only: no interval, no test."
    if row["better"]:
        better, worse = (a, b) if row["better"] == a else (b, a)
        return f"{better} is better than {worse}: {label} {gap_of(row, turned=better != a)}, {images}."
    if row["difference"] == 0 and row["sd"] == 0:
        return f"{a} and {b} have the same {label} on each of {images}."
    if row["n_units"] < about["fewest"]:
        of = f" in {comparisons} comparisons" if comparisons > 1 else ""
        return (
            f"{a} and {b}: {label} {gap_of(row)}, {images}. So few can show no difference, however large: the test "
            f"needs at least {about['fewest']}{of}."
        )
    needed = f"about {row['images_needed']} images would be needed for {about['worth']:g}"
    alone = ", comparing only these two" if comparisons > 1 else ""
    return f"No difference shown between {a} and {b} with {images} ({label} {gap_of(row)}); {needed}{alone}."


def gap_of(row: Row, turned: bool = False) -> str:
    """A difference with its interval: "+0.04 [0.02, 0.06]"; `turned`: of b against a."""
    low, mean, high = row["low"], row["difference"], row["high"]
    if turned:
        low, mean, high = -high, -mean, -low
    digits = digits_for(low, mean, high)
    return f"{signed(mean, digits)} {interval(low, high, digits)}"


def interval(low: float, high: float, digits: int = 2) -> str:
    """Write an interval: "[0.02, 0.06]"; nothing where there is none."""
    return "" if low != low or high != high else f"[{plain(low, digits)}, {plain(high, digits)}]"


def signed(x: float, digits: int = 2) -> str:
    """Write a number with its sign: "+0.04"; zero has none."""
    text = plain(x, digits)
    return text if float(text) <= 0 else f"+{text}"


def plain(x: float, digits: int = 2) -> str:
    """Write a number: "0.04", never "-0.00"."""
    return f"{round(x, digits) + 0.0:.{digits}f}"


def digits_for(*numbers: float) -> int:
    """Two digits; three where all the numbers are so small that two would say nothing."""
    return 3 if max((abs(x) for x in numbers if x == x), default=0) < 0.02 else 2


def how_many(images: int, units: int, together: str) -> str:
    """Say how many images: "30 images", "30 tiles of 6 images", "30 images in 6 groups (patient)"."""
    if together == PARENT and units != images:
        return f"{counting(images, 'tile')} of {counting(units, 'image')}"
    if units != images:
        return f"{counting(images, 'image')} in {counting(units, 'group')} ({together})"
    return counting(images, "image")


def counting(n: int, what: str) -> str:
    """Count things: "1 image", "2 images"."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def listed(names: list[str], most: int = 4) -> str:
    """Join names: "a", "a and b", "a, b and c", "a, b, c, d and 3 more"."""
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
