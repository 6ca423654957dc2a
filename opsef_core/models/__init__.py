"""Models: image -> labels. One model a file; the contract is in `_segmenter.py`."""

from ._card import zoo_names
from ._device import find_device
from ._segmenter import MODELS, Segmenter, model, segmenter
from ._table import models_table
from ._trained_on import UNLISTED

__all__ = ["MODELS", "UNLISTED", "Segmenter", "find_device", "model", "models_table", "segmenter", "zoo_names"]
