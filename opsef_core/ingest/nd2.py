"""Nikon ND2, through the package nd2."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..registry import Need
from ._reader import Reader, Scene, magic_refusal, reader_kind
from ._scene_to_image import planes_unit
from ._stored import Slices

MAGICS = (b"\xda\xce\xbe\x0a", b"\x00\x00\x00\x0cjP  ")  # since 2010; before (JPEG 2000)


@reader_kind
class Nd2(Reader):
    """Reads ND2; one scene a stage position, pixels come frame by frame."""

    suffixes = (".nd2",)
    needs = (Need("nd2", "formats"),)

    def refusal(self, path: Path) -> str | None:
        """By suffix and the first bytes."""
        return self.wrong_suffix(path) or magic_refusal(path, MAGICS, "ND2")

    def scenes(self, path: Path) -> list[Scene]:
        """One scene a stage position."""
        import nd2

        with nd2.ND2File(path) as file:
            sizes = {str(k): int(n) for k, n in file.sizes.items()}
            voxel = file.voxel_size()
            names = _positions(file, sizes.pop("P", 1))
            frame = [d for d in ("C", "Y", "X", "S") if d in sizes]
            sizes = {**{d: n for d, n in sizes.items() if d not in frame}, **{d: sizes[d] for d in frame}}
            dims, shape = "".join(sizes), tuple(sizes.values())
            described = file.metadata.channels if file.metadata and file.metadata.channels else []
            channels = tuple(str(c.channel.name) for c in described)
            return [
                Scene(
                    name=name,
                    dims=dims,
                    shape=shape,
                    dtype=np.dtype(file.dtype),
                    load=partial(_load, str(path), p, dims),
                    unit=planes_unit(dims, shape),
                    spacing_um={"Z": voxel.z if "Z" in sizes else 0.0, "Y": voxel.y, "X": voxel.x},
                    channels=channels,
                )
                for p, name in enumerate(names)
            ]


def _positions(file: Any, count: int) -> list[str]:
    """Names of the stage positions."""
    for loop in file.experiment:
        if loop.type == "XYPosLoop":
            names = [str(point.name or "") for point in loop.parameters.points]
            if len(names) == count:
                return names
    return [""] * count


def _load(path: str, position: int, dims: str, slices: Slices) -> NDArray[Any]:
    """The frames asked for, then the part of them that is."""
    import nd2

    loops = [d for d in dims if d not in "CYXS"]
    wanted = dict(zip(dims, slices, strict=True))
    with nd2.ND2File(path) as file:
        order = [str(d) for d in file.sizes if d not in ("C", "Y", "X", "S")]
        counts = [int(file.sizes[d]) for d in order]
        frames = []
        for at in itertools.product(*(range(wanted[d].start, wanted[d].stop) for d in loops)):
            places = {**dict(zip(loops, at, strict=True)), "P": position}
            index = np.ravel_multi_index([places[d] for d in order], counts) if order else 0
            frame = np.asarray(file.read_frame(int(index)))
            frames.append(frame[tuple(wanted[d] for d in dims if d in "CYXS")].copy())
    return np.stack(frames).reshape([s.stop - s.start for s in slices])
