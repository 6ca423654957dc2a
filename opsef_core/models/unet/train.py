"""Training of the U-Net: reproducible crops, running average of the weights, resumes after a kill."""

from __future__ import annotations

import csv
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader

from .crops import Crops
from .net import BORDER, INSIDE, UNet

log = logging.getLogger(__name__)
CHECKPOINT, BEST, CURVES = "checkpoint.safetensors", "best.safetensors", "curves.csv"
Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Schedule:
    """How long and how to train.

    `steps` fixes the learning-rate curve; `hours` only stops the training early (it continues at the next call).
    """

    steps: int = 6000
    hours: float = math.inf
    batch: int = 8
    learning_rate: float = 2e-3
    warmup_steps: int = 100
    average: float = 0.998  # decay of the running average of the weights
    score_every: int = 250
    seed: int = 0
    workers: int = 1
    mixed_precision: bool = True

    def rate(self, step: int) -> float:
        """Learning rate at a step: linear warm-up, then half a cosine to one percent."""
        done = min(step / max(self.steps, 1), 1.0)
        cosine = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))
        return self.learning_rate * min(1.0, (step + 1) / max(self.warmup_steps, 1)) * cosine


def train(
    images: Arrays,
    labels: Arrays,
    folder: str | Path,
    score: Callable[[UNet], float],
    *,
    shares: NDArray[Any] | None = None,
    schedule: Schedule | None = None,
    device: str = "cpu",
) -> UNet:
    """Train, or continue the training in `folder`, and return the averaged network that scored best.

    Args:
        images: (Y, X) or (Y, X, 3) training images.
        labels: (Y, X) instances, same order.
        folder: where checkpoint, best weights and the loss and score curves are kept.
        score: judges a network in evaluation mode, higher is better; called every `score_every` steps.
        shares: how often each image is drawn; equal shares if None.
        schedule: how long and how to train.
        device: "cpu", "cuda" or "mps".
    """
    plan = schedule or Schedule()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    state = _State.start(device) if not (folder / CHECKPOINT).exists() else _State.load(folder / CHECKPOINT, device)
    shares = np.ones(len(images)) if shares is None else shares
    crops = Crops(list(images), list(labels), shares, plan.steps * plan.batch, plan.seed, first=state.step * plan.batch)
    started, last_log = time.monotonic(), time.monotonic()
    recent: list[float] = []
    for batch in DataLoader(crops, plan.batch, num_workers=plan.workers):
        recent.append(_step(state, batch, plan, device))
        if state.step % plan.score_every == 0 or state.step == plan.steps:
            _score(state, score, folder, float(np.mean(recent)), time.monotonic() - started)
            recent.clear()
        if time.monotonic() - last_log > 60:
            state.save(folder / CHECKPOINT)
            last_log = time.monotonic()
            log.info("step %d of %d, loss %.4f", state.step, plan.steps, np.mean(recent or [math.nan]))
        if time.monotonic() - started > plan.hours * 3600:
            break
    state.save(folder / CHECKPOINT)
    return load_weights(folder / BEST) if (folder / BEST).exists() else state.mean


def loss(logits: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Weighted cross entropy plus soft Dice (1 - overlap) of the classes inside and border.

    Args:
        logits: (N, 3, Y, X) float.
        classes: (N, Y, X) int64.
        weights: (N, Y, X) float32.
    """
    entropy = nn.functional.cross_entropy(logits, classes, reduction="none", weight=_CLASS_WEIGHT.to(logits.device))
    p = logits.softmax(1)
    dice = logits.new_zeros(())
    for kind in (INSIDE, BORDER):
        truth = (classes == kind).to(p.dtype)
        dice = dice + 1 - (2 * (p[:, kind] * truth).sum() + 1) / (p[:, kind].sum() + truth.sum() + 1)
    return (entropy * weights).mean() + 0.5 * dice


_CLASS_WEIGHT = torch.tensor([1.0, 1.0, 1.5])


def load_weights(path: Path) -> UNet:
    """Read a weights file (float16 or float32 safetensors) into a network in evaluation mode."""
    with safe_open(path, framework="pt") as file:
        net = UNet()
        names = file.keys()
        net.load_state_dict({k: _full(file.get_tensor(k)) for k in names})
    return net.eval()


def save_weights(net: nn.Module, path: Path, half: bool = False, about: dict[str, str] | None = None) -> None:
    """Write a network's weights as safetensors, atomically; `half` stores floats as float16."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
    if half:
        tensors = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    _write(tensors, path, about or {})


def _full(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _write(tensors: dict[str, Tensor], path: Path, about: dict[str, str]) -> None:
    part = path.with_suffix(".part")
    save_file(tensors, part, metadata=about)
    part.chmod(0o644)  # it is written for its owner alone
    part.replace(path)


@dataclass
class _State:
    """Everything a training needs to go on: network, its running average, optimiser, step, best score."""

    net: UNet
    mean: UNet
    optimiser: torch.optim.AdamW
    step: int = 0
    best: float = -math.inf

    @classmethod
    def start(cls, device: str) -> _State:
        """A new training."""
        net, mean = UNet().to(device), UNet().to(device)
        net.to(memory_format=torch.channels_last)
        mean.load_state_dict(net.state_dict())
        return cls(net, mean.eval(), torch.optim.AdamW(net.parameters(), weight_decay=1e-4))

    def save(self, path: Path) -> None:
        """Write the checkpoint, atomically."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors |= {f"mean.{k}": v for k, v in self.mean.state_dict().items()}
        for i, p in enumerate(self.net.parameters()):
            tensors |= {f"optimiser.{i}.{k}": v for k, v in self.optimiser.state.get(p, {}).items()}
        _write(
            {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()},
            path,
            {"step": str(self.step), "best": str(self.best)},
        )

    @classmethod
    def load(cls, path: Path, device: str) -> _State:
        """The training a checkpoint holds."""
        state = cls.start(device)
        with safe_open(path, framework="pt", device=device) as file:
            names = file.keys()
            tensors = {k: file.get_tensor(k) for k in names}
            about = file.metadata()
        state.net.load_state_dict({k[4:]: v for k, v in tensors.items() if k.startswith("net.")})
        state.mean.load_state_dict({k[5:]: v for k, v in tensors.items() if k.startswith("mean.")})
        for i, p in enumerate(state.net.parameters()):
            head = f"optimiser.{i}."
            state.optimiser.state[p] = {k[len(head) :]: v for k, v in tensors.items() if k.startswith(head)}
        state.step, state.best = int(about["step"]), float(about["best"])
        return state


def _step(state: _State, batch: tuple[Tensor, Tensor, Tensor], plan: Schedule, device: str) -> float:
    """One optimiser step; returns the loss."""
    pixels, classes, weights = (x.to(device, non_blocking=True) for x in batch)
    state.net.train()
    for group in state.optimiser.param_groups:
        group["lr"] = plan.rate(state.step)
    with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=plan.mixed_precision):
        logits = state.net(pixels.to(memory_format=torch.channels_last))
    value = loss(logits.float(), classes, weights)
    state.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(value)
    nn.utils.clip_grad_norm_(state.net.parameters(), 5.0)
    state.optimiser.step()
    state.step += 1
    decay = min(plan.average, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        for mean, new in zip(state.mean.state_dict().values(), state.net.state_dict().values(), strict=True):
            mean.copy_(new if not new.is_floating_point() else decay * mean + (1 - decay) * new)
    return float(value.detach())


def _score(state: _State, score: Callable[[UNet], float], folder: Path, mean_loss: float, seconds: float) -> None:
    """Judge the averaged network, keep it if it is the best so far, add a line to the curves."""
    value = score(state.mean)
    if value > state.best:
        state.best = value
        save_weights(state.mean, folder / BEST, about={"step": str(state.step), "score": f"{value:.4f}"})
    state.save(folder / CHECKPOINT)
    new = not (folder / CURVES).exists()
    with (folder / CURVES).open("a", newline="") as file:
        rows = csv.writer(file)
        if new:
            rows.writerow(["step", "loss", "score", "seconds"])
        rows.writerow([state.step, f"{mean_loss:.5f}", f"{value:.5f}", f"{seconds:.0f}"])
    log.info("step %d: loss %.4f, score %.4f (best %.4f)", state.step, mean_loss, value, state.best)
