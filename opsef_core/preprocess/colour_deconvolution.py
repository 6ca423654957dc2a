"""Stain separation."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ._step import Pixels, step_kind

# Optical density of the pure stains in red, green, blue (Ruifrok & Johnston 2001).
DENSITY = {"hematoxylin": (0.65, 0.70, 0.29), "eosin": (0.07, 0.99, 0.11), "dab": (0.27, 0.57, 0.78)}
Stains = Literal["hematoxylin-eosin", "hematoxylin-dab"]
Stain = Literal["hematoxylin", "eosin", "dab"]


def _check(stains: str, stain: str, **_: object) -> None:
    if stain not in stains.split("-"):
        raise ValueError(f"there is no {stain} in {stains}; choose {stains.replace('-', ' or ')}")


@step_kind(per="image", channels=(3,), check=_check)
def colour_deconvolution(
    pixels: Pixels,
    *,
    stains: Stains = "hematoxylin-eosin",
    stain: Stain = "hematoxylin",
    white: Annotated[float, Field(gt=0)] | None = None,
) -> Pixels:
    """Show how much of one stain lies at each pixel of a stained section; nuclei are bright in hematoxylin.

    The optical density log10(white / value) of red, green and blue is split into two stains and a rest at right angles
    to both. The result is the density of the chosen stain, 0 where there is none (negative amounts become 0). Values
    above white count as white, values below white / 255 as white / 255. That the three channels are red, green and blue
    cannot be seen from the pixels: on three channels of fluorescence the result means nothing.

    Source: A. C. Ruifrok & D. A. Johnston, Quantification of histochemical staining by color deconvolution,
    Anal. Quant. Cytol. Histol. 23(4), 2001, PMID 11531144.

    Args:
        pixels: (3, Y, X) or (3, Z, Y, X), red, green, blue; other numbers of channels raise `BadImage`.
        stains: which two stains the section has.
        stain: the one to return.
        white: value of unstained, fully lit glass. None: 1, 255 or 65535, the first the largest value does not exceed;
            give it where images have another depth (4095 for 12 bit).
    """
    first, second = (np.array(DENSITY[name]) for name in stains.split("-"))
    both = np.array([first / np.linalg.norm(first), second / np.linalg.norm(second)])
    rest = np.cross(both[0], both[1])
    weights = np.linalg.inv(np.array([*both, rest / np.linalg.norm(rest)]))[:, stains.split("-").index(stain)]
    amount = np.tensordot(weights, _optical_density(pixels, white), axes=1)
    return np.maximum(amount, 0)[None].astype(np.float32)


def _optical_density(pixels: Pixels, white: float | None) -> NDArray[np.float64]:
    largest = float(pixels.max())
    lit = white if white is not None else 1.0 if largest <= 1 else 255.0 if largest <= 255 else 65535.0
    return -np.log10(np.clip(pixels.astype(np.float64) / lit, 1 / 255, 1))
