"""A learned style, and painting with it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data import Act, Image, Labels
from ...errors import BadLabels, BadParameter
from .card import CURVES, WEIGHTS, StyleCard, read_card
from .condition import shown
from .tiles import SPAN, scaled, scaled_ids

log = logging.getLogger(__name__)
PIECE_PX, MARGIN_PX = 1024, 160  # a larger image is painted in pieces; the margin is as far as the painter sees
ODD_SIZE = 1.7  # so many times smaller or larger than learned, objects will hardly look right


@dataclass(frozen=True, eq=False)
class StyleModel:
    """A style that can paint label images; made by `learn_style` and `StyleModel.load`.

    Attributes:
        folder: where it lies.
        card: what it was learned from and how.
        device: where it paints.
    """

    folder: Path
    card: StyleCard
    device: str = "cpu"

    @classmethod
    def load(cls, folder: str | Path, device: str = "cpu") -> StyleModel:
        """The style in a folder.

        Raises:
            MissingWeights: there is none, or none that is finished, or its weights are damaged.
            BadRunFolder: its card cannot be understood.
        """
        return cls(Path(folder), read_card(Path(folder)), device)

    def __repr__(self) -> str:
        return f"StyleModel({self.card.name!r}, objects of {self.object_px:g} px, {', '.join(self.styles)})"

    @property
    def object_px(self) -> float:
        """Diameter in pixels at which it learned objects, and paints them best."""
        return self.card.object_px

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of the styles it can paint: one, or those that were learned together."""
        return tuple(self.card.looks)

    @property
    def curves(self) -> pd.DataFrame:
        """A row a block of steps: step, the errors and losses of painter and judge, learning_rate, seconds."""
        return pd.read_csv(StringIO((self.folder / CURVES).read_text(encoding="utf8")))

    @cached_property
    def _learned(self) -> tuple[Any, dict[str, NDArray[np.float32]]]:
        """The painter, and the tints by name."""
        from .weights import read_painter

        channels, styles = self.card.channels, len(self.styles)
        painter, tints = read_painter(self.folder / WEIGHTS, self.card.design, channels, styles)
        return painter.to(self.device), tints

    def paint(
        self, labels: Labels, seed: int = 0, *, style: str | None = None, diameter_px: float | None = None
    ) -> Image:
        """A picture in this style whose objects are those of a label image; the same for the same seed.

        Args:
            labels: axes YX, of any size, objects of about `object_px`.
            seed: another one gives other textures, and the colours and brightness of another image of the style.
            style: which, if several were learned together.
            diameter_px: typical diameter of the objects, where it is not about `object_px`: it is painted at the size
                learned, and the picture brought to the labels' size.

        Returns:
            uint8 of the labels' size, YX or CYX like the style's images, with the name of the labels, and one act more.

        Raises:
            BadLabels: labels of a stack.
            BadParameter: an unknown style, an impossible diameter.
        """
        look = self.card.looks[self._style(style)]
        if labels.axes != "YX":
            raise BadLabels(f"{labels.name} has the axes {labels.axes}; a style paints flat label images (YX).")
        if diameter_px is not None and not diameter_px > 0:
            raise BadParameter(f"diameter_px is {diameter_px}; it is the diameter of objects in pixels, above 0.")
        ids = labels.array()
        scale = 1.0 if diameter_px is None else self.object_px / diameter_px
        _warn_of_size(labels, scale, self.object_px)
        at_size = ids if diameter_px is None else scaled_ids(ids, scale)
        rng = np.random.default_rng(seed)
        like = int(rng.integers(len(look.levels)))
        number = self.styles.index(self._style(style))
        tints = drawn(self._learned[1][f"tints.{number}.{like}"], at_size, rng)
        pixels = scaled(self._painted(at_size, tints, number, seed), (ids.shape[0], ids.shape[1]))
        low, high = look.levels[like]
        if look.grey:
            pixels = pixels.mean(0, keepdims=True)
        pixels = low + (pixels / SPAN + 1) / 2 * (high - low)
        made = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
        after = look.images[like] if look.images else str(like)  # whose colours it has
        parameters = {"style": self._style(style), "seed": seed, "diameter_px": diameter_px, "colours_of": after}
        return Image(
            made if look.channels else made[0],
            "CYX" if look.channels else "YX",
            labels.name,
            spacing_um=labels.spacing_um,
            source=labels.source,
            history=(*labels.history, Act("style", self.card.name, parameters, weights=self.card.sha256[:16])),
            channels=look.channels,
        )

    def _style(self, asked: str | None) -> str:
        if asked is None and len(self.styles) == 1:
            return self.styles[0]
        if asked not in self.styles:
            raise BadParameter(f"There is no style {asked!r} in {self.folder}; choose one of {', '.join(self.styles)}.")
        return asked

    def _painted(self, ids: NDArray[Any], tints: NDArray[Any], style: int, seed: int) -> NDArray[np.float32]:
        """(C, Y, X) from -1 to 1, painted in pieces that see what lies around them."""
        import torch

        from .nets import STRIDE, noise_for

        height, width = ids.shape
        more = [(0, -height % STRIDE), (0, -width % STRIDE)]
        padded = np.pad(ids, more, mode="symmetric") if ids.size else ids
        seen = torch.from_numpy(shown(padded, tints))[None]
        code = torch.eye(len(self.styles), device=self.device)[style][None]
        noise = noise_for((1, padded.shape[0], padded.shape[1]), torch.Generator().manual_seed(seed))
        made = np.zeros((self.card.channels, *padded.shape), np.float32)
        for inner, outer in pieces(padded.shape, STRIDE):
            cut = [x[:, :, *_at(outer, depth)].to(self.device) for depth, x in enumerate(noise)]
            with torch.inference_mode():
                x = self._learned[0](seen[:, :, *outer].to(self.device), code, cut)
            within = tuple(slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True))
            made[:, *inner] = x[0].float().cpu().numpy()[:, *within]
        return made[:, :height, :width]


def drawn(tints: NDArray[np.float32], ids: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float32]:
    """Tints for another label image: the same background, and for each object those of any object."""
    count = len(np.unique(ids[ids > 0]))
    some = tints[1 + rng.integers(len(tints) - 1, size=count)]
    return np.concatenate([tints[:1], some])


Piece = tuple[slice, ...]


def pieces(shape: tuple[int, ...], stride: int) -> Iterator[tuple[Piece, Piece]]:
    """Pieces of an image, and the same with the margin around them; all edges are multiples of the stride."""
    piece, margin = (n // stride * stride for n in (PIECE_PX, MARGIN_PX))
    for y in range(0, shape[0], piece):
        for x in range(0, shape[1], piece):
            inner = tuple(slice(a, min(a + piece, n)) for a, n in zip((y, x), shape, strict=True))
            outer = tuple(
                slice(max(0, s.start - margin), min(s.stop + margin, n)) for s, n in zip(inner, shape, strict=True)
            )
            yield inner, outer


def _at(place: Piece, depth: int) -> Piece:
    """The same place at a level of the U-Net."""
    return tuple(slice(s.start >> depth, s.stop >> depth) for s in place)


def _warn_of_size(labels: Labels, scale: float, object_px: float) -> None:
    if not labels.count:
        return
    typical = scale * 2 * float(np.sqrt(np.median(labels.areas_px) / np.pi))
    if not 1 / ODD_SIZE < typical / object_px < ODD_SIZE:
        log.warning(
            "%s: its objects have %.0f px, the style learned them at %.0f px; give their size as diameter_px.",
            labels.name,
            typical / scale,
            object_px,
        )
