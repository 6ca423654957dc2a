"""Test-time augmentation for any model: segment turned and mirrored views, and let them vote."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_serializer, field_validator, model_validator

from ...data import Act, Image
from .._inner import as_entry, as_model
from .._segmenter import Found, Pixels, Raw, Segmenter, model, segmenter
from .views import View, views
from .vote import seen, support, vote


def _threshold() -> Segmenter:
    made: Segmenter = model("threshold")
    return made


@segmenter
class TTA(Segmenter):
    """Test-time augmentation: another model on six or eight turned and mirrored views of the image, which then vote.

    Costs as many passes as there are views. Moshkov et al. 2020 (doi 10.1038/s41598-020-61808-3). The table of objects
    has `votes` (views that saw the object) and `score` (mean score times their part); few votes mark doubtful objects.

    Attributes:
        of: the model that segments the views: `model("tta", of=model("unet"))`, in a pipeline `{of: {model: unet}}`.
        views: 6 as in the paper (turns, two mirror images), or all 8.
        merge: "objects": instances are matched and voted on; "pixels": the network's probability maps are averaged and
            become objects once, for models that have such maps; "auto": pixels where that is possible.
        match_iou: instances of two views with a larger IoU are the same object.
        presence: with "objects", an object is kept if at least this part of the views sees it.
    """

    cheap: ClassVar = frozenset({"merge", "match_iou", "presence"})
    dimensions: ClassVar = (2,)

    of: Any = Field(default_factory=_threshold)
    views: Literal[6, 8] = 8
    merge: Literal["auto", "objects", "pixels"] = "auto"
    match_iou: float = Field(0.5, ge=0.5, lt=1)
    presence: float = Field(0.51, gt=0, le=1)

    @field_validator("of", mode="before")
    @classmethod
    def _as_model(cls, value: Any) -> Segmenter:
        """A model, or how one stands in a file."""
        made = as_model(value)
        if isinstance(made, TTA):
            raise ValueError("`of` is a model to run on the views, not test-time augmentation again")
        return made

    @model_validator(mode="after")
    def _possible(self) -> TTA:
        if self.merge == "pixels" and not self.of.maps:
            raise ValueError(f"{self.of.name} has no probability maps to average; use merge='objects'")
        return self

    @field_serializer("of")
    def _as_entry(self, of: Segmenter) -> dict[str, Any]:
        return as_entry(of)

    @property
    def title(self) -> str:
        """Tta of the other model's title."""
        values = self.model_dump(exclude_defaults=True, exclude={"of"})
        return f"tta({', '.join([self.of.title, *(f'{k}={v}' for k, v in values.items())])})"

    def as_dict(self) -> dict[str, Any]:
        """How it stands in a YAML file; defaults are left out, the other model's too."""
        return {**super().as_dict(), "of": self.of.as_dict()}

    def fetch(self) -> None:
        """The other model's weights."""
        self.of.fetch()

    def load(self, device: str) -> None:
        """Load the other model."""
        self.of.ready(device)

    def network(self, pixels: Pixels) -> Raw:
        """What the other model's network returns for each view."""
        return {
            f"{number}/{name}": array
            for number, view in enumerate(self._views)
            for name, array in self.of.network(view.there(pixels)).items()
        }

    def objects(self, raw: Raw) -> Found:
        """Instances all views agree on."""
        each = self._by_view(raw)
        found = [seen(*self._turned(v, r)) for v, r in zip(self._views, each, strict=True)]
        if self.merge == "objects" or (self.merge == "auto" and not self.of.maps):
            return vote(found, self.match_iou, self.presence)
        labels, table = self.of.objects(self._mean(each))
        merged = seen(labels, table)
        return merged.labels, support(merged, found, self.match_iou)

    def votes(self, image: Image, device: str = "cpu") -> NDArray[np.float32]:
        """(Y, X): the part of the views in which a pixel belongs to an object; far from 0 and 1 the model is unsure."""
        each = self._by_view(self.ready(device).network(self.pixels_of(image)))
        found = [self._turned(v, r)[0] > 0 for v, r in zip(self._views, each, strict=True)]
        return np.asarray(np.mean(found, axis=0), np.float32)

    @property
    def weights_checksum(self) -> str | None:
        """The other model's."""
        checksum: str | None = self.of.weights_checksum
        return checksum

    @property
    def untrained(self) -> bool:
        """Whether the other model runs on random weights."""
        return bool(self.of.untrained)

    @property
    def trained_on(self) -> frozenset[str] | None:
        """What the other model was trained on."""
        listed: frozenset[str] | None = self.of.trained_on
        return listed

    @property
    def full_version(self) -> str:
        """Own version, and the other model's."""
        return f"{self.version}+{self.of.full_version}"

    @property
    def network_act(self) -> Act:
        """The views, and the other model's network."""
        parameters = {"views": self.views, "of": self.of.network_act.__dict__}
        return Act("network", self.name, parameters, self.full_version, self.weights_checksum)

    @property
    def _views(self) -> tuple[View, ...]:
        return views(self.views)

    def _by_view(self, raw: Raw) -> list[Raw]:
        parts: list[dict[str, Any]] = [{} for _ in self._views]
        for key, array in raw.items():
            number, name = key.split("/", 1)
            parts[int(number)][name] = array
        return list(parts)

    def _turned(self, view: View, raw: Raw) -> Found:
        """A view's instances, turned back."""
        labels, table = self.of.objects(raw)
        return view.back(np.asarray(labels)), table

    def _mean(self, each: list[Raw]) -> Raw:
        """The probability maps, averaged; whatever else the network returned is that of the image as it is."""
        turned = [{k: v.back(r[k]) for k in self.of.maps} for v, r in zip(self._views, each, strict=True)]
        return {**each[0], **{k: np.mean([t[k] for t in turned], axis=0) for k in self.of.maps}}
