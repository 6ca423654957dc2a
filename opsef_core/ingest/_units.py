"""Lengths as files write them, in micrometres."""

from __future__ import annotations

_UM = {
    "m": 1e6,
    "meter": 1e6,
    "metre": 1e6,
    "dm": 1e5,
    "decimeter": 1e5,
    "cm": 1e4,
    "centimeter": 1e4,
    "mm": 1e3,
    "millimeter": 1e3,
    "um": 1.0,
    "µm": 1.0,
    "μm": 1.0,  # the Greek letter instead of the micro sign
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "pm": 1e-6,
    "picometer": 1e-6,
    "å": 1e-4,
    "angstrom": 1e-4,
    "in": 25400.0,
    "inch": 25400.0,
}


def unit_um(unit: str | None) -> float:
    """Length of a unit in micrometres; 0.0 if it is none (missing, "pixel", "reference frame").

    Example:
        >>> unit_um("nm")
        0.001
    """
    text = (unit or "").strip().replace("\\u00B5", "µ").replace("\\u00b5", "µ")
    return _UM.get(text.lower(), 0.0)
