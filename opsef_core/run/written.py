"""Records that stand in a YAML file: a sweep, a training, a search."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ..backslashes import quoting_hint, windows_hint
from ..errors import BadConfig
from ..registry import explain

FORMAT = 1


class Written(BaseModel):
    """Base of what a file can say.

    Attributes:
        format: version of this layout; another one is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    command: ClassVar[str]  # the one that takes such a file
    told_by: ClassVar[frozenset[str]]  # keys no other kind of file has

    format: int = FORMAT

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read and check a YAML file.

        Raises:
            BadConfig: no file, no YAML, an unknown key (the nearest is offered), another format version.
        """
        path = Path(path).expanduser()
        try:
            values = yaml.safe_load(path.read_text(encoding="utf8"))
        except FileNotFoundError:
            raise BadConfig(f"There is no pipeline file {path}.{windows_hint(str(path))}") from None
        except OSError as error:
            raise BadConfig(f"The pipeline file {path} cannot be read: {error.strerror or error}.") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise BadConfig(f"{path} is not readable as YAML.{quoting_hint(error)} {error}") from None
        return cls.of(values, str(path))

    @classmethod
    def of(cls, values: Any, where: str = "the pipeline") -> Self:
        """Check values that were read from a file.

        Raises:
            BadConfig: no mapping, another kind of file, an unknown key, an impossible value, another format version.
        """
        if not isinstance(values, Mapping):
            raise BadConfig(f"{where} must be a YAML mapping with the keys {', '.join(cls.model_fields)}.")
        if values.get("format", FORMAT) != FORMAT:
            raise BadConfig(
                f"{where} has format {values['format']!r}; this version of opsef-core reads format {FORMAT}. "
                "Use the version of opsef-core that wrote it, or write the pipeline anew."
            )
        for other in Written.__subclasses__():
            if other is not cls and not cls.told_by & set(values) and other.told_by & set(values):
                raise BadConfig(f"{where} is no file for opsef {cls.command}; it belongs to opsef {other.command}.")
        try:
            return cls(**values)
        except ValidationError as error:
            raise BadConfig(explain(where, cls, error)) from None
