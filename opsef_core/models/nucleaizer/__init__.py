"""NucleAIzer: a first look finds the size of the nuclei, Mask R-CNN then sees all images at one size."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from ...data import digest
from ...errors import MissingWeights
from ...registry import Need
from .._card import Card, find_card, find_folder, known_card, read_card
from .._normalise import normalise
from .._segmenter import Found, Pixels, Raw, Segmenter, model, segmenter
from .._trained_on import trained_on
from . import coco
from .correction import PAPER, Correction

if TYPE_CHECKING:
    from .._fit import Trainer
    from .detections import Detections
    from .net import MaskRCNN


__all__ = ["PAPER", "Correction", "NucleAIzer"]


@segmenter
class NucleAIzer(Segmenter, Correction):
    """Mask R-CNN in two passes: the typical diameter is measured, then all nuclei are seen at one size.

    A U-Net then corrects the contours. Hollandi et al. 2020 (doi 10.1016/j.cels.2020.04.003), written anew. Grey images
    are repeated to three channels; of more than three channels the first three are used. The table of objects has
    `score`.

    Attributes:
        pretrained: name of shipped weights, or a folder with weights and card. To begin a training: also U-Net weights,
            whose trunk is taken ("unet-bbbc038"), or "coco", torchvision's weights for the full network (ResNet-50).
        diameter_px: typical object diameter in the image; None: found by the first look.
        fast: only the first look, at the image's own size: two thirds of the time.
        correct_with: U-Net weights that correct the contours (see `Correction` for how); None: no correction.
        score_threshold: objects with a lower score are dropped.
        nms_iou: of two objects whose boxes overlap by more, the one with the lower score is dropped.
        mask_threshold: a pixel belongs to an object from this probability on.
        merge_surrounded: an object is merged into another one that makes up more than this part of its outline.
        min_area: objects smaller than this part of the median object are dropped.
        foreground_threshold: probability from which on the U-Net takes a pixel near a contour for an object's.
        softness: how much nearer to the inside less probability suffices, and farther outside more is wanted.
        inwards: how far inside of its contour an object may lose pixels, in parts of the median diameter.
        outwards: how far outside it may gain pixels.
        min_mean_foreground: objects with a lower mean probability are dropped.
    """

    needs: ClassVar = (Need("torch", "torch"), Need("torchvision", "torch"), Need("safetensors", "torch"))
    cheap: ClassVar = frozenset({"score_threshold", "nms_iou", "mask_threshold", *Correction.model_fields})
    search: ClassVar = {
        "score_threshold": (0.2, 0.9),
        "nms_iou": (0.1, 0.5),
        "mask_threshold": (0.3, 0.7),
        "min_area": (0.0, 0.3),
        "foreground_threshold": (0.2, 0.95),
        "softness": (0.0, 0.8),
        "inwards": (0.0, 0.3),
        "outwards": (0.0, 0.3),
        "min_mean_foreground": (0.0, 0.8),
    }

    pretrained: str = "nucleaizer-light-bbbc038"
    diameter_px: float | None = Field(None, gt=1)
    fast: bool = False
    correct_with: str | None = "unet-bbbc038"
    score_threshold: float = Field(0.6, ge=0.1, le=1)
    nms_iou: float = Field(0.35, gt=0, le=0.5)
    mask_threshold: float = Field(0.6, gt=0, lt=1)

    _nets: Any = PrivateAttr(None)
    _unet: Any = PrivateAttr(None)
    _device: str = PrivateAttr("cpu")

    def fetch(self) -> None:
        """Download the COCO weights, if it is to start from these.

        Raises:
            MissingWeights: they cannot be had.
        """
        if self.pretrained == coco.NAME:
            coco.fetch_file()

    def load(self, device: str) -> None:
        """Read the weights (safetensors) and check them against their card.

        Raises:
            MissingWeights: no weights of that name, or a damaged file.
        """
        from .weights import load_nets

        self._nets = {}
        if self.pretrained != coco.NAME:
            card, folder = self._card()
            card.check(folder)
            if card.family != "unet":
                self._nets = {name: net.to(device) for name, net in load_nets(folder).items()}
        if self.correct_with:
            self._unet = model("unet", pretrained=self.correct_with).ready(device)
        self._device = device

    def network(self, pixels: Pixels) -> Raw:
        """Boxes (n, 4) in the image's pixels, scores (n,), masks (n, 28, 28), shape, and the diameter of objects.

        The diameter is NaN where no size was looked for or none was found.
        """
        from .detect import detect
        from .net import DESIGNS
        from .size import find_diameter_px

        shape = (pixels.shape[-2], pixels.shape[-1])
        seen = normalise(pixels[:3] if len(pixels) >= 3 else pixels[:1].repeat(3, axis=0))
        first, final = self._net("preseg"), self._net("final")
        diameter = self.diameter_px
        if not self.fast and diameter is None:
            diameter = find_diameter_px(lambda scale: detect(first, seen, scale, self._device), shape)
        if self.fast or diameter is None:
            found = detect(first, seen, 1.0, self._device)
        else:
            found = detect(final, seen, DESIGNS[final.size].object_px / diameter, self._device)
        return _raw(found, shape, diameter) | self._foreground(pixels, diameter)

    def _foreground(self, pixels: Pixels, diameter_px: float | None) -> dict[str, NDArray[Any]]:
        """The U-Net's probability of being any object's (Y, X), of the image at the size Mask R-CNN saw."""
        if self._unet is None:
            return {}
        from ..unet.net import OUTSIDE

        probabilities = self._unet.at(diameter_px).network(pixels)["probabilities"]
        return {"foreground": (1 - probabilities[OUTSIDE]).astype(np.float16)}

    def objects(self, raw: Raw) -> Found:
        """Instances and their scores."""
        from .correct import correct
        from .detections import Detections, paint, suppress

        found = Detections(raw["boxes"], raw["scores"], raw["masks"])
        kept = suppress(found[found.scores >= self.score_threshold], self.nms_iou)
        height, width = (int(n) for n in raw["shape"])
        labels, scores = paint(kept, (height, width), self.mask_threshold)
        labels = correct(labels, raw.get("foreground"), self)
        ids = np.unique(labels[labels > 0])
        return labels, pd.DataFrame({"score": scores[ids - 1]}, index=pd.Index(ids, name="id"))

    def at(self, diameter_px: float | None) -> NucleAIzer:
        """The same without correction, for a known object size; it shares the loaded networks."""
        made = self.model_copy(update={"diameter_px": diameter_px, "correct_with": None})
        made._unet = None
        return made

    def weights_of_network(self, name: str) -> dict[str, Any]:
        """The loaded network's tensors by name; of U-Net weights the trunk, of COCO weights what is of use."""
        if self._nets:
            return dict(self._net(name).state_dict())
        if self.pretrained == coco.NAME:
            return coco.tensors(coco.fetch_file())
        from ..unet.weights import load_weights

        card, folder = self._card()
        return {f"trunk.{k}": v for k, v in load_weights(folder / card.weights).state_dict().items()}

    def trainer(self) -> Callable[..., Trainer]:
        """How the final network is trained, or, with `fast`, that of the first look."""
        from .trainer import NucleAIzerTrainer
        from .weights import FILES, size_of

        folder = find_folder(self.pretrained)
        there = [] if folder is None else [folder / f for f in FILES.values() if (folder / f).is_file()]
        size = size_of(there[0]) if there else "full" if self.pretrained == coco.NAME else "light"
        return partial(NucleAIzerTrainer, trained="preseg" if self.fast else "final", size=size, others=there)

    @property
    def untrained(self) -> bool:
        """Whether there is only something to start a training from."""
        return self.pretrained == coco.NAME or (
            known_card("nucleaizer", self.pretrained) is None and known_card("unet", self.pretrained) is not None
        )

    @property
    def trained_on(self) -> frozenset[str] | None:
        """What the list beside the weights says."""
        folder = find_folder(self.pretrained)
        seen = None if folder is None else trained_on(read_card(folder).family, self.pretrained)
        also = frozenset[str]() if self.correct_with is None else trained_on("unet", self.correct_with)
        return None if seen is None or also is None else seen | also

    @property
    def weights_checksum(self) -> str | None:
        """Checksum of both networks and of the U-Net, from their cards; None where weights are missing."""
        if self.pretrained == coco.NAME:
            return coco.HASH
        card = known_card("nucleaizer", self.pretrained) or known_card("unet", self.pretrained)
        unet = None if self.correct_with is None else known_card("unet", self.correct_with)
        if card is None or (self.correct_with is not None and unet is None):
            return None
        return digest(card.sha256, sorted(card.files.items()), None if unet is None else unet.sha256)[:16]

    def _card(self) -> tuple[Card, Path]:
        """Card and folder of these weights."""
        folder = find_folder(self.pretrained)
        if folder is not None and (card := read_card(folder)).family == "unet":
            return card, folder
        return find_card("nucleaizer", self.pretrained)

    def _net(self, name: str) -> MaskRCNN:
        """The network of that name; the other one, if there is only that.

        Raises:
            MissingWeights: there is none.
        """
        if not self._nets:
            raise MissingWeights(
                f"{self.pretrained} are weights to start a training of nucleaizer from; by themselves they find "
                "nothing. Call fit, or choose other weights (`opsef models --weights` lists them)."
            )
        net: MaskRCNN = self._nets.get(name) or next(iter(self._nets.values()))
        return net


def _raw(found: Detections, shape: tuple[int, int], diameter_px: float | None) -> dict[str, NDArray[Any]]:
    return {
        "boxes": found.boxes,
        "scores": found.scores,
        "masks": found.masks,
        "shape": np.array(shape),
        "diameter_px": np.array(np.nan if diameter_px is None else diameter_px, np.float32),
    }
