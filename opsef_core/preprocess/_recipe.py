"""A recipe: steps in a row. A grid: all recipes that some alternatives allow."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..atomic import write_whole
from ..backslashes import windows_hint
from ..choices import Either
from ..data import Image, digest
from ..errors import BadConfig, BadParameter
from ._step import Step, step


class Recipe:
    """Steps applied one after the other; an empty recipe leaves the image as it is."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.steps = tuple(steps)
        for s in self.steps:
            if not isinstance(s, Step):
                raise BadParameter(f"A recipe is made of steps, not of {s!r}; write step('median', size_px=3).")

    def __repr__(self) -> str:
        return f"Recipe({self.title})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self.steps == other.steps

    def __hash__(self) -> int:
        return hash(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def title(self) -> str:
        """For people: "median + clahe", "raw" if empty. Never parsed."""
        return " + ".join(s.title for s in self.steps) or "raw"

    @property
    def key(self) -> str:
        """Short hash of the steps."""
        return digest([s.act.as_dict() for s in self.steps])

    def __call__(self, image: Image) -> Image:
        """The image after all steps."""
        for one in self.steps:
            image = one(image)
        return image

    def as_list(self) -> list[dict[str, Any]]:
        """How it stands in a YAML file: [{step: median, size_px: 3}, ...]."""
        return [s.as_dict() for s in self.steps]

    @classmethod
    def from_list(cls, entries: Sequence[Mapping[str, Any]]) -> Recipe:
        """The recipe that `as_list` wrote.

        Raises:
            BadConfig: an entry is no mapping with a key `step`.
            UnknownName, BadParameter: a step or parameter that does not exist.
        """
        steps = []
        for entry in entries:
            if not isinstance(entry, Mapping) or "step" not in entry:
                raise BadConfig(f"A recipe's entry must look like {{step: median, size_px: 3}}, not {entry!r}.")
            parameters = {str(k): v for k, v in entry.items() if k != "step"}
            steps.append(step(entry["step"], **parameters))
        return cls(steps)

    def to_yaml(self, path: str | Path) -> None:
        """Write the recipe as a YAML list; an older file stays whole until the new one is."""
        write_whole(Path(path), yaml.safe_dump(self.as_list(), sort_keys=False).encode())

    @classmethod
    def from_yaml(cls, path: str | Path) -> Recipe:
        """Read a recipe from a YAML list.

        Raises:
            BadConfig: there is no such file, or it is no YAML list.
            UnknownName, BadParameter: a step or parameter that does not exist.
        """
        try:
            entries = yaml.safe_load(Path(path).read_text(encoding="utf8"))
        except OSError as error:
            raise BadConfig(f"There is no readable recipe at {path}: {error.strerror}.{windows_hint(path)}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BadConfig(f"{path} is not readable as YAML: {error}") from None
        if not isinstance(entries, list):
            raise BadConfig(f"{path}: a recipe is a list of steps (lines beginning with '- step: name').")
        return cls.from_list(entries)


def grid(*places: Step | Either | None) -> list[Recipe]:
    """All recipes that take one option at each place; None at a place means nothing there.

    Duplicates are left out; the last place varies fastest.

    Example:
        >>> [r.title for r in grid(step("median"), either(None, step("invert")))]
        ['median', 'median + invert']
    """
    options = [tuple(p) if isinstance(p, Either) else (p,) for p in places]
    recipes = [Recipe(s for s in chosen if s is not None) for chosen in itertools.product(*options)]
    return list(dict.fromkeys(recipes))
