"""Which device a network runs on, and what to do when its memory does not suffice."""

from __future__ import annotations

import gc
import importlib.util
import logging
from collections.abc import Callable
from typing import TypeVar

from ..errors import BadParameter

log = logging.getLogger(__name__)
R = TypeVar("R")
DEVICES = ("auto", "cpu", "cuda", "mps")
SIGNS = ("out of memory", "resourceexhausted", "oom when allocating")  # as torch, TensorFlow and CUDA say it


def find_device(asked: str = "auto") -> str:
    """The device to use: what was asked for if it is there, else (auto) cuda, mps or cpu, in this order.

    Raises:
        BadParameter: an unknown device, or one this machine does not have.
    """
    kind = asked.split(":")[0]
    if kind not in DEVICES:
        raise BadParameter(f"There is no device {asked!r}. Known: {', '.join(DEVICES)} (and cuda:0, cuda:1, ...).")
    if kind == "cpu" or importlib.util.find_spec("torch") is None:
        if kind not in ("cpu", "auto"):
            raise BadParameter(f'The device {asked!r} needs torch: pip install "opsef-core[torch]"')
        return "cpu"
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if kind == "auto":
        return next((name for name, found in there.items() if found), "cpu")
    if not there[kind]:
        raise BadParameter(f"This machine has no {kind} device that torch can use; ask for 'auto' or 'cpu'.")
    return asked


def has_bfloat16(device: str) -> bool:
    """Whether the device computes in bfloat16 by itself, so that a training in it is faster rather than slower."""
    import torch

    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return kind == "cpu" and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())


def with_smaller_batches(work: Callable[[int], R], batch: int, what: str = "batches of %d", least: int = 1) -> R:
    """Call `work(batch)`; when the device runs out of memory, halve the batch, say so, and try again.

    Args:
        work: what is to be done, given the size of a batch.
        batch: the size to begin with.
        what: how the size is called in the log.
        least: the smallest size worth trying; if that fails, too, so does the call.
    """
    while True:
        try:
            return work(batch)
        except Exception as error:  # each library has its own kind for this
            if batch <= least or not _out_of_memory(error):
                raise
            log.warning(f"Out of memory with {what}; going on with {what}.", batch, batch // 2)
            batch //= 2
        _free()


def _out_of_memory(error: BaseException) -> bool:
    text = f"{type(error).__name__} {error}".lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in SIGNS)


def _free() -> None:
    """Give cached memory back before the next try."""
    gc.collect()
    if importlib.util.find_spec("torch") is not None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
