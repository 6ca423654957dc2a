"""The contract of a preprocessing step: a small pure function from pixels to pixels.

A step's file holds one function decorated with `@step`. Its first argument is the pixels, a float32 array that it
must not change; its other arguments are keyword-only, typed, bounded, with defaults: they are the parameters.
It returns a float32 array. Values keep the image's own range (0..255, 0..65535): a step never rescales unless that
is what it is for, so nothing overflows and a threshold means the same before and after.

`@step` says what one call sees (`per`):

- "plane" (default): one (Y, X) plane of one channel; stacks and channels are looped over by the caller;
- "image": everything, (C, Y, X) or (C, Z, Y, X), C = 1 for grey images; a step may return fewer channels
  (say, one stain), and then all of them are new.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, Literal, ParamSpec, get_type_hints

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, create_model

from ..choices import Either
from ..data import Act, Image
from ..errors import BadImage
from ..registry import Registry, build

Pixels = NDArray[np.float32]
Per = Literal["plane", "image"]
P = ParamSpec("P")


class StepKind(Generic[P]):
    """A registered step: its function, what one call sees, and the record of its parameters."""

    def __init__(self, function: Callable[P, Pixels], per: Per, version: str) -> None:
        self.function, self.per, self.version = function, per, version
        self.name = STEPS.add(self, function.__module__, function.__name__)
        self.record = _record(function, self.name)
        self.doc = inspect.getdoc(function) or ""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Pixels:
        """Run the bare function on an array."""
        return self.function(*args, **kwargs)


STEPS: Registry[StepKind[Any]] = Registry("step", "opsef_core.preprocess")


def step_kind(per: Per = "plane", version: str = "1") -> Callable[[Callable[P, Pixels]], StepKind[P]]:
    """Decorate a step's function; see the top of this file for the contract.

    Raise `version` when the same parameters begin to give another result.
    """
    return lambda function: StepKind(function, per, version)


def _record(function: Callable[..., Any], name: str) -> type[BaseModel]:
    """A pydantic record made from the keyword-only arguments of a function."""
    hints = get_type_hints(function, include_extras=True)
    arguments = inspect.signature(function).parameters.values()
    fields: dict[str, Any] = {
        a.name: (hints[a.name], ... if a.default is a.empty else a.default)
        for a in arguments
        if a.kind is a.KEYWORD_ONLY
    }
    return create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)


class Step:
    """A step with its parameters, ready to be applied to an `Image`."""

    def __init__(self, kind: StepKind[Any], parameters: BaseModel) -> None:
        self.kind, self.parameters = kind, parameters
        self.act = Act("step", kind.name, parameters.model_dump(mode="json"), kind.version)

    def __repr__(self) -> str:
        return f"step({self.kind.name!r}{''.join(f', {k}={v!r}' for k, v in self.act.parameters.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Step) and self.act == other.act

    def __hash__(self) -> int:
        return hash(repr(self))

    def as_dict(self) -> dict[str, Any]:
        """{"step": name, parameter: value, ...}: how it stands in a YAML file; defaults are left out."""
        return {"step": self.kind.name, **self.parameters.model_dump(mode="json", exclude_defaults=True)}

    @property
    def title(self) -> str:
        """For people: the name, and the parameters that differ from the defaults. Never parsed."""
        values = self.parameters.model_dump(mode="json", exclude_defaults=True)
        shown = ", ".join(f"{k}={v}" for k, v in values.items())
        return f"{self.kind.name}({shown})" if shown else self.kind.name

    def __call__(self, image: Image) -> Image:
        """Apply to an image without a T axis; gives a new image, float32, one act longer.

        Raises:
            BadImage: the image has a T axis, or the step gave pixels of another size.
        """
        if "T" in image.axes:
            raise BadImage(f"{image.name} is a time series; choose a time point when reading it (t=0).")
        parameters = dict(self.parameters)
        pixels = image.array().astype(np.float32, copy=False)
        pixels = pixels if "C" in image.axes else pixels[None]
        if self.kind.per == "plane":
            planes = pixels.reshape(-1, *pixels.shape[-2:])
            done = np.stack([self.kind.function(p, **parameters) for p in planes])
            out = done.reshape(*pixels.shape[:-2], *done.shape[-2:])
        else:
            out = self.kind.function(pixels, **parameters)
        return self._wrap(image, pixels, np.asarray(out, np.float32))

    def _wrap(self, image: Image, before: Pixels, after: Pixels) -> Image:
        if after.shape[1:] != before.shape[1:]:
            raise BadImage(f"{image.name}: {self.title} changed the size from {before.shape} to {after.shape}.")
        stays = len(after) == len(before)
        if "C" not in image.axes:
            return image.then(self.act, after[0])
        if len(after) == 1 and not stays:
            return image.then(self.act, after[0], axes=image.axes.replace("C", ""))
        return image.then(self.act, after, **({} if stays else {"channels": ()}))


def step(name: str, /, **parameters: Any) -> Any:
    """A preprocessing step by name, for example `step("median", size_px=3)`.

    A parameter may be an `either`: the result is then an `Either` of steps, to be used in `grid`.

    Raises:
        UnknownName: no step of that name; the nearest is offered.
        BadParameter: a parameter that does not exist or cannot have this value.
    """
    kind = STEPS.get(name)
    made = build("step", name, kind.record, parameters)
    return Either(tuple(Step(kind, one) for one in made)) if isinstance(made, Either) else Step(kind, made)
