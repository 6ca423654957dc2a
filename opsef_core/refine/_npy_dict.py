"""Dictionaries in .npy files, read without running them.

numpy stores a dictionary as a pickle: a program for a small machine that may call anything. Here the program is only
read (`pickletools` takes it apart), and of what it would call just four things are known, which make arrays; a call of
anything else gives a value that says so, and nothing is imported or run.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile

MOST_STEPS = 20_000_000
MARK = object()
NUMBERS = "buif"  # kinds of numpy types that are rebuilt
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_GIVEN = ("INT", "LONG", "FLOAT", "BININT", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "STRING",
          "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES")  # fmt: skip


@dataclass
class Unknown:
    """Something this reader does not make: the name of what would have been called."""

    name: str


@dataclass
class _Making:
    """An array or a number type under construction."""

    what: str
    made: Any = None


def read_dict(content: bytes) -> dict[Any, Any]:
    """The dictionary in a .npy file, as numpy.save writes one; arrays of numbers in it are arrays.

    Raises:
        UnreadableFile: no such file.
    """
    stream, numpy_file = BytesIO(content), cast(Any, np.lib.format)
    try:
        first = numpy_file.read_magic(stream) == (1, 0)
        _, _, dtype = (numpy_file.read_array_header_1_0 if first else numpy_file.read_array_header_2_0)(stream)
        if dtype.kind != "O":
            raise UnreadableFile("it holds an array of numbers, no dictionary")
        found = _Machine().run(stream.read())
    except UnreadableFile:
        raise
    except Exception as error:  # whatever a broken program leads to
        raise UnreadableFile(f"it is broken: {type(error).__name__} {error}") from None
    while isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        raise UnreadableFile("it holds no dictionary")
    return found


class _Machine:
    """Follows the program with plain values."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, program: bytes) -> Any:
        for count, (code, given, _) in enumerate(pickletools.genops(program)):
            if count > MOST_STEPS:
                raise ValueError("it is far too long")
            name = code.name
            if name == "STOP":
                return _finished(self.stack.pop())
            if name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name])
            elif name.rstrip("1248") in _GIVEN:
                self.stack.append(given)
            elif name in _ACTS:
                _ACTS[name](self, given)
            else:
                raise ValueError(f"the step {name} is not known")
        raise ValueError("it is cut off")

    def since_mark(self) -> list[Any]:
        at = max(n for n, value in enumerate(self.stack) if value is MARK)
        found = self.stack[at + 1 :]
        del self.stack[at:]
        return found

    def tuple_of(self, count: int) -> None:
        found = tuple(self.stack[-count:])
        del self.stack[-count:]
        self.stack.append(found)

    def put_items(self, pairs: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, dict):
            target.update({k: _finished(v) for k, v in zip(pairs[::2], pairs[1::2], strict=True)})

    def put_values(self, values: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(_finished(v) for v in values)

    def stack_global(self, _: Any) -> None:
        module, name = self.stack[-2:]
        del self.stack[-2:]
        self.stack.append(Unknown(f"{module}.{name}"))

    def call(self, _: Any) -> None:
        given, called = self.stack.pop(), self.stack.pop()
        self.stack.append(_called(called.name if isinstance(called, Unknown) else "", given))

    def build(self, _: Any) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, _Making):
            _built(target, state)


def _called(name: str, given: Any) -> Any:
    """What a call makes, of the few that are known."""
    module, _, function = name.rpartition(".")
    if module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
        if function == "_reconstruct":
            return _Making("array")
        if function == "dtype" and isinstance(given[0], str):
            return _Making("dtype", np.dtype(given[0]))
        if function == "scalar" and isinstance(given[0], _Making) and len(given) == 2:
            return _array((1,), given[0].made, given[1])[0].item()
    if name == "_codecs.encode" and isinstance(given[0], str) and given[1] == "latin1":
        return given[0].encode("latin1")
    return Unknown(name)


def _built(target: _Making, state: Any) -> None:
    if target.what == "dtype":
        if state[1] in ("<", ">"):
            target.made = target.made.newbyteorder(state[1])
        return
    _, shape, dtype, by_column, content = state
    if dtype.made.kind == "O":
        target.made = [_finished(v) for v in content]
    else:
        target.made = _array(shape[::-1] if by_column else shape, dtype.made, content)
        target.made = target.made.T if by_column else target.made


def _array(shape: tuple[int, ...], dtype: np.dtype[Any], content: bytes) -> NDArray[Any]:
    """Numbers from bytes; as large as the bytes are, so nothing can be blown up."""
    if dtype.kind not in NUMBERS:
        raise ValueError(f"numbers of the type {dtype}")
    return np.frombuffer(content, dtype).reshape(shape)


def _finished(value: Any) -> Any:
    return value.made if isinstance(value, _Making) else value


_ACTS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda m, _: None,
    "FRAME": lambda m, _: None,
    "MARK": lambda m, _: m.stack.append(MARK),
    "POP": lambda m, _: m.stack.pop(),
    "EMPTY_LIST": lambda m, _: m.stack.append([]),
    "EMPTY_DICT": lambda m, _: m.stack.append({}),
    "LIST": lambda m, _: m.stack.append([_finished(v) for v in m.since_mark()]),
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": lambda m, _: m.tuple_of(1),
    "TUPLE2": lambda m, _: m.tuple_of(2),
    "TUPLE3": lambda m, _: m.tuple_of(3),
    "APPEND": lambda m, _: m.put_values([m.stack.pop()]),
    "APPENDS": lambda m, _: m.put_values(m.since_mark()),
    "SETITEM": lambda m, _: m.put_items([m.stack.pop() for _ in range(2)][::-1]),
    "SETITEMS": lambda m, _: m.put_items(m.since_mark()),
    "MEMOIZE": lambda m, _: m.memo.__setitem__(len(m.memo), m.stack[-1]),
    "PUT": lambda m, given: m.memo.__setitem__(given, m.stack[-1]),
    "BINPUT": lambda m, given: m.memo.__setitem__(given, m.stack[-1]),
    "LONG_BINPUT": lambda m, given: m.memo.__setitem__(given, m.stack[-1]),
    "GET": lambda m, given: m.stack.append(m.memo[given]),
    "BINGET": lambda m, given: m.stack.append(m.memo[given]),
    "LONG_BINGET": lambda m, given: m.stack.append(m.memo[given]),
    "GLOBAL": lambda m, given: m.stack.append(Unknown(given.replace(" ", "."))),
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "BUILD": _Machine.build,
}
