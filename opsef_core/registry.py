"""Plug-ins are found by scanning a folder: a plug-in's name is its file's name, and adding one edits nothing else."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from .choices import Either, combinations
from .errors import BadParameter, MissingPackage, UnknownName

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
        files = (m.name for m in pkgutil.iter_modules(path))
        return sorted({name for name in files if not name.startswith("_")} | set(self._found))

    def get(self, name: str) -> T:
        """The plug-in of that name.

        Raises:
            UnknownName: nobody of that name; the nearest is offered.
        """
        if name not in self._found:
            if not isinstance(name, str) or name not in self.names():
                raise UnknownName(self.kind, str(name), self.names())
            importlib.import_module(f"{self.package}.{name}")
        return self._found[name]

    def add(self, plugin: T, module: str, own_name: str) -> str:
        """Register a plug-in and return its name: the file's in the room, its own outside (say, in a notebook)."""
        inside = module.startswith(self.package + ".")
        name = module.removeprefix(self.package + ".").split(".")[0] if inside else own_name
        if inside and name in self._found:
            raise TypeError(f"{module} registers a second {self.kind}; one plug-in a file.")
        self._found[name] = plugin
        return name

    def all(self) -> dict[str, T]:
        """Every plug-in by name, sorted."""
        return {name: self.get(name) for name in self.names()}


M = TypeVar("M", bound=BaseModel)


def build(kind: str, name: str, record: type[M], parameters: dict[str, Any]) -> M | Either:
    """Make a checked parameter record; an `either` among the parameters gives an `Either` of records.

    Raises:
        BadParameter: an unknown parameter (the nearest is offered) or an impossible value, in words.
    """
    made = [_one(kind, name, record, chosen) for chosen in combinations(parameters)]
    return made[0] if len(made) == 1 and not any(isinstance(v, Either) for v in parameters.values()) else Either(tuple(made))


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
        else:
            message = e["msg"].removeprefix("Value error, ")
            sentences.append(f"{what}: {where} = {e['input']!r} is not possible: {message}.")
    return " ".join(sentences)
