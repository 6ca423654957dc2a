"""A model as a parameter of another one: as an object, or as it stands in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import OpsefError
from ._segmenter import Segmenter, model


def as_model(value: Any) -> Segmenter:
    """A model, or what it is in a file: `{model: name, parameter: value}`.

    Raises:
        ValueError: neither; for pydantic, which says where.
    """
    if isinstance(value, Mapping) and "model" in value:
        parameters = {str(k): v for k, v in value.items() if k != "model"}
        try:
            value = model(str(value["model"]), **parameters)
        except OpsefError as error:
            raise ValueError(str(error)) from None
    if not isinstance(value, Segmenter):
        raise ValueError(f"{value!r} is not one model, for example model('unet')")
    return value


def as_entry(inner: Segmenter) -> dict[str, Any]:
    """All parameters, defaults too, for keys and tables."""
    return {"model": inner.name, **inner.model_dump(mode="json")}
