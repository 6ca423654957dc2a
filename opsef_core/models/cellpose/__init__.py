"""Cellpose, library major 3 (classic networks) or 4 (Cellpose-SAM); which one is decided when it is loaded."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, model_validator

from ...errors import BadImage, BadParameter, MissingWeights
from ...registry import Need
from .. import _weights
from .._device import with_smaller_batches
from .._fit import Trainer
from .._segmenter import Found, Pixels, Raw, Segmenter, segmenter
from . import file as _file

log = logging.getLogger(__name__)
BATCH = 8  # tiles at a time, the library's default
SMALLEST_PX = 16  # what the network sees is made at least this large, or the library fails
OPSEF_PX = 30.0  # the object size to which the ancestor's `scale` refers
NOWHERE = -100.0  # cell probability (logit) of a constant image: below every threshold


@segmenter
class Cellpose(Segmenter):
    """Cellpose: cells and nuclei of any shape, from flows that lead every pixel to its object's centre.

    Stringer et al. 2021 (doi 10.1038/s41592-020-01018-x); cyto3: Stringer & Pachitariu 2025
    (doi 10.1038/s41592-025-02595-5); Cellpose-SAM: Pachitariu et al. 2025 (doi 10.1101/2025.04.28.651001).
    The labels are those of the library's `CellposeModel.eval` with the same values. A constant image has no object.

    Attributes:
        pretrained: the shipped weights (Cellpose 3), or a name ("nuclei", "cyto3", ... with Cellpose 3; "cpsam" with
            Cellpose 4), downloaded by the library when it is first used, or the path of a model of your own.
        diameter_px: mean diameter of the objects in the image. None: with Cellpose 3 the size model finds it for each
            image if these weights have one (nuclei, cyto, cyto2, cyto3, or NAME_size.npy beside your own file), else it
            is the mean diameter of the objects the model was trained on; Cellpose 4 takes the image as it is.
        scale: the same as OpSeF wrote it, diameter_px = 30 / scale; only one of the two can be given.
        channel: index of the channel to segment. None: Cellpose 3 takes the mean of all channels, Cellpose 4 sees them
            all (it uses the first three).
        nucleus_channel: index of the channel with the nuclei, which helps to find cells.
        low_percentile, high_percentile: these intensities become 0 and 1.
        flow_threshold: objects whose flows differ more from those of the network are dropped; 0: keep all.
        cellprob_threshold: pixels above it belong to objects; less gives more and larger objects.
        min_area_px: smaller objects are dropped.
        max_size_fraction: objects larger than this part of the image are dropped.
        niter: steps along the flow; None: 200, more for large objects.
    """

    needs: ClassVar = (Need("cellpose", "cellpose"), Need("torch", "torch"))
    cheap: ClassVar = frozenset({"flow_threshold", "cellprob_threshold", "min_area_px", "max_size_fraction", "niter"})
    search: ClassVar = {"flow_threshold": (0.1, 2.0), "cellprob_threshold": (-4.0, 4.0), "min_area_px": (5, 60)}
    library: ClassVar = "cellpose"

    pretrained: str = "cellpose-bbbc038"
    diameter_px: float | None = Field(None, gt=0)
    scale: float | None = Field(None, gt=0)
    channel: int | None = Field(None, ge=0)
    nucleus_channel: int | None = Field(None, ge=0)
    low_percentile: float = Field(1.0, ge=0, le=100)
    high_percentile: float = Field(99.0, ge=0, le=100)
    flow_threshold: float = Field(0.4, ge=0)
    cellprob_threshold: float = Field(0.0, ge=-50, le=50)
    min_area_px: int = Field(15, ge=0)
    max_size_fraction: float = Field(0.4, gt=0, le=1)
    niter: int | None = Field(None, ge=1)

    _net: Any = PrivateAttr(None)
    _size: Any = PrivateAttr(None)

    @model_validator(mode="after")
    def _possible(self) -> Cellpose:
        if self.diameter_px is not None and self.scale is not None:
            raise ValueError("give diameter_px or scale (diameter_px = 30 / scale), not both")
        if self.nucleus_channel is not None and self.channel is None:
            raise ValueError("with nucleus_channel, say which channel shows the cells: channel")
        if self.low_percentile >= self.high_percentile:
            raise ValueError("low_percentile must be less than high_percentile")
        return self

    def fetch(self) -> None:
        """Let the library download the weights, and the size model where it is used, unless they are here.

        Raises:
            MissingWeights: an unknown name or no network; says where the file can be had and where to put it.
        """
        file = _file.fetch_file(self.pretrained)
        if self._uses_size_model:
            _file.fetch_size_file(self.pretrained, file)

    def load(self, device: str) -> None:
        """Read the weights.

        Raises:
            MissingWeights: not on disk and not to be downloaded, no tensors, or weights of the other major.
        """
        import torch
        from cellpose import models

        self.fetch()
        file = _file.fetch_file(self.pretrained)
        if file.suffix == ".safetensors":
            return self._load_safetensors(file, device)
        state = _file.check_state(file)
        on = {"gpu": device != "cpu", "device": torch.device(device), "pretrained_model": str(file)}
        if _file.major() == 3:
            on["nchan"] = state[_file.FIRST_LAYER].shape[1]
        self._net = models.CellposeModel(**on)
        size = _file.size_file(self.pretrained, file) if self._uses_size_model else None
        self._size = None
        if size is not None:
            self._size = models.SizeModel(self._net)
            self._size.params = _weights.read_array_dictionary(size)
            self._size.diam_mean = self._size.params["diam_mean"]

    def _load_safetensors(self, file: Path, device: str) -> None:
        """Weights of the zoo or of a fit: the classic network, and its size model if it has one."""
        if _file.major() != 3:
            raise MissingWeights(f"{file} holds weights of Cellpose 3; with Cellpose 4, choose pretrained='cpsam'.")
        import torch
        from cellpose import models

        from .net import load_net

        net, size = load_net(file)
        self._net = models.CellposeModel(
            gpu=device != "cpu", device=torch.device(device), pretrained_model=False, nchan=net.nchan
        )
        self._net.net.load_state_dict(net.state_dict())
        self._net.diam_mean, self._net.diam_labels = net.diam_mean.item(), net.diam_labels.item()
        self._size = None
        if size and self._uses_size_model:
            self._size = models.SizeModel(self._net)
            self._size.params, self._size.diam_mean = size, size["diam_mean"]

    def copy_of_network(self) -> Any:
        """The loaded classic network, on the CPU."""
        import torch
        from cellpose.resnet_torch import CPnet

        own = self._net.net
        net = CPnet(list(own.nbase), own.nout, own.sz, mkldnn=False, max_pool=True, diam_mean=self._net.diam_mean)
        tensors = {k: v.detach().to(torch.device("cpu")) for k, v in own.state_dict().items()}
        plain = {k: v.to_dense() if v.is_mkldnn else v for k, v in tensors.items()}  # a prediction packs them
        net.load_state_dict({**net.state_dict(), **plain})
        net.diam_mean.data.fill_(self._net.diam_mean)  # official "nuclei" weights do not say it themselves
        return net

    def trainer(self) -> type[Trainer]:
        """How it is trained."""
        from .trainer import CellposeTrainer

        return CellposeTrainer

    def network(self, pixels: Pixels) -> Raw:
        """Flows, float32 (2, Y, X), and cell probability (logit), (Y, X), at the image's own size."""
        seen = self._seen(pixels)
        shape = np.array(pixels.shape[-2:])
        if np.ptp(seen, axis=(1, 2)).max() == 0:
            return self._raw(np.zeros((2, *shape)), np.full(shape, NOWHERE), 1.0, shape)
        return with_smaller_batches(lambda batch: self._run(seen, shape, batch), BATCH)

    def objects(self, raw: Raw) -> Found:
        """Follow the flows, check them, drop what is too small or too large: the library's own dynamics."""
        import torch
        from cellpose import dynamics

        major, rescale = _file.major(), raw["rescale"][()]
        steps = 1 / rescale * 200 if major == 3 else int(200 / rescale)
        labels = dynamics.resize_and_compute_masks(
            raw["flows"],
            raw["cellprob"],
            niter=self.niter or steps,
            cellprob_threshold=self.cellprob_threshold,
            flow_threshold=self.flow_threshold,
            min_size=self.min_area_px,
            max_size_fraction=self.max_size_fraction,
            device=torch.device(str(raw["device"])),
            **({"interp": True} if major == 3 else {}),
        )
        height, width = raw["shape"]
        return labels[:height, :width].astype(np.int32), None

    @property
    def weights_checksum(self) -> str | None:
        """Checksum of the weights file and of the size model, if one is used; None before they are on this machine."""
        file = _file.find_file(self.pretrained)
        if file is None:
            return None
        size = _file.size_file(self.pretrained, file) if self._uses_size_model else None
        return _weights.checksum([file, *([size] if size else [])])

    @property
    def _uses_size_model(self) -> bool:
        if self.diameter_px is not None or self.scale is not None:
            return False
        return Need("cellpose", "cellpose").installed and _file.major() == 3

    def _seen(self, pixels: Pixels) -> Pixels:
        """The channels the network gets: (C, Y, X), a new array."""
        three = _file.major() == 3
        if self.channel is None:
            first = pixels.mean(axis=0, keepdims=True, dtype=np.float32) if three else pixels[:3].copy()
        else:
            chosen = [self.channel] + ([] if self.nucleus_channel is None else [self.nucleus_channel])
            if max(chosen) >= len(pixels):
                raise BadImage(
                    f"cellpose was asked for channel {max(chosen)}; the image has {len(pixels)} (0 is the first)."
                )
            first = pixels[chosen]
        if not three:
            return first
        if len(first) > self._net.nchan:
            raise BadParameter(f"The weights {self.pretrained!r} see one channel; leave nucleus_channel out.")
        missing = self._net.nchan - len(first)
        return np.concatenate([first, np.zeros((missing, *first.shape[1:]), np.float32)])

    def _run(self, seen: Pixels, shape: NDArray[np.int_], batch: int) -> Raw:
        """One pass of the network, no more than `batch` tiles at a time."""
        normalize = {
            "normalize": True,
            "percentile": [self.low_percentile, self.high_percentile],
            "norm3D": False,
            "invert": False,
        }
        common = {"channel_axis": 0, "normalize": normalize, "batch_size": batch}
        diameter = self._diameter(seen, common)
        rescale = self._rescale(diameter)
        padded = _at_least(seen, SMALLEST_PX / min(rescale, 1.0))
        _, flows, _ = self._net.eval(padded, diameter=diameter, compute_masks=False, **common)
        size = padded.shape[1:]
        return self._raw(flows[1].reshape(2, *size), flows[2].reshape(size), rescale, shape)

    def _diameter(self, seen: Pixels, common: dict[str, Any]) -> float | None:
        """Mean diameter to scale by: what was asked for, or what the size model finds; None without one."""
        if self.scale is not None:
            return OPSEF_PX / self.scale
        if self.diameter_px is not None or self._size is None:
            return self.diameter_px
        found = self._size.eval(_at_least(seen, SMALLEST_PX), **common)[0]
        log.info("The size model found a mean diameter of %.1f px.", found)
        return found

    def _rescale(self, diameter: float | None) -> float:
        """The factor by which the library will resize the image; rounded as there (float32), or `niter` may differ."""
        if _file.major() == 3:
            return self._net.diam_mean / (diameter or self._net.diam_labels)
        return OPSEF_PX / diameter if diameter else 1.0

    def _raw(self, flows: Any, cellprob: Any, rescale: float, shape: NDArray[np.int_]) -> Raw:
        return {
            "flows": np.ascontiguousarray(flows, np.float32),
            "cellprob": np.ascontiguousarray(cellprob, np.float32),
            "rescale": np.array(rescale),
            "shape": shape,
            "device": np.array(str(self._net.device)),
        }


def _at_least(pixels: Pixels, size_px: float) -> Pixels:
    """The image, continued by its mirror image to the right and below where it is smaller than this."""
    missing = [max(0, int(np.ceil(size_px)) - n) for n in pixels.shape[1:]]
    return np.pad(pixels, [(0, 0), *((0, m) for m in missing)], mode="symmetric") if any(missing) else pixels
