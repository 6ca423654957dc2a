"""U-Net with three classes a pixel (outside, inside, border); instances grow from local seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from ...registry import Need
from .._card import find_card, known_card
from .._device import with_smaller_batches
from .._normalise import normalise
from .._segmenter import Found, Pixels, Raw, Segmenter, segmenter
from .resize import resize, resize_back

if TYPE_CHECKING:
    from .._fit import Trainer

OBJECT_PX = 24.0  # the size to which `diameter_px` brings the objects
MARGIN_PX = 128  # farther than this the network does not see; a multiple of its stride


@segmenter
class UNet(Segmenter):
    """Small three-class U-Net for nuclei of any stain; separates touching objects by their border.

    After Ronneberger et al. 2015 (doi 10.1007/978-3-319-24574-4_28) with the boundary class of Caicedo et al. 2019
    (doi 10.1002/cyto.a.23863). Grey images are repeated to three channels; of more than three
    channels the first three are used.

    Attributes:
        pretrained: name of shipped weights, or a folder with weights and card.
        diameter_px: typical object diameter in the image; the network then sees objects of 24 px. None: as it is
            (the shipped weights were trained on 8 to 80 px).
        mask_threshold: a pixel belongs to an object from this probability of inside + border on.
        seed_threshold: objects are seeded where the probability of inside reaches this.
        min_area_px: smaller objects are dropped.
    """

    needs: ClassVar = (Need("torch", "torch"), Need("safetensors", "torch"))
    cheap: ClassVar = frozenset({"mask_threshold", "seed_threshold", "min_area_px"})
    maps: ClassVar = frozenset({"probabilities"})
    search: ClassVar = {"mask_threshold": (0.3, 0.9), "seed_threshold": (0.2, 0.95), "min_area_px": (5, 60)}

    pretrained: str = "unet-bbbc038"
    diameter_px: float | None = Field(None, gt=1)
    mask_threshold: float = Field(0.6, ge=0, le=1)  # best on training images
    seed_threshold: float = Field(0.5, ge=0, le=1)
    min_area_px: int = Field(15, ge=0)

    _net: Any = PrivateAttr(None)
    _device: str = PrivateAttr("cpu")

    def load(self, device: str) -> None:
        """Read the weights (safetensors) and check them against their card.

        Raises:
            MissingWeights: no weights of that name, or a damaged file.
        """
        from .weights import load_weights

        card, folder = find_card("unet", self.pretrained)
        self._net = load_weights(card.check(folder)).to(device)
        self._device = device

    def network(self, pixels: Pixels) -> Raw:
        """Class probabilities, float32 (3, Y, X), at the image's own size."""
        shape = (pixels.shape[-2], pixels.shape[-1])
        scale = OBJECT_PX / self.diameter_px if self.diameter_px else 1.0
        seen = resize(normalise(_colour(pixels)), scale)
        found = with_smaller_batches(lambda rows: self._in_strips(seen, rows), seen.shape[1], "strips of %d rows", 64)
        return {"probabilities": resize_back(found, shape)}

    def at(self, diameter_px: float | None) -> UNet:
        """The same model for another object size; it shares the loaded network."""
        return self.model_copy(update={"diameter_px": diameter_px})

    def objects(self, raw: Raw) -> Found:
        """Instances from the class probabilities."""
        from .to_labels import to_labels

        labels = to_labels(
            raw["probabilities"],
            mask_threshold=self.mask_threshold,
            seed_threshold=self.seed_threshold,
            min_area_px=self.min_area_px,
        )
        return labels, None

    def weights_of_network(self) -> dict[str, Any]:
        """The loaded network's tensors by name."""
        return dict(self._net.state_dict())

    def trainer(self) -> type[Trainer]:
        """How it is trained."""
        from .trainer import UNetTrainer

        return UNetTrainer

    @property
    def weights_checksum(self) -> str | None:
        """Checksum the card gives for the weights file; None where there are no weights of that name."""
        card = known_card("unet", self.pretrained)
        return None if card is None else card.sha256[:16]

    def _in_strips(self, pixels: Pixels, rows: int) -> NDArray[np.float32]:
        """The network on a (3, Y, X) image, about so many rows at a time; the same result as in one go."""
        from .net import STRIDE

        height = pixels.shape[1]
        rows += -rows % STRIDE  # so that every strip is pooled on the same grid
        strips = []
        for start in range(0, height, rows):
            first = max(0, start - MARGIN_PX)
            strip = self._forward(pixels[:, first : start + rows + MARGIN_PX])
            strips.append(strip[:, start - first : start - first + rows])
        return np.concatenate(strips, axis=1)[:, :height]

    def _forward(self, pixels: Pixels) -> NDArray[np.float32]:
        """The network on a (3, Y, X) image of any size: mirrored out to a multiple of its stride, and cut back."""
        import torch

        from .net import STRIDE

        height, width = pixels.shape[-2:]
        sides = ((0, 0), (0, -height % STRIDE), (0, -width % STRIDE))
        padded = np.pad(pixels, sides, mode="symmetric")
        with torch.inference_mode():
            batch = torch.from_numpy(padded[None]).to(self._device, memory_format=torch.channels_last)
            probabilities = self._net(batch).softmax(1)[0, :, :height, :width]
            return probabilities.float().cpu().numpy()


def _colour(pixels: Pixels) -> Pixels:
    """Three channels as they are, one if there are fewer; the rest cannot be used."""
    return pixels[:3] if len(pixels) >= 3 else pixels[:1].repeat(3, axis=0)
