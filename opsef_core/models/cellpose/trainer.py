"""Training of Cellpose's classic network by the library's own trainer, block by block."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from cellpose import dynamics, resnet_torch, train, transforms
from numpy.typing import NDArray
from skimage.transform import resize

from ...errors import BadParameter
from .._device import has_bfloat16
from .._fit import Example, Trainer
from .._fit._crops import look, median_diameter_px
from .._fit._trainer import Tensors
from .._normalise import normalise
from .file import major
from .net import WEIGHTS, load_net, save_net

WIDTHS = (2, 32, 64, 128, 256)  # channels in, then the network's: the library's small classic network
OBJECT_PX = 17.0  # what the network sees, as the library's "nuclei"
AT_MOST_PX = 22.0  # larger objects are made this small before flows are computed: the network sees no more
SETTLED_ON = 96  # crops the batch statistics are taken from
BRIGHTEST = 4.0  # in units of the range of percentiles; a few bright pixels on black would upset batch statistics
DRAWS_AN_IMAGE = 4  # how often an image is cropped in a block, from one augmented look
SIZED_ON, SIZE_ROUNDS, SIZE_CROP_PX = 150, 2, 224  # images, random scales of each, crop: a tile of a prediction


class CellposeTrainer(Trainer):
    """Grey crops of 224 px at 17 px an object; a block is one call of the library's `train_seg`.

    The library turns, flips, scales and crops; stain, light, blur, noise and inversion are changed before it. Its
    optimiser begins anew with each block, with a warm-up of ten steps.
    """

    steps: ClassVar[int] = 4000
    learning_rate: ClassVar[float] = 2e-3
    batch: ClassVar[int] = 4
    block_steps: ClassVar[int] = 100  # with more the library brings its learning rate down
    crop_px: ClassVar[int] = 224

    def begin(self, start: Any | None) -> None:
        """The network, and the flows of all examples.

        Raises:
            BadParameter: Cellpose 4, whose large network is not trained here.
        """
        if major() != 3:
            raise BadParameter("Only the classic network of Cellpose 3 can be fitted; install cellpose 3 for it.")
        torch.manual_seed(self.seed)
        if start is None:
            self.net = resnet_torch.CPnet(list(WIDTHS), 3, 3, mkldnn=False, max_pool=True, diam_mean=OBJECT_PX)
        else:
            self.net = start.copy_of_network()
        self.net = self.net.to(self.device).to(memory_format=torch.channels_last)
        self.size: dict[str, NDArray[Any]] = {}
        self.diameters_px = [median_diameter_px(e) for e in self.examples]
        # Without objects, an image has the size the network expects.
        self.scales = [
            min(1.0, AT_MOST_PX / d) if e.truth.count else 1.0
            for d, e in zip(self.diameters_px, self.examples, strict=True)
        ]
        self.pixels = [_resized(e.pixels(), s) for e, s in zip(self.examples, self.scales, strict=True)]
        self.flows = [self._flows(e, s) for e, s in zip(self.examples, self.scales, strict=True)]
        shares = np.array([e.share for e in self.examples], float)
        self.shares = shares / shares.sum()

    def _flows(self, example: Example, scale: float) -> NDArray[np.float32]:
        """(4, Y, X): instances, inside, and the flows in y and x."""
        height, width = example.truth.pixels.shape
        shape = (max(1, round(height * scale)), max(1, round(width * scale)))
        ids = resize(example.truth.compact(), shape, order=0, preserve_range=True, anti_aliasing=False).astype(np.int32)
        if not ids.any():
            return np.zeros((4, *shape), np.float32)
        return np.asarray(dynamics.labels_to_flows([ids], device=torch.device(self.device))[0], np.float32)

    def block(self, first: int, steps: int, rate: Callable[[int], float]) -> float:
        """One call of the library's trainer on newly augmented images."""
        rng = np.random.default_rng([self.seed, first])
        count = max(1, steps * self.batch // DRAWS_AN_IMAGE)
        chosen = rng.choice(len(self.pixels), size=count, p=self.shares)
        with tempfile.TemporaryDirectory() as folder, self._in_bfloat16():
            _, losses, _ = train.train_seg(
                self.net,
                train_data=[_two_channels(look(self.pixels[i], rng)) for i in chosen],
                train_labels=[self.flows[i] for i in chosen],
                batch_size=self.batch,
                learning_rate=rate(first + steps // 2),
                n_epochs=steps,
                nimg_per_epoch=self.batch,
                save_every=steps + 1,
                save_path=folder,
                normalize={"normalize": False},
                rescale=True,
                bsize=self.crop_px,
                min_train_masks=0,
                SGD=False,
            )
        return float(np.mean(losses))

    def _settle(self) -> None:
        """Batch statistics over many crops: those of the last twenty small batches are too noisy to judge by."""
        rng = np.random.default_rng([self.seed, SETTLED_ON])
        chosen = rng.choice(len(self.pixels), SETTLED_ON, p=self.shares)
        pixels = [_two_channels(normalise(self.pixels[i])) for i in chosen]
        sizes = np.array([self.diameters_px[i] * self.scales[i] for i in chosen]) / self.net.diam_mean.item()
        np.random.seed(self.seed)
        crops = transforms.random_rotate_and_resize(pixels, rescale=sizes, scale_range=0.5, xy=(self.crop_px,) * 2)[0]
        layers = [m for m in self.net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        momentum = [m.momentum for m in layers]
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # a plain mean over all batches
        self.net.train()
        with torch.no_grad(), self._in_bfloat16():
            for batch in torch.from_numpy(crops).split(self.batch):
                self.net(batch.to(self.device))
        for layer, before in zip(layers, momentum, strict=True):
            layer.momentum = before

    def _in_bfloat16(self) -> torch.autocast:
        """Half the work where the device can; weights are cast anew at each step, a cache would be a block old."""
        kind = torch.device(self.device).type
        return torch.autocast(kind, torch.bfloat16, enabled=has_bfloat16(self.device), cache_enabled=False)

    def state(self) -> Tensors:
        """The network; the library's optimiser begins anew with each block."""
        return {k: v.detach().cpu().float().numpy() for k, v in self.net.state_dict().items()}

    def restore(self, state: Tensors) -> None:
        """Go on from there."""
        tensors = {k: torch.from_numpy(np.array(v)) for k, v in state.items()}
        self.net.load_state_dict({k: v.to(self.net.state_dict()[k].dtype) for k, v in tensors.items()})

    def write(self, folder: Path) -> str:
        """Network and, once there is one, size model, in half precision (the score does not change)."""
        diameter = float(np.mean([d for d, e in zip(self.diameters_px, self.examples, strict=True) if e.truth.count]))
        self.net.diam_labels.data.fill_(diameter)
        self._settle()
        save_net(self.net, self.size, folder / WEIGHTS)
        return WEIGHTS

    def to_judge(self, model: Any, example: Example) -> Any:
        """With the true object size: the size model is made at the end."""
        return model.model_copy(update={"diameter_px": median_diameter_px(example), "scale": None})

    def finish(self, folder: Path) -> None:
        """The best network's size model, by the library's own trainer."""
        self.net, _ = load_net(folder / WEIGHTS)
        self.net = self.net.to(self.device)
        rng = np.random.default_rng(self.seed)
        with_objects = [e for e in self.examples if e.truth.count]
        chosen = rng.choice(len(with_objects), min(SIZED_ON, len(with_objects)), replace=False)
        some = [with_objects[i] for i in sorted(chosen)]
        with tempfile.TemporaryDirectory() as made:
            params = train.train_size(
                self.net,
                Path(made) / "net",
                train_data=[_two_channels(normalise(e.pixels())) for e in some],
                train_labels=[_as_flows(e.truth.compact()) for e in some],
                n_epochs=SIZE_ROUNDS,
                batch_size=self.batch,
                bsize=SIZE_CROP_PX,
                normalize={"normalize": False},
                min_train_masks=0,
            )
        self.size = {k: np.asarray(v, np.float32) for k, v in params.items()}
        self.write(folder)

    def about(self) -> dict[str, Any]:
        """Architecture and input."""
        widths = ", ".join(map(str, self.net.nbase[1:]))
        return {
            "architecture": f"Cellpose 3 classic: residual U-Net with style, widths {widths}",
            "input": {
                "object_diameter_px": round(float(self.net.diam_mean.item()), 1),
                "channels": self.net.nchan,
                "normalisation": "percentiles 1 and 99 of the mean of all channels to 0 and 1",
            },
        }


def _two_channels(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, Y, X) -> (2, Y, X): grey, normalised as the library does for a prediction, and an empty channel."""
    grey = pixels.mean(0)
    low, high = np.percentile(grey, (1, 99))
    grey = np.clip((grey - low) / max(high - low, 1e-3), -BRIGHTEST, BRIGHTEST)
    return np.stack([grey, np.zeros_like(grey)]).astype(np.float32)


def _as_flows(ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """Instances in the form of flows: the size model needs no others."""
    return np.concatenate([ids[None], np.zeros((3, *ids.shape))]).astype(np.float32)


def _resized(pixels: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    shape = (len(pixels), *(max(1, round(n * scale)) for n in pixels.shape[1:]))
    if scale == 1:
        return np.ascontiguousarray(pixels)
    return np.asarray(resize(pixels, shape, order=1, anti_aliasing=True, preserve_range=True), np.float32)
