"""StarDist 2D: star-convex polygons, for roundish nuclei."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr, model_validator

from ...errors import BadImage, MissingWeights
from ...registry import Need
from .. import _weights
from .._device import with_smaller_batches
from .._fit import Trainer
from .._grey import to_grey
from .._segmenter import Found, Pixels, Raw, Segmenter, segmenter
from . import folder as _folder

log = logging.getLogger(__name__)
FLOOR = 0.01  # candidates less probable than this are not kept between network and objects
SMALLEST_TILE_PX = 128


@segmenter
class StarDist(Segmenter):
    """StarDist: nuclei and other roundish objects, each a star-convex polygon with a probability.

    Schmidt et al. 2018 (doi 10.1007/978-3-030-00934-2_30), Weigert & Schmidt 2022
    (doi 10.1109/ISBIC56247.2022.9854534).
    The labels are those of the library's `predict_instances` with the same values, on the normalised image. Grey or
    colour is decided by the model: a grey model gets the luminance of a colour image, a colour model gets a grey image
    three times. The table of objects has the probability (`score`) and, for models with classes, `class_id`.

    Attributes:
        pretrained: the shipped weights; or "2D_versatile_fluo", "2D_versatile_he" or "2D_paper_dsb2018", downloaded by
            the library when first used; or the path of a model folder of your own.
        prob_thresh: objects less probable are dropped; None: the model's own threshold.
        nms_thresh: of two objects that overlap more than this the less probable is dropped; None: the model's own.
        scale: the network sees the image larger (or smaller, < 1) by this factor.
        low_percentile, high_percentile: these intensities become 0 and 1, for all channels together.
    """

    needs: ClassVar = (Need("stardist", "stardist"), Need("tensorflow", "stardist"), Need("tf_keras", "stardist"))
    cheap: ClassVar = frozenset({"prob_thresh", "nms_thresh"})
    search: ClassVar = {"prob_thresh": (0.1, 0.9), "nms_thresh": (0.1, 0.6)}
    library: ClassVar = "stardist"

    pretrained: str = "stardist-bbbc038"
    prob_thresh: float | None = Field(None, ge=FLOOR, lt=1)
    nms_thresh: float | None = Field(None, ge=0, lt=1)
    scale: float | None = Field(None, gt=0)
    low_percentile: float = Field(1.0, ge=0, le=100)
    high_percentile: float = Field(99.8, ge=0, le=100)

    _net: Any = PrivateAttr(None)
    _tf_device: str = PrivateAttr("/CPU:0")

    @model_validator(mode="after")
    def _possible(self) -> StarDist:
        if self.low_percentile >= self.high_percentile:
            raise ValueError("low_percentile must be less than high_percentile")
        return self

    def fetch(self) -> None:
        """Let the library download the model folder, unless it is here.

        Raises:
            MissingWeights: an unknown name or no network; says where the file can be had and where to put it.
        """
        _folder.fetch_folder(self.pretrained)

    def load(self, device: str) -> None:
        """Build the network and read its weights.

        Raises:
            MissingWeights: not on disk and not to be downloaded, damaged, or no 2D model.
        """
        with _folder.library():
            import tensorflow as tf
            from stardist.models import StarDist2D

            folder = _folder.fetch_folder(self.pretrained).resolve()
            _folder.read_config(folder)
            weights = _folder.weights_file(folder)
            self._tf_device = _tf_device(tf, device)
            try:
                with tf.device(self._tf_device):
                    self._net = StarDist2D(None, name=folder.name, basedir=str(folder.parent))
                    self._net.load_weights(weights.name)  # the library may have taken another, by its date
            except (OSError, ValueError, TypeError, KeyError) as error:
                raise MissingWeights(f"The StarDist model in {folder} cannot be loaded: {error}") from error
        own = self._net.thresholds
        log.info("The thresholds of %s are prob_thresh=%g, nms_thresh=%g.", self.pretrained, own.prob, own.nms)

    def network(self, pixels: Pixels) -> Raw:
        """All candidates: probability (n,), distance to the outline along each ray (n, rays), centre (n, 2) in px."""
        seen = self._normalised(self._channels(pixels))
        side = max(seen.shape[:2])
        found = with_smaller_batches(lambda px: self._candidates(seen, px), side, "tiles of %d px", SMALLEST_TILE_PX)
        own = self._net.thresholds
        raw = {
            "prob": found[0],
            "dist": found[1],
            "points": found[-1],
            "shape": np.array(pixels.shape[-2:]),
            "scale": np.array(self.scale or 1.0),
            "own_thresholds": np.array([own.prob, own.nms]),
        }
        return raw if len(found) == 3 else {**raw, "class_prob": found[2]}

    def objects(self, raw: Raw) -> Found:
        """Drop improbable candidates and the less probable of overlapping ones, draw the rest."""
        with _folder.library():
            from stardist.geometry import polygons_to_label
            from stardist.nms import non_maximum_suppression_sparse

        own_prob, own_nms = raw["own_thresholds"]
        keep = raw["prob"] > (own_prob if self.prob_thresh is None else self.prob_thresh)
        points, prob, dist, rows = non_maximum_suppression_sparse(
            raw["dist"][keep],
            raw["prob"][keep],
            raw["points"][keep],
            nms_thresh=float(own_nms if self.nms_thresh is None else self.nms_thresh),
        )
        back = float(1 / raw["scale"])
        labels = polygons_to_label(dist, points * back, prob=prob, shape=tuple(raw["shape"]), scale_dist=(back, back))
        table = pd.DataFrame({"score": prob}, index=pd.RangeIndex(1, len(prob) + 1, name="id"))
        if "class_prob" in raw:
            table["class_id"] = raw["class_prob"][keep][rows].argmax(axis=-1)
        return labels.astype(np.int32), table[table.index.isin(np.unique(labels))]  # some are hidden by others

    def weights_of_network(self) -> list[NDArray[Any]]:
        """The loaded network's arrays, in the library's order."""
        return list(self._net.keras_model.get_weights())

    def configuration(self) -> dict[str, Any]:
        """The library's configuration of the loaded network."""
        return {k: v for k, v in vars(self._net.config).items() if k not in ("n_dim", "n_channel_out", "axes")}

    def trainer(self) -> type[Trainer]:
        """How it is trained."""
        from .trainer import StarDistTrainer

        return StarDistTrainer

    @property
    def weights_checksum(self) -> str | None:
        """Checksum of configuration, weights and thresholds; None before they are on this machine."""
        folder = _folder.find_folder(self.pretrained)
        return None if folder is None else _weights.checksum(_folder.files(folder))

    def _channels(self, pixels: Pixels) -> NDArray[np.float32]:
        """The image as the model wants it: (Y, X), or (Y, X, C)."""
        wanted = int(self._net.config.n_channel_in)
        if wanted == len(pixels):
            return pixels[0] if wanted == 1 else np.moveaxis(pixels, 0, -1)
        if wanted == 1:
            log.info("%s is a grey model: it gets the %d channels as one.", self.pretrained, len(pixels))
            return to_grey(pixels)
        if len(pixels) == 1:
            log.info("%s is a model for %d channels: it gets the grey image repeated.", self.pretrained, wanted)
            return pixels[0][..., None].repeat(wanted, axis=-1)
        raise BadImage(
            f"stardist: the model {self.pretrained!r} takes images of {wanted} channels, this one has {len(pixels)}. "
            "Choose channels when reading the image, or another model."
        )

    def _normalised(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        from scipy.ndimage import zoom

        with _folder.library():
            from csbdeep.utils import normalize

        seen = normalize(seen, self.low_percentile, self.high_percentile)
        if self.scale is None:
            return seen
        return zoom(seen, (self.scale, self.scale, 1)[: seen.ndim], order=1)

    def _candidates(self, seen: NDArray[np.float32], tile_px: int) -> tuple[NDArray[Any], ...]:
        """The library's prediction, in tiles of about this size."""
        import tensorflow as tf

        n_tiles = tuple(-(-n // tile_px) for n in seen.shape[:2]) + (1,) * (seen.ndim - 2)
        axes = "YXC"[: seen.ndim]
        floor = min(FLOOR, float(self._net.thresholds.prob))
        with _folder.library(), tf.device(self._tf_device):
            found = self._net.predict_sparse(
                seen, prob_thresh=floor, axes=axes, n_tiles=n_tiles, show_tile_progress=False
            )
        return tuple(np.asarray(part) for part in found)


def _tf_device(tf: Any, device: str) -> str:
    """TensorFlow's name for a device; its memory is taken as needed, not all at once."""
    if device == "cpu":
        return "/CPU:0"
    there = tf.config.list_physical_devices("GPU")
    if not there:
        log.warning("TensorFlow sees no GPU; StarDist runs on the CPU.")
        return "/CPU:0"
    for gpu in there:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # TensorFlow is in use already
            log.debug("The memory of %s is already taken as it was set up before.", gpu.name)
    return f"/GPU:{device.partition(':')[2] or 0}"
