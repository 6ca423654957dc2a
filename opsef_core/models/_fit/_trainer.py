"""What a family adds to `fit`: how its network takes some steps, and how its weights are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import BadParameter

if TYPE_CHECKING:
    from ._examples import Example

Tensors = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Crop:
    """An augmented piece of an example: pixels (3, Y, X) float32, percentiles at 0 and 1; instances (Y, X) int32."""

    pixels: NDArray[np.float32]
    labels: NDArray[np.int32]


class Trainer(ABC):
    """The training of one family; made anew for each call of `fit`, also when it goes on with an interrupted one.

    A training is a chain of blocks. Each block is a function of the state before it, its number and the seed, so that
    a training which was stopped between two blocks ends where one in a single go does.

    Attributes:
        steps: recommended number of optimiser steps from random weights.
        learning_rate: recommended highest learning rate from random weights.
        batch: crops a step.
        block_steps: steps a block; what a kill loses at most.
    """

    steps: ClassVar[int]
    learning_rate: ClassVar[float]
    batch: ClassVar[int]
    block_steps: ClassVar[int] = 50

    def __init__(self, examples: Sequence[Example], device: str, seed: int) -> None:
        self.examples, self.device, self.seed = list(examples), device, seed

    def same(self) -> Mapping[str, Any]:
        """What must be the same, beyond family, examples, seed and start, for a training to go on. Default: nothing."""
        return {}

    @abstractmethod
    def begin(self, start: Any | None) -> None:
        """Build the network, with the weights of a model of this family, or, if None, with random ones (seeded)."""

    def teach(self, group: int) -> None:
        """From now on train all layers (0), the later ones (1), or only the heads (2). Default: cannot.

        Raises:
            BadParameter: this family has no groups of layers.
        """
        raise BadParameter("schedule='layer_groups' is for nucleaizer; other models are trained with 'cosine'.")

    @abstractmethod
    def block(self, first: int, steps: int, rate: Callable[[int], float]) -> float:
        """Take some steps and return their mean loss.

        Args:
            first: number of the first of them.
            steps: how many.
            rate: learning rate of a step, by its number.
        """

    @abstractmethod
    def state(self) -> Tensors:
        """Everything needed to go on."""

    @abstractmethod
    def restore(self, state: Tensors) -> None:
        """Go on from what `state` gave; `begin` was called before."""

    @abstractmethod
    def write(self, folder: Path) -> str:
        """Write the model as its family reads it; returns the name of the weights file in the folder."""

    def finish(self, folder: Path) -> None:  # noqa: B027
        """Last touches to the best model's folder, e.g. thresholds set on the training images. Default: none."""

    def to_judge(self, model: Any, example: Example) -> Any:
        """The model as it is judged while training, e.g. with an object size it cannot find by itself yet."""
        return model

    @abstractmethod
    def about(self) -> Mapping[str, Any]:
        """For the card: `architecture`, `input` (object size in network pixels, normalisation, channels)."""
