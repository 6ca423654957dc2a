"""Training of one of nucleAIzer's two networks; the other one, if there is any, stays as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from scipy import ndimage
from skimage.measure import label
from torch import Tensor

from ...atomic import write_whole
from .._fit import Crop, Example
from .._fit._crops import DIAMETERS_PX, Crops, median_diameter_px
from .._fit._torch import TorchTrainer
from .._normalise import PERCENTILES
from .net import DESIGNS, MaskRCNN, Size
from .weights import FILES, save_net

AROUND = (0.7, 1.4)  # the final network's objects, relative to the size it expects
HEADS = ("trunk.lateral", "trunk.fine", "trunk.backbone.fpn", "rpn", "roi_heads")
LEAST_PX = 8  # smaller remains of objects at a crop's border are not taught


class NucleAIzerTrainer(TorchTrainer[MaskRCNN]):
    """Crops of 256 px: objects of 8 to 80 px for the first look, of about one size for the final network.

    Args:
        examples: annotated images.
        device: where.
        seed: of everything.
        trained: which of the two networks.
        size: of the network.
        others: weights files of the start model; the one that is not trained goes into the new model as it is.
    """

    steps: ClassVar[int] = 8000
    learning_rate: ClassVar[float] = 1e-3
    batch: ClassVar[int] = 4
    later: ClassVar = (  # nucleAIzer's: the last stage of the trunk and all that follows; the heads
        ("trunk.down.4", "trunk.up", "trunk.backbone.body.layer4", *HEADS),
        HEADS,
    )
    slow: ClassVar[dict[str, float]] = {"trunk.down": 0.3, "trunk.up": 0.3, "trunk.backbone": 0.3}

    def __init__(
        self,
        examples: Sequence[Example],
        device: str,
        seed: int,
        *,
        trained: Literal["preseg", "final"] = "final",
        size: Size = "light",
        others: Sequence[Path] = (),
    ) -> None:
        super().__init__(examples, device, seed)
        self.trained, self.size = trained, size
        self.others = {path.name: path.read_bytes() for path in others}

    def same(self) -> dict[str, Any]:
        """Which network it is."""
        return {"network": self.trained, "size": self.size}

    def network(self) -> MaskRCNN:
        """A network with random weights."""
        return MaskRCNN(self.size)

    def start_from(self, model: Any) -> None:
        """The model's network of this kind; or, if it has only a trunk, that, with the statistics it has."""
        self.net.load_state_dict(model.weights_of_network(self.trained), strict=False)
        self.net.trunk.frozen = True

    def crops(self) -> Crops:
        """At all sizes, or at about the one size of the final network."""
        if self.trained == "preseg":
            return Crops(self.examples, self.seed, self.crop_px)
        px = DESIGNS[self.size].object_px
        bounds = (AROUND[0] * px, AROUND[1] * px)
        return Crops(self.examples, self.seed, self.crop_px, scales=(1e-3, math.inf), diameters_px=bounds)

    def lesson(self, crop: Crop) -> tuple[Tensor, dict[str, Tensor]]:
        """Pixels, and boxes, ids and label image of the objects."""
        return torch.from_numpy(crop.pixels), targets(crop.labels)

    def together(self, lessons: list[Any]) -> Any:
        """Pixels as one tensor; the objects of each crop by themselves."""
        return torch.stack([pixels for pixels, _ in lessons]), [target for _, target in lessons]

    def loss(self, batch: Any) -> Tensor:
        """Sum of the five losses of Mask R-CNN, all with the weight 1."""
        pixels, objects = batch
        pixels = pixels.to(self.device, non_blocking=True).to(memory_format=torch.channels_last)
        objects = [{k: v.to(self.device, non_blocking=True) for k, v in o.items()} for o in objects]
        with self.in_bfloat16():
            maps = self.net.trunk(pixels)
        losses = self.net.losses(pixels, maps, objects)
        return torch.stack(list(losses.values())).sum()

    def to_judge(self, model: Any, example: Example) -> Any:
        """The network alone: at the true size, without correction."""
        return model.at(None if self.trained == "preseg" else median_diameter_px(example))

    def write(self, folder: Path) -> str:
        """The averaged network, in half precision, and the other one."""
        name = FILES[self.trained]
        for other, content in self.others.items():
            if other != name:
                write_whole(folder / other, content)
        save_net(self.mean, folder / name, half=True)
        return name

    def about(self) -> dict[str, Any]:
        """Architecture and input."""
        return {
            "architecture": f"Mask R-CNN, {self.size}: {DESCRIPTIONS[self.size]}",
            "input": {
                "object_diameter_px": list(DIAMETERS_PX) if self.trained == "preseg" else DESIGNS[self.size].object_px,
                "channels": 3,
                "normalisation": f"percentiles {PERCENTILES[0]:g} and {PERCENTILES[1]:g} over all channels to 0 and 1",
            },
        }


DESCRIPTIONS: dict[Size, str] = {
    "light": "the U-Net's trunk to stride 16, 96 channels, masks from 64 channels at stride 2",
    "full": "ResNet-50 with a feature pyramid, as torchvision's",
}


def targets(labels: np.ndarray[Any, np.dtype[np.int32]]) -> dict[str, Tensor]:
    """What `Heads` is taught about a label image (Y, X): `boxes`, `labels`, `ids`, `image`.

    Pieces of one object (mirrored at the image's border, cut by the crop's) are objects of their own: a box around two
    of them would teach nonsense.
    """
    pieces = label(labels, connectivity=2).astype(np.int32)
    areas = np.bincount(pieces.ravel())
    places = ndimage.find_objects(pieces)
    ids = [i for i, place in enumerate(places, 1) if place is not None and areas[i] >= LEAST_PX]
    boxes = [
        [places[i - 1][1].start, places[i - 1][0].start, places[i - 1][1].stop, places[i - 1][0].stop] for i in ids
    ]
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.ones(len(ids), dtype=torch.int64),
        "ids": torch.tensor(ids, dtype=torch.int32),
        "image": torch.from_numpy(pieces),
    }
