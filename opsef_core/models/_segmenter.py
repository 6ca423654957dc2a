"""The contract of a model: a callable from an array to instances.

A model's file (or sub-package) holds one class decorated with `@segmenter`. It is a frozen pydantic record whose
fields are its parameters, with units in their names. What the class does:

- `fetch()`: brings the weights onto this machine, if they are to be downloaded; called before anything is keyed;
- `load(device)`: imports the heavy library and reads the weights into private attributes; called once a process;
- `network(pixels)`: the expensive part; returns named arrays, all that `objects` needs;
- `objects(raw)`: the cheap part: from network output to (label image, table of objects or None). It works without
  `load`, on what another instance's `network` returned: that is how a sweep shares one network pass.

Parameters listed in `cheap` are used by `objects` alone, so the sweep runs the network once for all their values.
Spans in `search` are where good values of cheap parameters are looked for, unless the user says otherwise.
Arrays listed in `maps` are what `network` returns as (..., Y, X) probabilities: test-time augmentation averages them.

Pixels come as float32 (C, Y, X), C = 1 grey, 3 colour; or (C, Z, Y, X) if the class lists 3 in `dimensions`.
Values are whatever the recipe left: a model normalises for itself. Labels go out as int32, 0 = background, of the
spatial shape that came in; no object is a fine result. A table has one row an object, index = id.

A model is its parameters: two are equal when those are, loaded or not, and a pickle (for another process) holds
nothing else; it is loaded again where it arrives.

Tiling, batching over images, caching, filtering and naming are never inside a model.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import PrivateAttr

from ..data import Act, Image, Labels
from ..errors import BadImage, BadLabels, BadParameter
from ..registry import Need, Plugin, Registry, build
from ._fit import Example, Examples, Trainer, fit
from ._trained_on import trained_on

Pixels = NDArray[np.float32]
Raw = Mapping[str, NDArray[Any]]
Found = tuple[NDArray[Any], pd.DataFrame | None]


class Segmenter(Plugin):
    """Base of all models; see the top of this file for the contract."""

    kind: ClassVar[str] = "model"
    needs: ClassVar[tuple[Need, ...]] = ()
    cheap: ClassVar[frozenset[str]] = frozenset()
    maps: ClassVar[frozenset[str]] = frozenset()
    search: ClassVar[Mapping[str, tuple[float, float] | list[Any]]] = {}
    dimensions: ClassVar[tuple[int, ...]] = (2,)
    version: ClassVar[str] = "1"
    library: ClassVar[str | None] = None  # distribution whose version decides the result, too

    _loaded_on: str | None = PrivateAttr(None)

    # --- what a model's file fills in -------------------------------------------------------------------------

    def fetch(self) -> None:
        """Download the weights unless they are on this machine. Default: nothing to download.

        Raises:
            MissingWeights: they are not on disk and cannot be had.
        """

    def load(self, device: str) -> None:
        """Import the library and read the weights. Default: nothing to load.

        Raises:
            MissingWeights: they are not on disk and cannot be had.
        """

    def network(self, pixels: Pixels) -> Raw:
        """The expensive part. Default: none, the pixels themselves."""
        return {"pixels": pixels}

    def objects(self, raw: Raw) -> Found:
        """The cheap part: instances from what `network` returned."""
        raise NotImplementedError

    @property
    def weights_checksum(self) -> str | None:
        """Checksum of the weights file, known without loading it; None without weights, or before `fetch` got them."""
        return None

    @property
    def trained_on(self) -> frozenset[str] | None:
        """Fingerprints of the images its weights were trained on; empty: of none; None: not known, which is not none.

        Default: what the list beside the weights called `pretrained` says (see `_trained_on.py`), else not known.

        Raises:
            BadConfig: that list cannot be understood.
        """
        return trained_on(self.name, getattr(self, "pretrained", None))

    @property
    def untrained(self) -> bool:
        """Whether it would run on random weights."""
        return False

    def trainer(self) -> Callable[[Sequence[Example], str, int], Trainer]:
        """What makes its trainer from examples, device and seed (see `_fit/_trainer.py`). Default: nothing to train.

        Raises:
            BadParameter: this model does not learn.
        """
        raise BadParameter(f"The model {self.name!r} has nothing to learn from images; it cannot be fitted.")

    # --- what everybody uses ----------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self).__name__, repr(sorted(self.__dict__.items()))))

    def __getstate__(self) -> dict[Any, Any]:
        unloaded = {name: default.get_default() for name, default in self.__private_attributes__.items()}
        return {**super().__getstate__(), "__pydantic_private__": unloaded}

    @property
    def loaded_on(self) -> str:
        """The device it is loaded on; "cpu" before it is."""
        return self._loaded_on or "cpu"

    def check_installed(self) -> None:
        """Whether its packages are there.

        Raises:
            MissingPackage: one is not; with the way out.
        """
        for need in self.needs:
            need.check(f"The model {self.name!r}")

    def ready(self, device: str = "cpu") -> Segmenter:
        """Load, unless loaded on this device already; returns itself.

        Raises:
            MissingPackage, MissingWeights: with the way out.
        """
        if self._loaded_on != device:
            self.check_installed()
            self.load(device)
            self._loaded_on = device
        return self

    def __call__(self, image: Image, device: str = "cpu") -> Labels:
        """Segment one image (axes YX, CYX; with Z where the model can): network, then objects."""
        pixels = self.pixels_of(image)
        return self.labels_from(image, self.ready(device).network(pixels))

    def fit(
        self,
        examples: Examples,
        folder: str | Path | None = None,
        *,
        validation: Examples | None = None,
        device: str = "auto",
        progress: bool = True,
        **plan: Any,
    ) -> Segmenter:
        """Train on annotated images and return the better of the fitted model and this one; says which it is.

        `opsef_core.fit` takes the same and returns scores, curves and both models.

        Args:
            examples: a data set, or pairs of image (YX or CYX) and labels.
            folder: of the fitted model; None: `models/<family>-<checksum of the examples>`.
            validation: what judges the fit; None: a fifth of the examples is held out.
            device: "auto", "cpu", "cuda", "mps".
            progress: show a progress bar, and what came out.
            **plan: `steps`, `hours`, `scratch`, `seed`, ... as in `Plan`.
        """
        return fit(self, examples, folder, validation=validation, device=device, progress=progress, **plan).model

    def labels_from(self, image: Image, raw: Raw) -> Labels:
        """Labels of an image from what `network` returned for it."""
        labels, table = self.objects(raw)
        if np.asarray(labels).dtype.kind not in "ui":
            raise BadLabels(f"{image.name}: {self.name} returned labels of type {np.asarray(labels).dtype}.")
        return Labels.of(image, labels, self.act, table)

    def pixels_of(self, image: Image) -> Pixels:
        """The array `network` takes, from an image.

        Raises:
            BadImage: a time series, or a stack for a model that segments planes only.
        """
        spatial = 3 if "Z" in image.axes else 2
        if "T" in image.axes:
            raise BadImage(f"{image.name} is a time series; choose a time point when reading it (t=0).")
        if spatial not in self.dimensions:
            raise BadImage(
                f"{image.name} is a stack, and {self.name} segments planes only; project it when reading "
                "(project='max') or choose a plane (z=0)."
            )
        pixels = image.checked().array().astype(np.float32, copy=False)
        return pixels if "C" in image.axes else pixels[None]

    @property
    def act(self) -> Act:
        """What goes into the history: all parameters, version, weights."""
        return Act("model", self.name, self.model_dump(mode="json"), self.full_version, self.weights_checksum)

    @property
    def network_act(self) -> Act:
        """The same without the cheap parameters: equal for models that share one network pass."""
        parameters = self.model_dump(mode="json", exclude=set(self.cheap))
        return Act("network", self.name, parameters, self.full_version, self.weights_checksum)

    @property
    def full_version(self) -> str:
        """Own version, and the library's where one decides the result."""
        if self.library is None:
            return self.version
        try:
            return f"{self.version}+{self.library}-{importlib.metadata.version(self.library)}"
        except importlib.metadata.PackageNotFoundError:
            return self.version


MODELS: Registry[type[Segmenter]] = Registry("model", "opsef_core.models")


def segmenter(cls: type[Segmenter]) -> type[Segmenter]:
    """Register a model class; its name is its file's name."""
    cls.name = MODELS.add(cls, cls.__module__, cls.__name__.lower())
    unknown = cls.cheap - set(cls.model_fields)
    if unknown:
        raise TypeError(f"{cls.__name__}.cheap names no parameter of it: {sorted(unknown)}")
    return cls


def model(name: str, /, **parameters: Any) -> Any:
    """A segmentation model by name, for example `model("cellpose", diameter_px=30)`.

    A parameter may be an `either`: the result is then an `Either` of models.

    Raises:
        UnknownName: no model of that name; the nearest is offered.
        BadParameter: a parameter that does not exist or cannot have this value.
    """
    return build("model", name, MODELS.get(name), parameters)
