"""Models: image -> labels. One model a file; the contract is in `_segmenter.py`."""

from ._bundle import bundle, fetch
from ._card import zoo_names
from ._device import find_device
from ._fit import About, Example, Examples, Fit, Plan, examples_of, fit, held_out
from ._install import install
from ._segmenter import MODELS, Raw, Segmenter, model, segmenter
from ._sources import weights_table
from ._table import models_table
from ._trained_on import UNLISTED

__all__ = [
    "MODELS",
    "UNLISTED",
    "About",
    "Example",
    "Examples",
    "Fit",
    "Plan",
    "Raw",
    "Segmenter",
    "bundle",
    "examples_of",
    "fetch",
    "find_device",
    "fit",
    "held_out",
    "install",
    "model",
    "models_table",
    "segmenter",
    "weights_table",
    "zoo_names",
]
