"""What a run is, as a file: the YAML of `pipelines/`, of `run.save()`, and of every run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import Field, model_validator

from ..choices import Either, either, flat
from ..errors import BadConfig, BadParameter
from ..ingest import is_dataset
from ..models import Segmenter, model
from ..postprocess import Pass, clean
from ..preprocess import Recipe, grid, step
from .written import Written


def _only_raw() -> list[list[dict[str, Any]]]:
    return [[]]


def _first_metrics() -> list[str | dict[str, Any]]:
    return ["dsb_score", "ap50", "f1"]


class RunConfig(Written):
    """A sweep: which images, which recipes, which models, which passes.

    Attributes:
        title: what people call the run.
        dataset: name or folder of a data set; or
        images: folder, pattern, path, or a list of these. `.` and `./...` begin at the folder of the pipeline's file.
        reading: options of reading: tile, overlap, channel, project, z, t, bin, ...
        recipes: a list of recipes, each a list of `{step: name, ...}`; or `{grid: [...]}` with alternatives as
            `{either: [...]}` in place of an entry or of a value.
        models: list of `{model: name, ...}`; `either` as above.
        passes: list of `{pass: name, ...}`, run on every result in this order.
        metrics: what to score with: names, or `{metric: name, ...}` with parameters.
        seed: of everything random.
        device: auto, cpu, cuda, mps.
    """

    command: ClassVar = "run"
    told_by: ClassVar = frozenset({"models", "recipes"})

    title: str | None = None
    dataset: str | None = None
    images: str | list[str] | None = None
    reading: dict[str, Any] = Field(default_factory=dict)
    recipes: list[list[dict[str, Any]]] | dict[str, list[Any]] = Field(default_factory=_only_raw)
    models: list[dict[str, Any]] = Field(min_length=1)
    passes: list[dict[str, Any]] = Field(default_factory=list)
    metrics: list[str | dict[str, Any]] = Field(default_factory=_first_metrics)
    seed: int = Field(0, ge=0)
    device: str = "auto"

    @model_validator(mode="after")
    def _one_source(self) -> RunConfig:
        if self.dataset and self.images:
            raise ValueError("give `dataset` or `images`, not both")
        if isinstance(self.recipes, dict) and set(self.recipes) != {"grid"}:
            raise ValueError("`recipes` is a list of recipes, or {grid: [...]}")
        return self

    # --- from and to YAML -------------------------------------------------------------------------------------

    def to_yaml(self) -> str:
        """The YAML text; what has its default value is left out, but for the format."""
        values = {"format": self.format, **self.model_dump(mode="json", exclude_defaults=True)}
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)

    def beside(self, folder: Path) -> RunConfig:
        """The same; a data set or images written `.` or `./...` lie in this folder, that of the pipeline's file."""
        where = {"dataset": self.dataset, "images": self.images}
        return self.model_copy(update={key: _beside(value, folder) for key, value in where.items()})

    def on(self, data: str | Path | None = None, *, device: str | None = None, title: str | None = None) -> RunConfig:
        """The same sweep on other images, on another device, or called otherwise; what is None stays.

        Args:
            data: what `ingest.load` takes: a data set by name or folder; a folder, file or pattern of images. Where the
                files of the pipeline's own data set lie (`folder`) is forgotten.
            device: auto, cpu, cuda, mps.
            title: what people call the run.
        """
        changes: dict[str, Any] = {"device": device or self.device, "title": title or self.title}
        if data is not None:
            kind, other = ("dataset", "images") if is_dataset(data) else ("images", "dataset")
            reading = {k: v for k, v in self.reading.items() if k != "folder"}
            changes |= {kind: str(data), other: None, "reading": reading}
        return RunConfig.of({**self.model_dump(), **changes})

    # --- what the names stand for -----------------------------------------------------------------------------

    def made_recipes(self) -> list[Recipe]:
        """The recipes, alternatives multiplied out."""
        if isinstance(self.recipes, dict):
            return grid(*(_place(entry) for entry in self.recipes["grid"]))
        return [Recipe.from_list(entries) for entries in self.recipes]

    def made_models(self) -> list[Segmenter]:
        """The models, alternatives multiplied out."""
        return list(flat(model(_name(e, "model"), **_parameters(e, "model")) for e in self.models))

    def made_passes(self) -> list[Pass]:
        """The passes."""
        return list(flat(clean(_name(e, "pass"), **_parameters(e, "pass")) for e in self.passes))


def as_config(recipes: Sequence[Recipe], models: Sequence[Segmenter], passes: Sequence[Pass], **rest: Any) -> RunConfig:
    """The configuration that describes these objects."""
    return RunConfig(
        recipes=[r.as_list() for r in recipes],
        models=[m.as_dict() for m in models],
        passes=[p.as_dict() for p in passes],
        **rest,
    )


def _beside(where: str | list[str] | None, folder: Path) -> str | list[str] | None:
    """Paths with those that begin at `.` in the folder; others as they are."""
    if isinstance(where, list):
        return [str(_beside(entry, folder)) for entry in where]
    return str(folder / where) if where is not None and (where == "." or where.startswith("./")) else where


def _place(entry: Any) -> Any:
    """One place of a grid: null, a step, or {either: [...]} of these."""
    if entry is None:
        return None
    if isinstance(entry, Mapping) and set(entry) == {"either"}:
        return either(*(_place(option) for option in entry["either"]))
    return step(_name(entry, "step"), **_parameters(entry, "step"))


def _name(entry: Any, kind: str) -> str:
    if not isinstance(entry, Mapping) or not isinstance(entry.get(kind), str):
        raise BadConfig(f"An entry must look like {{{kind}: name, parameter: value}}, not {entry!r}.")
    return str(entry[kind])


def _parameters(entry: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {str(k): _value(v) for k, v in entry.items() if k != kind}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping) and set(value) == {"either"}:
        if not isinstance(value["either"], list):
            raise BadParameter(f"`either` needs a list of alternatives, not {value['either']!r}.")
        return Either(tuple(value["either"]))
    return value
