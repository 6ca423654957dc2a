"""Plug-ins are found by scanning a folder: a plug-in's name is its file's name, and adding one edits nothing else."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from .choices import Either, combinations
from .errors import BadParameter, BrokenPlugin, MissingPackage, UnknownName

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


@dataclass(frozen=True)
class Need:
    """An optional package a plug-in imports: its import name and the extra of opsef-core that brings it."""

    module: str
    extra: str

    @property
    def installed(self) -> bool:
        """Whether the package can be found (it is not imported)."""
        return importlib.util.find_spec(self.module) is not None

    def check(self, what: str) -> None:
        """Raise `MissingPackage` unless installed."""
        if not self.installed:
            raise MissingPackage(what, self.module, self.extra)


class Registry(Generic[T]):
    """The plug-ins of one room.

    Every module or sub-package of the room whose name does not begin with an underscore is a plug-in file; it is
    imported when it is first asked for, and registers exactly one plug-in by the room's decorator.

    Args:
        kind: the word for one of them, as users read it ("step", "model").
        package: the room's dotted name.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind, self.package = kind, package
        self._found: dict[str, T] = {}
        self._home: dict[str, str] = {}

    def names(self) -> list[str]:
        """All names, sorted; nothing is imported for it but the room."""
        path = importlib.import_module(self.package).__path__
        changed = tuple(Path(p).stat().st_mtime_ns if Path(p).is_dir() else 0 for p in path)
        return sorted(_files(tuple(path), changed) | set(self._found))

    def get(self, name: str) -> T:
        """The plug-in of that name.

        Raises:
            UnknownName: nobody of that name; the nearest is offered.
            BrokenPlugin: its file fails or registers nothing.
        """
        if not isinstance(name, str) or not self._knows(name):
            raise UnknownName(self.kind, str(name), self.names())
        if name not in self._found:
            self._load(name)
        return self._found[name]

    def _knows(self, name: str) -> bool:
        if name in self._found or name in self.names():
            return True
        _files.cache_clear()  # a file may be younger than its folder's clock can tell
        return name in self.names()

    def _load(self, name: str) -> None:
        module = f"{self.package}.{name}"
        try:
            importlib.import_module(module)
        except Exception as error:  # whatever a file can do wrong
            self._found.pop(name, None)
            reason = f"{type(error).__name__}: {error}"
            raise BrokenPlugin(f"The {self.kind} {name!r} cannot be used, its file fails ({reason}).") from error
        if name not in self._found:
            raise BrokenPlugin(f"The file {module} registers no {self.kind}; begin its name with _ if it is none.")

    def add(self, plugin: T, module: str, own_name: str) -> str:
        """Register a plug-in and return its name: the file's in the room, its own outside (say, in a notebook)."""
        inside = module.startswith(self.package + ".")
        name = module.removeprefix(self.package + ".").split(".")[0] if inside else own_name
        home = f"{module}.{own_name}"
        if inside and name in self._found and self._home[name] != home:  # the same again is a file run anew
            raise TypeError(f"{module} registers a second {self.kind}; one plug-in a file.")
        self._found[name], self._home[name] = plugin, home
        return name

    def all(self) -> dict[str, T]:
        """Every plug-in by name, sorted."""
        return {name: self.get(name) for name in self.names()}

    def table(self, record_of: Callable[[T], type[BaseModel]]) -> pd.DataFrame:
        """One row a plug-in: its name, what it does (first line of its docstring), its parameters in words.

        A plug-in whose file is broken has the reason in its row.

        Args:
            record_of: gives the record of a plug-in's parameters.
        """
        import pandas as pd

        rows = []
        for name in self.names():
            try:
                record = record_of(self.get(name))
            except BrokenPlugin as error:
                rows.append((name, str(error), ""))
                continue
            what = (inspect.getdoc(record) or "").split("\n")[0]
            rows.append((name, what, "; ".join(in_words(p) for p in parameters_of(record))))
        return pd.DataFrame(rows, columns=[self.kind, "what it does", "parameters"])


@lru_cache
def _files(path: tuple[str, ...], changed: tuple[int, ...]) -> frozenset[str]:
    """Names of the plug-in files in these folders; scanned anew when a folder changed (a file came or went)."""
    return frozenset(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_"))


def parameters_of(record: type[BaseModel]) -> list[dict[str, Any]]:
    """The parameters of a record, as {"name", "type", "default", "required", "bounds", "choices"}.

    Bounds are words ("1 to 51", "> 0"), "" if there are none; choices a list, empty if any value of the type will do.

    Example:
        >>> class Blur(BaseModel):
        ...     sigma_px: float = 1.0
        >>> parameters_of(Blur)
        [{'name': 'sigma_px', 'type': 'number', 'default': 1.0, 'required': False, 'bounds': '', 'choices': []}]
    """
    schema = record.model_json_schema()
    return [
        {
            "name": name,
            "type": " or ".join(str(o.get("type", "any")) for o in _options(field)),
            "default": field.get("default"),
            "required": name in schema.get("required", ()),
            "bounds": ", ".join(filter(None, map(_bounds, _options(field)))),
            "choices": [value for o in _options(field) for value in o.get("enum", ())],
        }
        for name, field in schema.get("properties", {}).items()
    ]


def in_words(parameter: Mapping[str, Any]) -> str:
    """One parameter of `parameters_of` for people: "size_px = 3 (integer, 1 to 51)"."""
    given = "" if parameter["required"] else f" = {parameter['default']}"
    kind = ", ".join(map(str, parameter["choices"])) or parameter["type"]
    return f"{parameter['name']}{given} ({', '.join(filter(None, (kind, parameter['bounds'])))})"


def _options(field: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The schemas a parameter may follow; more than one for `int | None`."""
    options: list[Mapping[str, Any]] = field.get("anyOf", [field])
    return options


def _bounds(schema: Mapping[str, Any]) -> str:
    """The bounds in a JSON schema, in words."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    signs = ((">=", low), (">", above), ("<=", high), ("<", below))
    return " and ".join(f"{sign} {value:g}" for sign, value in signs if value is not None)


class Plugin(BaseModel):
    """Base of plug-ins that are frozen records of their parameters: models, passes, metrics, formats."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
    kind: ClassVar[str] = ""  # the word for one of them, and its key in a YAML file
    name: ClassVar[str] = ""

    @property
    def title(self) -> str:
        """For people: the name, and the parameters that differ from the defaults. Never parsed."""
        values = self.model_dump(mode="json", exclude_defaults=True)
        shown = ", ".join(f"{k}={v}" for k, v in values.items())
        return f"{self.name}({shown})" if shown else self.name

    def as_dict(self) -> dict[str, Any]:
        """{kind: name, parameter: value, ...}: how it stands in a YAML file; defaults are left out."""
        return {self.kind: self.name, **self.model_dump(mode="json", exclude_defaults=True)}


M = TypeVar("M", bound=BaseModel)


def build(kind: str, name: str, record: type[M], parameters: dict[str, Any]) -> M | Either:
    """Make a checked parameter record; an `either` among the parameters gives an `Either` of records.

    Raises:
        BadParameter: an unknown parameter (the nearest is offered) or an impossible value, in words.
    """
    made = [_one(kind, name, record, chosen) for chosen in combinations(parameters)]
    return (
        made[0]
        if len(made) == 1 and not any(isinstance(v, Either) for v in parameters.values())
        else Either(tuple(made))
    )


def _one(kind: str, name: str, record: type[M], parameters: dict[str, Any]) -> M:
    try:
        return record(**parameters)
    except ValidationError as error:
        raise BadParameter(explain(f"{kind} {name!r}", record, error)) from None


def explain(what: str, record: type[BaseModel], error: ValidationError) -> str:
    """A pydantic error as sentences a user can act on."""
    sentences = []
    for e in error.errors():
        where = ".".join(str(part) for part in e["loc"]) or "values"
        if e["type"] == "extra_forbidden":
            known = [f.alias or n for n, f in record.model_fields.items()]
            sentences.append(str(UnknownName(f"parameter of {what}", where, known)))
        elif e["type"] == "missing":
            sentences.append(f"{what} needs a value for {where}.")
        elif not e["loc"]:  # all values are possible, but not together
            sentences.append(f"{what}: {e['msg'].removeprefix('Value error, ')}.")
        else:
            message = e["msg"].removeprefix("Value error, ")
            sentences.append(f"{what}: {where} = {e['input']!r} is not possible: {message}.")
            if isinstance(e["input"], list | tuple) and what.startswith(("model '", "step '", "metric '")):
                sentences.append("Several values to try are either(a, b), in a file {either: [a, b]}.")
    return " ".join(sentences)
