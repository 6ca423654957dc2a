"""What a person may set at a step: a slider with its stops, a box for a number, a tick, a list of words."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ...preprocess import Step
from ...registry import parameters_of

Control = dict[str, Any]
Number = int | float

FULL = 256  # whole numbers up to this span are all stops
WIDEST = 1e7  # a span beyond this is no range that a slider can go through
UNITS = {"_px": "px", "_um": "µm", "_percent": "%"}  # endings of a parameter's name
STAIRS = (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9)  # of each power of ten
# Percentiles matter at both ends: 99.8 is not 99.
PERCENTILES = (
    *(n / 10 for n in range(20)),
    *(float(n) for n in range(2, 98)),
    *(n / 10 for n in range(980, 1001)),
)


def controls(step: Step) -> list[Control]:
    """One control a parameter of a step, in order.

    Each is {"name", "label", "unit", "help", "default", "kind"} with `kind` one of

    - "slider": `stops`, rising; every one is a possible value, and the step's own is among them;
    - "box": any number, a `whole` one or not, `least` and `most` (None: no bound);
    - "tick": true or false;
    - "choice": one of `choices`;
    - "fixed": anything else, which is shown as it is.

    `optional`: None is possible, too.
    """
    values, record = step.act.parameters, type(step.parameters)
    helps = _helps(step.kind.doc)
    schema: Mapping[str, Any] = record.model_json_schema().get("properties", {})
    return [
        _named(told, helps.get(told["name"], ""))
        | _kind(schema[told["name"]], told, values[told["name"]], _accepts(record.model_fields[told["name"]]))
        for told in parameters_of(record)
    ]


def _named(told: Mapping[str, Any], help_text: str) -> Control:
    name = str(told["name"])
    ending = next((end for end in UNITS if name.endswith(end)), "")
    label = name.removesuffix(ending).replace("_", " ")
    return {
        "name": name,
        "label": label,
        "unit": UNITS.get(ending, ""),
        "help": help_text,
        "default": told["default"],
        "optional": "null" in told["type"],
    }


def _kind(schema: Mapping[str, Any], told: Mapping[str, Any], value: Any, accepts: Callable[[Any], bool]) -> Control:
    if told["choices"]:
        return {"kind": "choice", "choices": told["choices"]}
    if "boolean" in told["type"]:
        return {"kind": "tick"}
    options = schema.get("anyOf", [schema])
    numbers = next((o for o in options if o.get("type") in ("integer", "number")), None)
    if numbers is None:
        return {"kind": "fixed"}
    whole = numbers.get("type") == "integer"
    low, high = (numbers.get(f"{end}imum", numbers.get(f"exclusive{end.title()}imum")) for end in ("min", "max"))
    if low is not None and high is not None and high - low <= WIDEST:
        asked = [v for v in (value, told["default"]) if v is not None]
        stops = [v for v in {*_stops(str(told["name"]), low, high, whole, asked), *asked} if accepts(v)]
        return {"kind": "slider", "stops": sorted(stops)}
    return {"kind": "box", "whole": whole, "least": low, "most": high}


def _accepts(field: FieldInfo) -> Callable[[Any], bool]:
    """Whether a value is possible at this parameter, whatever the others are: an even median window is not."""
    possible: Any = Annotated[field.annotation, None, *field.metadata]
    adapter: TypeAdapter[Any] = TypeAdapter(possible)

    def accepts(value: Any) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    return accepts


def _stops(name: str, low: Number, high: Number, whole: bool, asked: list[Number]) -> Iterable[Number]:
    """Values between two bounds, close where they make a difference to see."""
    if name.endswith("percentile"):
        return (p for p in PERCENTILES if low <= p <= high)
    if whole and high - low <= FULL:
        return range(int(low), int(high) + 1)
    if low >= 0:
        ladder = _ladder(low, high, next((v for v in asked if v > 0), 1))
        return {round(v) for v in ladder} if whole else ladder
    return (float(f"{low + (high - low) * n / 200:.4g}") for n in range(201))


def _ladder(low: Number, high: Number, near: Number) -> set[Number]:
    """A stair of round numbers from a tenth of `near`'s power of ten to `high`."""
    start = low if low > 0 else min(10.0 ** (math.floor(math.log10(near)) - 1), high / 1000)
    powers = range(math.floor(math.log10(start)), math.ceil(math.log10(high)) + 1)
    stairs = {float(f"{stair * 10.0**power:.2g}") for power in powers for stair in STAIRS}
    return {low, high, *(s for s in stairs if start <= s <= high)}


def _helps(doc: str) -> dict[str, str]:
    """What the docstring says of each argument, by name."""
    _, _, section = inspect.cleandoc(doc).partition("\nArgs:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        begun = re.match(r" {4}(\w+): (.*)", line)
        if begun:
            name, found[begun[1]] = begun[1], begun[2]
        elif line.startswith(" " * 8) and name:
            found[name] += " " + line.strip()
        elif line.strip():
            break
    return found
