"""Consensus: several models segment the same image, and what most of them see stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field, field_serializer, field_validator

from ..data import Act, digest
from ._inner import as_entry, as_model
from ._segmenter import Found, Pixels, Raw, Segmenter, model, segmenter
from .tta.vote import seen, vote


def _members() -> tuple[Segmenter, ...]:
    return model("threshold"), model("threshold", threshold="li")


@segmenter
class Consensus(Segmenter):
    """Several models segment the image; an object is kept if most of them see it, drawn as most draw it.

    Costs as much as all of them together. Merged as the views of Moshkov et al. 2020 (doi 10.1038/s41598-020-61808-3),
    with models in place of views: objects of two models are the same if their IoU is above `match_iou`; a pixel belongs
    to an object if more than half of those that see the object have it. The table of objects has `votes` (models that
    saw it) and `score` (mean score times their part; a model without scores counts 1).

    Attributes:
        of: two or more models: `model("consensus", of=[model("unet"), model("stardist")])`, in a pipeline
            `{model: consensus, of: [{model: unet}, {model: stardist}]}`.
        match_iou: instances of two models with a larger IoU are the same object.
        presence: an object is kept if at least this part of the models sees it.
    """

    cheap: ClassVar = frozenset({"match_iou", "presence"})
    search: ClassVar = {"presence": (0.2, 1.0)}
    dimensions: ClassVar = (2,)

    of: tuple[Any, ...] = Field(default_factory=_members)
    match_iou: float = Field(0.5, ge=0.5, lt=1)
    presence: float = Field(0.51, gt=0, le=1)

    @field_validator("of", mode="before")
    @classmethod
    def _as_models(cls, value: Any) -> tuple[Segmenter, ...]:
        """Models, or how they stand in a file."""
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) < 2:
            raise ValueError("`of` is a list of two or more models, for example [model('unet'), model('stardist')]")
        return tuple(as_model(v) for v in value)

    @field_serializer("of")
    def _as_entries(self, of: tuple[Segmenter, ...]) -> list[dict[str, Any]]:
        return [as_entry(one) for one in of]

    @property
    def title(self) -> str:
        """Consensus of the other models' titles."""
        values = self.model_dump(exclude_defaults=True, exclude={"of"})
        return f"consensus({', '.join([*(m.title for m in self.of), *(f'{k}={v}' for k, v in values.items())])})"

    def as_dict(self) -> dict[str, Any]:
        """How it stands in a YAML file; defaults are left out, the other models' too."""
        return {**super().as_dict(), "of": [one.as_dict() for one in self.of]}

    def fetch(self) -> None:
        """The other models' weights."""
        for one in self.of:
            one.fetch()

    def load(self, device: str) -> None:
        """Load the other models."""
        for one in self.of:
            one.ready(device)

    def network(self, pixels: Pixels) -> Raw:
        """What each model's network returns."""
        return {f"{n}/{name}": a for n, one in enumerate(self.of) for name, a in one.network(pixels).items()}

    def objects(self, raw: Raw) -> Found:
        """Instances most models agree on."""
        each: list[dict[str, Any]] = [{} for _ in self.of]
        for key, array in raw.items():
            number, name = key.split("/", 1)
            each[int(number)][name] = array
        found = [seen(*one.objects(r)) for one, r in zip(self.of, each, strict=True)]
        return vote(found, self.match_iou, self.presence)

    @property
    def weights_checksum(self) -> str | None:
        """All checksums in one; None if no model has weights."""
        checksums = [one.weights_checksum for one in self.of]
        return digest(*checksums) if any(checksums) else None

    @property
    def untrained(self) -> bool:
        """Whether one of them runs on random weights."""
        return any(one.untrained for one in self.of)

    @property
    def trained_on(self) -> frozenset[str] | None:
        """What any of them was trained on; not known if it is not known of one."""
        listed = [one.trained_on for one in self.of]
        return None if None in listed else frozenset().union(*(some for some in listed if some is not None))

    @property
    def full_version(self) -> str:
        """Own version, and the other models'."""
        return "+".join([self.version, *(one.full_version for one in self.of)])

    @property
    def network_act(self) -> Act:
        """The other models' networks."""
        parameters = {"of": [one.network_act.__dict__ for one in self.of]}
        return Act("network", self.name, parameters, self.full_version, self.weights_checksum)
