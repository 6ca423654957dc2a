"""What a run is, as a file: the YAML of `pipelines/`, of `run.save()`, and of every run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..choices import Either, either, flat
from ..errors import BadConfig, BadParameter
from ..models import Segmenter, model
from ..postprocess import Pass, clean
from ..preprocess import Recipe, grid, step
from ..registry import explain

FORMAT = 1


def _only_raw() -> list[list[dict[str, Any]]]:
    return [[]]


class RunConfig(BaseModel):
    """A sweep: which images, which recipes, which models, which passes.

    Attributes:
        format: version of this layout; another one is refused.
        title: what people call the run.
        dataset: name or folder of a data set; or
        images: folder, pattern, path, or a list of these.
        reading: options of reading: tile, overlap, channel, project, z, t, bin, ...
        recipes: a list of recipes, each a list of `{step: name, ...}`; or `{grid: [...]}` with alternatives as
            `{either: [...]}` in place of an entry or of a value.
        models: list of `{model: name, ...}`; `either` as above.
        passes: list of `{pass: name, ...}`, run on every result in this order.
        metrics: names of the metrics to score with.
        seed: of everything random.
        device: auto, cpu, cuda, mps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    title: str | None = None
    dataset: str | None = None
    images: str | list[str] | None = None
    reading: dict[str, Any] = Field(default_factory=dict)
    recipes: list[list[dict[str, Any]]] | dict[str, list[Any]] = Field(default_factory=_only_raw)
    models: list[dict[str, Any]] = Field(min_length=1)
    passes: list[dict[str, Any]] = Field(default_factory=list)
    metrics: list[str] = Field(default_factory=lambda: ["dsb_score", "ap50", "f1"])
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

    @classmethod
    def load(cls, path: str | Path) -> RunConfig:
        """Read and check a YAML file.

        Raises:
            BadConfig: no file, no YAML, an unknown key (the nearest is offered), another format version.
        """
        return cls.of(read_yaml(Path(path), cls), str(path))

    @classmethod
    def of(cls, values: Any, where: str = "the pipeline") -> RunConfig:
        """Check values that were read from a file.

        Raises:
            BadConfig: see `load`.
        """
        checked_layout(values, cls, where)
        if "examples" in values:
            raise BadConfig(f"{where} is no sweep: it belongs to opsef train (or opsef tune).")
        return checked_record(cls, values, where)

    def to_yaml(self) -> str:
        """The YAML text; what has its default value is left out, but for the format."""
        values = {"format": self.format, **self.model_dump(mode="json", exclude_defaults=True)}
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)

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


def read_yaml(path: Path, record: type[BaseModel]) -> Any:
    """The mapping in a YAML file.

    Raises:
        BadConfig: no file, no YAML, no mapping, another format version.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf8"))
    except FileNotFoundError:
        raise BadConfig(f"There is no pipeline file {path}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise BadConfig(f"{path} is not readable as YAML: {error}") from None
    checked_layout(values, record, str(path))
    return values


def checked_layout(values: Any, record: type[BaseModel], where: str) -> None:
    """Refuse what is no mapping, or of another format version.

    Raises:
        BadConfig: see `read_yaml`.
    """
    if not isinstance(values, Mapping):
        raise BadConfig(f"{where} must be a YAML mapping with the keys {', '.join(record.model_fields)}.")
    if values.get("format", FORMAT) != FORMAT:
        raise BadConfig(
            f"{where} has format {values['format']!r}; this version of opsef-core reads format {FORMAT}. "
            "Use the version of opsef-core that wrote it, or write the pipeline anew."
        )


R = TypeVar("R", bound=BaseModel)


def checked_record(record: type[R], values: Mapping[str, Any], where: str) -> R:
    """A record from values, or what is wrong with them in words.

    Raises:
        BadConfig: an unknown key (the nearest is offered), a missing or an impossible value.
    """
    try:
        return record(**values)
    except ValidationError as error:
        raise BadConfig(explain(where, record, error)) from None


def as_config(recipes: Sequence[Recipe], models: Sequence[Segmenter], passes: Sequence[Pass], **rest: Any) -> RunConfig:
    """The configuration that describes these objects."""
    return RunConfig(
        recipes=[r.as_list() for r in recipes],
        models=[m.as_dict() for m in models],
        passes=[p.as_dict() for p in passes],
        **rest,
    )


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
