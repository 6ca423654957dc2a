"""Where a style is learned."""

from __future__ import annotations

import importlib.util

from ...errors import BadParameter, MissingPackage

DEVICES = ("auto", "cpu", "cuda", "mps")


def find_device(asked: str) -> str:
    """The device to use; "auto": cuda, mps or cpu, whichever is there first.

    Raises:
        BadParameter: an unknown device, or one that this machine does not have.
        MissingPackage: torch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise MissingPackage("Learning a style", "torch", "torch")
    kind = asked.split(":")[0]
    if kind not in DEVICES:
        raise BadParameter(f"There is no device {asked!r}. Known: {', '.join(DEVICES)} (and cuda:0, cuda:1, ...).")
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if kind == "auto":
        return next(name for name, found in there.items() if found)
    if not there[kind]:
        raise BadParameter(f"This machine has no {kind} device that torch can use; ask for 'auto' or 'cpu'.")
    return asked
