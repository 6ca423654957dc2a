"""Pixels still on disk: an array that a reader's function fills, piece by piece, when somebody asks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OpsefError, UnreadableFile

Slices = tuple[slice, ...]
Load = Callable[[Slices], NDArray[Any]]  # slices (start and stop set, step 1) of the stored dimensions -> pixels

PIECE_BYTES = 16 * 2**20  # pieces of about this size: few enough to be quick, small enough for many workers


@dataclass(frozen=True)
class Stored:
    """An array on disk, its dimensions put into another order on the way. Holds no open file, so it can be pickled.

    Attributes:
        file: the file's name, for error messages.
        load: gives the pixels of slices of the stored dimensions.
        order: for each dimension the stored dimension it comes from; None for one that is not stored (size 1).
        shape: size of each dimension.
        dtype: of the pixels handed out, native byte order.
        stored_ndim: number of stored dimensions; those not in `order` are read at their first position.
    """

    file: str
    load: Load
    order: tuple[int | None, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    stored_ndim: int

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """Read what dask asks for: slices, positions and lists of positions, each dimension for itself; None adds one.

        Raises:
            UnreadableFile: the file is broken at this place, or gone.
        """
        index = index if isinstance(index, tuple) else (index,)
        asked = [i for i in index if i is not None]
        asked += [slice(None)] * (self.ndim - len(asked))
        spans = [_span(i, n) for i, n in zip(asked, self.shape, strict=True)]
        pixels = self._ordered(self._read(spans), spans)
        for d, (i, span) in enumerate(zip(asked, spans, strict=True)):
            pixels = pixels[(slice(None),) * d + (_within(i, span, self.shape[d]),)]
        kept = [None if i is None else 0 if _is_position(i) else slice(None) for i in (*index, *asked[len(index) :])]
        return pixels[tuple(kept)]

    def _read(self, spans: Sequence[range]) -> NDArray[Any]:
        if not all(spans):
            sizes = [1] * self.stored_ndim
            for span, source in zip(spans, self.order, strict=True):
                if source is not None:
                    sizes[source] = len(span)
            return np.zeros(sizes, self.dtype)
        wanted = [slice(0, 1)] * self.stored_ndim
        for span, source in zip(spans, self.order, strict=True):
            if source is not None:
                wanted[source] = slice(span.start, span.stop)
        try:
            pixels = np.asarray(self.load(tuple(wanted)))
        except OpsefError:
            raise
        except MemoryError as error:
            size = " x ".join(str(s.stop - s.start) for s in wanted)
            raise UnreadableFile(
                f"{self.file} cannot be read to its end: there is not enough memory for a piece of {size} pixels, "
                "or the file is damaged there."
            ) from error
        except Exception as error:  # whatever a library says about a broken file
            raise UnreadableFile(f"{self.file} cannot be read to its end: {reason(error)}") from error
        expected = tuple(s.stop - s.start for s in wanted)
        if pixels.shape != expected:
            raise UnreadableFile(
                f"{self.file} cannot be read to its end: {pixels.shape} pixels came where {expected} were announced."
            )
        return pixels.astype(self.dtype, copy=False)

    def _ordered(self, pixels: NDArray[Any], spans: Sequence[range]) -> NDArray[Any]:
        used = [source for source in self.order if source is not None]
        unused = [d for d in range(self.stored_ndim) if d not in used]
        return pixels.transpose([*unused, *used]).reshape([len(span) for span in spans])


def _is_position(index: Any) -> bool:
    return not isinstance(index, slice) and np.ndim(index) == 0


def _positions(index: Any, size: int) -> Sequence[int]:
    """All positions an index asks for, in its order."""
    if isinstance(index, slice):
        return range(size)[index]
    return [range(size)[int(i)] for i in np.atleast_1d(index)]


def _span(index: Any, size: int) -> range:
    """The smallest run of positions, ascending, that contains all an index asks for."""
    positions = _positions(index, size)
    if not positions:
        return range(0)
    ends = (positions[0], positions[-1]) if isinstance(positions, range) else positions
    return range(min(ends), max(ends) + 1)


def _within(index: Any, span: range, size: int) -> Any:
    """The same index, counted from the beginning of its span."""
    if isinstance(index, slice):
        return slice(None, None, range(size)[index].step)
    return [i - span.start for i in _positions(index, size)]


def reason(error: BaseException) -> str:
    """What a library's error says, as the end of a sentence."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:300] + " ..."


def pieces(shape: Sequence[int], unit: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """Size of the pieces to read: multiples of the file's own units, grown to about `PIECE_BYTES`, Y and X first."""
    sizes = [max(1, min(u, n)) for u, n in zip(unit, shape, strict=True)]
    while True:
        growing = [d for d in range(len(shape)) if sizes[d] < shape[d]]
        plane = [d for d in growing if d >= len(shape) - 2]
        if not growing:
            return tuple(sizes)
        d = min(plane, key=lambda d: sizes[d]) if plane else growing[-1]
        more = min(2 * sizes[d], shape[d])
        if math.prod(sizes) // sizes[d] * more * itemsize > PIECE_BYTES:
            return tuple(sizes)
        sizes[d] = more


def lazy(stored: Stored, unit: Sequence[int], token: str) -> Any:
    """A dask array of something stored; nothing is read yet.

    Args:
        stored: the array on disk.
        unit: what the file stores in one piece, by dimension of `stored`.
        token: unique to the file's content, the scene and the way it is read.
    """
    import dask.array as da

    chunks = pieces(stored.shape, unit, stored.dtype.itemsize)
    empty = np.empty((0,) * stored.ndim, stored.dtype)
    return da.from_array(stored, chunks=chunks, name=f"read-{token}", meta=empty, asarray=True)
