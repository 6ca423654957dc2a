"""The contract of a preprocessing step: a small pure function from pixels to pixels.

A step's file holds one function decorated with `@step_kind()`. Its first argument is the pixels, a float32 array that
it must not change (it is read-only); its other arguments are keyword-only, typed, bounded, with defaults: they are the
parameters. It returns a float32 array of the same size along Z, Y and X, because labels must fit the image. Values
keep the image's own range (0..255, 0..65535): a step never rescales unless that is what it is for, so nothing
overflows and a threshold means the same before and after.

`@step_kind` says what one call sees (`per`):

- "plane" (default): one (Y, X) plane of one channel; stacks and channels are looped over by the caller;
- "image": everything, (C, Y, X) or (C, Z, Y, X), C = 1 for grey images; a step may return fewer channels
  (say, one stain), and then all of them are new.

Pixels that arrive are finite, at least one, and at most `LARGEST` in magnitude, so squares and sums stay finite.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, Literal, ParamSpec, get_type_hints

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, create_model, model_validator

from ..choices import Either
from ..data import Act, Image
from ..errors import BadImage
from ..registry import Registry, build

Pixels = NDArray[np.float32]
Per = Literal["plane", "image"]
P = ParamSpec("P")
LARGEST = 1e18


class StepKind(Generic[P]):
    """A registered step: its function, what one call sees, and the record of its parameters.

    Attributes:
        name: its file's name.
        per: what one call sees.
        channels: the numbers of channels it can work with; empty for any number.
        record: pydantic class of its parameters.
        doc: the function's docstring.
    """

    def __init__(
        self,
        function: Callable[P, Pixels],
        per: Per,
        version: str,
        channels: tuple[int, ...] = (),
        check: Callable[..., None] | None = None,
    ) -> None:
        self.function, self.per, self.version, self.channels = function, per, version, channels
        self.doc = inspect.getdoc(function) or ""
        record = _record(function, check)
        self.name = STEPS.add(self, function.__module__, function.__name__)
        self.record = record

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Pixels:
        """Run the bare function on an array."""
        return self.function(*args, **kwargs)


STEPS: Registry[StepKind[Any]] = Registry("step", "opsef_core.preprocess")


def step_kind(
    per: Per = "plane",
    version: str = "1",
    channels: tuple[int, ...] = (),
    check: Callable[..., None] | None = None,
) -> Callable[[Callable[P, Pixels]], StepKind[P]]:
    """Decorate a step's function; see the top of this file for the contract.

    Args:
        per: what one call sees.
        version: raise it when the same parameters begin to give another result.
        channels: the numbers of channels it can work with; others raise `BadImage`. Empty: any number.
        check: called with all parameters by name; raises ValueError, in words, if they do not go together.
    """
    return lambda function: StepKind(function, per, version, channels, check)


def _record(function: Callable[..., Any], check: Callable[..., None] | None) -> type[BaseModel]:
    """A pydantic record made from the keyword-only arguments of a function."""
    hints = get_type_hints(function, include_extras=True)
    _, *arguments = inspect.signature(function).parameters.values()
    for a in arguments:
        if a.kind is not a.KEYWORD_ONLY or a.name not in hints:
            raise TypeError(f"the parameter {a.name!r} of {function.__name__} must be keyword-only and have a type")
    fields: dict[str, Any] = {a.name: (hints[a.name], ... if a.default is a.empty else a.default) for a in arguments}
    config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    validators: dict[str, Any] = {"goes_together": model_validator(mode="after")(_checking(check))} if check else {}
    return create_model(
        function.__name__, __config__=config, __doc__=inspect.getdoc(function), __validators__=validators, **fields
    )


def _checking(check: Callable[..., None]) -> Callable[[BaseModel], BaseModel]:
    def goes_together(self: BaseModel) -> BaseModel:
        check(**dict(self))
        return self

    return goes_together


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
            BadImage: a time series, no pixels, NaN, absurdly large values, a number of channels the step cannot work
                with; or the step gave pixels of another size, or NaN.
        """
        pixels = self._pixels_of(image)
        parameters = dict(self.parameters)
        if self.kind.per == "plane":
            planes = pixels.reshape(-1, *pixels.shape[-2:])
            done = np.stack([self.kind.function(p, **parameters) for p in planes])
            out = done.reshape(*pixels.shape[:-2], *done.shape[1:])
        else:
            out = self.kind.function(pixels, **parameters)
        return self._wrap(image, pixels, np.asarray(out, np.float32))

    def _pixels_of(self, image: Image) -> Pixels:
        """(C, Y, X) or (C, Z, Y, X), float32, read-only."""
        if "T" in image.axes:
            raise BadImage(f"{image.name} is a time series; choose a time point when reading it (t=0).")
        found = image.shape.get("C", 1)
        if self.kind.channels and found not in self.kind.channels:
            able = " or ".join(str(n) for n in self.kind.channels)
            raise BadImage(
                f"{image.name} has {found} channel{'s' * (found != 1)}, and the step {self.kind.name!r} works on "
                f"images with {able}. Leave the step out for this image, or choose channels when reading it."
            )
        pixels = image.checked().array()
        largest = max(abs(float(pixels.min())), abs(float(pixels.max())))
        if largest > LARGEST:
            raise BadImage(
                f"{image.name} has values up to {largest:.3g}; values up to {LARGEST:g} can be worked with. "
                "These are hardly intensities: look at how the file was written."
            )
        pixels = pixels.astype(np.float32, copy=False).view()
        pixels.flags.writeable = False
        return pixels if "C" in image.axes else pixels[None]

    def _wrap(self, image: Image, before: Pixels, after: Pixels) -> Image:
        if after.shape[1:] != before.shape[1:]:
            raise BadImage(f"{image.name}: {self.title} changed the size from {before.shape} to {after.shape}.")
        if not np.isfinite(after).all():
            raise BadImage(f"{image.name}: {self.title} gave values that are NaN or infinite.")
        after = after if after.flags.writeable else after.copy()  # a step may hand back what it got
        stays = len(after) == len(before)
        if "C" not in image.axes:
            return image.then(self.act, after[0])
        if len(after) == 1 and not stays:
            return image.then(self.act, after[0], axes=image.axes.replace("C", ""))
        return image.then(self.act, after, channels=image.channels if stays else ())


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
