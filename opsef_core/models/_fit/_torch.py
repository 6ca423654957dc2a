"""Training of our own torch networks: AdamW, a running average of the weights, crops made in other processes."""

from __future__ import annotations

import os
import sys
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from .._device import has_bfloat16
from ._crops import Crops
from ._trainer import Crop, Tensors, Trainer

Net = TypeVar("Net", bound=nn.Module)
AVERAGE = 0.998  # decay of the running average of the weights


class TorchTrainer(Trainer, Generic[Net]):
    """A trainer whose family says what the network is, what a crop teaches, and what the loss is.

    Attributes:
        net: in training.
        mean: the running average of its weights; this is what is judged and written.
        mixed: whether the device computes in bfloat16 by itself.
        crop_px: side of a crop.
        later: layers of the groups 1 and 2 of `teach`, by the beginning of their names.
        slow: parts of the network whose learning rate is lower, by the beginning of their names, with the factor.
    """

    crop_px: ClassVar[int] = 256
    slow: ClassVar[dict[str, float]] = {}
    later: ClassVar[tuple[tuple[str, ...], tuple[str, ...]] | None] = None
    net: Net
    mean: Net

    @abstractmethod
    def network(self) -> Net:
        """A network with random weights."""

    @abstractmethod
    def lesson(self, crop: Crop) -> Any:
        """What is given to the network, and what it should answer, as tensors; made in another process."""

    @abstractmethod
    def loss(self, batch: Any) -> Tensor:
        """Loss of a batch of lessons."""

    def crops(self) -> Crops:
        """Where the crops come from."""
        return Crops(self.examples, self.seed, self.crop_px)

    def together(self, lessons: list[Any]) -> Any:
        """Lessons as a batch."""
        return torch.utils.data.default_collate(lessons)

    def start_from(self, model: Any) -> None:
        """Take the weights of a model of this family."""
        self.net.load_state_dict(model.weights_of_network())

    def begin(self, start: Any | None) -> None:
        """Network, its running average, optimiser."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            net, mean = self.network(), self.network()
        self.net = net.to(self.device).to(memory_format=torch.channels_last)
        self.mixed = has_bfloat16(self.device)
        if start is not None:
            self.start_from(start)
        self.mean = mean.to(self.device).eval()
        self.mean.load_state_dict(self.net.state_dict())
        self.optimiser = torch.optim.AdamW(self._groups(), weight_decay=1e-4)
        self.lessons = _Lessons(self.crops(), self.lesson)

    def _groups(self) -> list[dict[str, Any]]:
        """Parameters by how fast they learn; in the network's order within each group."""
        groups: dict[float, list[nn.Parameter]] = {}
        for name, parameter in self.net.named_parameters():
            factor = next((f for start, f in self.slow.items() if name.startswith(start)), 1.0)
            groups.setdefault(factor, []).append(parameter)
        return [{"params": parameters, "factor": factor} for factor, parameters in groups.items()]

    def teach(self, group: int) -> None:
        """Train all layers (0), the later ones (1), or only the heads (2)."""
        if self.later is None:
            super().teach(group)
            return
        groups = (("",), *self.later)
        for name, parameter in self.net.named_parameters():
            parameter.requires_grad_(name.startswith(groups[group]))

    def block(self, first: int, steps: int, rate: Callable[[int], float]) -> float:
        """Some steps; crops are made in other processes meanwhile, where these are cheap."""
        numbers = range(first * self.batch, (first + steps) * self.batch)
        many = 1 if self.device == "cpu" else max(1, min(8, (os.cpu_count() or 1) - 1))
        workers = many if steps > 8 and sys.platform == "linux" else 0  # elsewhere each would load everything anew
        batches = DataLoader(
            Subset(self.lessons, numbers),
            self.batch,
            num_workers=workers,
            multiprocessing_context="fork" if workers else None,
            collate_fn=self.together,
        )
        with torch.random.fork_rng([self.device] if self.device.startswith("cuda") else []):
            torch.manual_seed(self.seed * 1_000_003 + first)
            losses = [self._step(batch, first + i, rate(first + i)) for i, batch in enumerate(batches)]
        return float(np.mean(losses))

    def _step(self, batch: Any, number: int, rate: float) -> float:
        self.net.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["factor"]
        value = self.loss(batch)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        decay = min(AVERAGE, (2 + number) / (11 + number))
        with torch.no_grad():
            for mean, new in zip(self.mean.state_dict().values(), self.net.state_dict().values(), strict=True):
                mean.copy_(new if not new.is_floating_point() else decay * mean + (1 - decay) * new)
        return float(value.detach())

    def in_bfloat16(self) -> torch.autocast:
        """Half the work where the device can."""
        return torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.mixed)

    def state(self) -> Tensors:
        """Network, its running average, and what the optimiser remembers."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors |= {f"mean.{k}": v for k, v in self.mean.state_dict().items()}
        for i, p in enumerate(self.net.parameters()):
            tensors |= {f"optimiser.{i}.{k}": v for k, v in self.optimiser.state.get(p, {}).items()}
        return {k: v.detach().cpu().contiguous().numpy() for k, v in tensors.items()}

    def restore(self, state: Tensors) -> None:
        """Go on from there."""
        tensors = {k: torch.from_numpy(np.array(v)).to(self.device) for k, v in state.items()}
        self.net.load_state_dict({k[4:]: v for k, v in tensors.items() if k.startswith("net.")})
        self.mean.load_state_dict({k[5:]: v for k, v in tensors.items() if k.startswith("mean.")})
        for i, p in enumerate(self.net.parameters()):
            head = f"optimiser.{i}."
            known = {k[len(head) :]: v for k, v in tensors.items() if k.startswith(head)}
            if known:
                self.optimiser.state[p] = {k: v.cpu() if k == "step" else v for k, v in known.items()}


class _Lessons(Dataset[Any]):
    """What a crop teaches, by the crop's number."""

    def __init__(self, crops: Crops, lesson: Callable[[Crop], Any]) -> None:
        self.crops, self.lesson = crops, lesson

    def __getitem__(self, number: int) -> Any:
        return self.lesson(self.crops[number])
