"""The contract of a pass: labels -> labels, nothing lost on the way but what it is for.

A pass's file holds one frozen pydantic record decorated with `@labels_pass`; its fields are its parameters. `run` gets
the labels and the image they belong to (the unprocessed one, unless the caller gives another), and returns new labels.
Kept objects keep their ids. Limits are inclusive, and None means no limit. Passes run on stored labels, so they can
be changed and run again without segmenting again.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..data import Act, Image, Labels
from ..registry import Plugin, Registry, build


class Pass(Plugin):
    """Base of all passes; see the top of this file for the contract."""

    kind: ClassVar[str] = "pass"
    version: ClassVar[str] = "1"

    def run(self, labels: Labels, image: Image) -> Labels:
        """New labels."""
        raise NotImplementedError

    @property
    def act(self) -> Act:
        """What goes into the history."""
        return Act("pass", self.name, self.model_dump(mode="json"), self.version)


PASSES: Registry[type[Pass]] = Registry("pass", "opsef_core.postprocess")


def labels_pass(cls: type[Pass]) -> type[Pass]:
    """Register a pass; its name is its file's name."""
    cls.name = PASSES.add(cls, cls.__module__, cls.__name__.lower())
    return cls


def clean(name: str, /, **parameters: Any) -> Any:
    """A pass by name, for example `clean("size", min_area_px=30)`.

    Raises:
        UnknownName: no pass of that name; the nearest is offered.
        BadParameter: a parameter that does not exist or cannot have this value.
    """
    return build("pass", name, PASSES.get(name), parameters)
