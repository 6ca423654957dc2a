"""Training of StarDist 2D by the library's own trainer, block by block."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...atomic import write_whole
from ...errors import BadImage, BadParameter
from .._fit import Trainer
from .._fit._crops import DIAMETERS_PX, Crops
from .._fit._trainer import Tensors
from .._normalise import PERCENTILES
from .folder import library

WEIGHTS, CONFIG, THRESHOLDS = "weights_best.h5", "config.json", "thresholds.json"
CROP_PX = 256
AVERAGE = 0.998  # decay of the running average of the weights
TUNED_ON = 40  # training images the thresholds are set on


class StarDistTrainer(Trainer):
    """Crops of 256 px at 8 to 80 px an object, three channels; a block is one call of the library's `train`."""

    steps: ClassVar[int] = 8000
    learning_rate: ClassVar[float] = 1e-3
    batch: ClassVar[int] = 4
    crop_px: ClassVar[int] = CROP_PX

    def begin(self, start: Any | None) -> None:
        """The library's network with its optimiser; from weights, with their configuration.

        Raises:
            BadImage: examples of 2 or more than 3 channels.
            BadParameter: weights for other channels, or that also tell classes.
        """
        with library():
            import tensorflow as tf
            import tf_keras
            from stardist.models import Config2D, StarDist2D

            tf_keras.utils.set_random_seed(self.seed)
            never: dict[str, Any] = {
                "train_checkpoint": None,
                "train_checkpoint_last": None,
                "train_checkpoint_epoch": None,
            }
            own = {"train_batch_size": self.batch, "train_patch_size": (self.crop_px,) * 2, "train_reduce_lr": None}
            facts = {"n_rays": 32, "grid": (2, 2), "n_channel_in": 3, "unet_batch_norm": True}
            facts = facts if start is None else start.configuration()
            never |= {"train_tensorboard": False, "train_sample_cache": False, "use_gpu": False}
            config = Config2D(**{**facts, **own, **never})
            self._check(config)
            self._tf, self._keras = tf, tf_keras
            with self._on_device():
                self.net = StarDist2D(config, basedir=None)
                self.net.prepare_for_training(tf_keras.optimizers.Adam(self.learning_rate))
                if start is not None:
                    self.net.keras_model.set_weights(start.weights_of_network())
                self.net.keras_model.optimizer.build(self.net.keras_model.trainable_variables)
        self.mean = self.net.keras_model.get_weights()
        self.crops = Crops(self.examples, self.seed, self.crop_px)

    def _check(self, config: Any) -> None:
        """Refuse what the network has no place for."""
        if config.n_classes is not None:
            raise BadParameter("These StarDist weights also tell classes; only weights without classes can be fitted.")
        if config.n_channel_in not in (1, 3):
            raise BadParameter(f"These StarDist weights take {config.n_channel_in} channels; 1 or 3 can be fitted.")
        for image in (e.image for e in self.examples):
            if (channels := image.shape.get("C", 1)) not in (1, 3):
                raise BadImage(
                    f"{image.name} has {channels} channels; StarDist is fitted to images of 1 or 3. "
                    "Choose channels when reading the images (channel=0)."
                )

    def _on_device(self) -> Any:
        """TensorFlow takes a GPU by itself if there is one; keep it to what was asked for."""
        return self._tf.device("/CPU:0") if self.device == "cpu" else contextlib.nullcontext()

    def block(self, first: int, steps: int, rate: Callable[[int], float]) -> float:
        """One epoch of the library's trainer on fresh crops, each seen once."""
        crops = [self.crops[first * self.batch + i] for i in range(steps * self.batch)]
        x = [self._channels(c.pixels) for c in crops]
        y = [_renumbered(c.labels) for c in crops]
        self.net.callbacks = [self._each_step(first, rate)]
        with library(), self._on_device():
            history = self.net.train(
                x, y, validation_data=(x[:1], y[:1]), seed=self.seed + first, epochs=1, steps_per_epoch=steps
            )
        return float(history.history["loss"][0])

    def _channels(self, pixels: Any) -> Any:
        """A (3, Y, X) crop as the network takes it."""
        return pixels.mean(0) if self.net.config.n_channel_in == 1 else np.moveaxis(pixels, 0, -1)

    def _each_step(self, first: int, rate: Callable[[int], float]) -> Any:
        """Sets the learning rate before each step and updates the average after it."""
        trainer, keras = self, self._keras

        class EachStep(keras.callbacks.Callback):  # type: ignore[name-defined]
            """What happens around each optimiser step."""

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                """Set the learning rate."""
                keras.backend.set_value(self.model.optimizer.learning_rate, rate(first + batch))

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                """Update the running average."""
                decay = min(AVERAGE, (2 + first + batch) / (11 + first + batch))
                for mean, new in zip(trainer.mean, self.model.get_weights(), strict=True):
                    mean *= decay
                    mean += (1 - decay) * new

        return EachStep()

    def state(self) -> Tensors:
        """Network, its running average, and what the optimiser remembers."""
        state = {f"net.{i:03}": w for i, w in enumerate(self.net.keras_model.get_weights())}
        state |= {f"mean.{i:03}": w for i, w in enumerate(self.mean)}
        optimiser = self.net.keras_model.optimizer.variables
        return state | {f"optimiser.{i:03}": np.asarray(v.numpy()) for i, v in enumerate(optimiser)}

    def restore(self, state: Tensors) -> None:
        """Go on from there."""
        parts = {k: [state[n] for n in sorted(state) if n.startswith(k)] for k in ("net.", "mean.", "optimiser.")}
        self.net.keras_model.set_weights(parts["net."])
        self.mean = [np.array(w) for w in parts["mean."]]
        for variable, value in zip(self.net.keras_model.optimizer.variables, parts["optimiser."], strict=True):
            variable.assign(value)

    def write(self, folder: Path) -> str:
        """A model folder as the library writes it, with the averaged weights; its usual thresholds."""
        config = {k: v for k, v in vars(self.net.config).items() if not k.startswith("_")}
        write_whole(folder / CONFIG, json.dumps(config, default=_plain, indent=1).encode())
        write_whole(folder / THRESHOLDS, json.dumps({"prob": 0.5, "nms": 0.4}).encode())
        trained = self.net.keras_model.get_weights()
        self.net.keras_model.set_weights(self.mean)
        self.net.keras_model.save_weights(folder / WEIGHTS, save_format="h5")
        self.net.keras_model.set_weights(trained)
        return WEIGHTS

    def finish(self, folder: Path) -> None:
        """The best network's thresholds, set on training images by the library; of a broken one the usual ones."""
        from .._normalise import normalise

        with_objects = [e for e in self.examples if e.truth.count]
        rng = np.random.default_rng(self.seed)
        chosen = rng.choice(len(with_objects), min(TUNED_ON, len(with_objects)), replace=False)
        some = [with_objects[i] for i in sorted(chosen)]
        with library(), self._on_device():
            self.net.keras_model.load_weights(folder / WEIGHTS)
            if not all(np.isfinite(w).all() for w in self.net.keras_model.get_weights()):
                return  # a training that went astray
            found = self.net.optimize_thresholds(
                [self._channels(normalise(e.pixels())) for e in some],
                [e.truth.compact() for e in some],
                iou_threshs=[0.5, 0.6, 0.7, 0.8, 0.9],
                save_to_json=False,
                optimize_kwargs={"verbose": 0},
            )
        write_whole(folder / THRESHOLDS, json.dumps({k: float(v) for k, v in found.items()}).encode())

    def about(self) -> dict[str, Any]:
        """Architecture and input."""
        config = self.net.config
        return {
            "architecture": f"StarDist 2D, {config.n_rays} rays, grid {config.grid[0]}, U-Net of depth "
            f"{config.unet_n_depth} with {config.unet_n_filter_base} filters{', batch norm' * config.unet_batch_norm}",
            "input": {
                "object_diameter_px": list(DIAMETERS_PX),
                "channels": config.n_channel_in,
                "normalisation": f"percentiles {PERCENTILES[0]:g} and {PERCENTILES[1]:g} over all channels to 0 and 1",
            },
        }


def _renumbered(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """The same objects numbered without gaps: the library keeps ids in 16 bits."""
    return np.unique(ids, return_inverse=True)[1].reshape(ids.shape).astype(np.int32) + np.int32(ids.min() > 0)


def _plain(value: Any) -> Any:
    """Numbers and tuples that JSON does not know."""
    return value.item() if isinstance(value, np.generic) else list(value)
