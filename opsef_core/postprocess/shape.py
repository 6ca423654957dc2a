"""Remove objects of an unlikely shape: ragged, elongated, merged."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ..data import Image, Labels
from ..errors import BadLabels
from ._limits import check_order, within
from ._pass import Pass, labels_pass

FEATURES = ("circularity", "eccentricity", "solidity")


@labels_pass
class Shape(Pass):
    """Keep objects whose shape lies within the limits, all of them included; None is no limit. Planes only.

    - circularity: min(1, 4 pi area / perimeter^2); 1 for a disc, small for ragged or long outlines. The perimeter is
      Crofton's with four directions (Legland et al. 2007, doi:10.5566/ias.v26.p83-92). Pixels make small compact
      objects exceed 1 by a little; they are set to 1, so no upper limit of 1 removes them.
    - eccentricity: of the ellipse with the same second moments, sqrt(1 - (minor / major)^2); 0 round, near 1 a line.
    - solidity: area / area of the convex hull; 1 for a convex object, small where two nuclei were merged.

    The same numbers stand in the measurements, so limits can be read off that table.
    """

    min_circularity: float | None = Field(None, ge=0, le=1)
    max_circularity: float | None = Field(None, ge=0, le=1)
    min_eccentricity: float | None = Field(None, ge=0, le=1)
    max_eccentricity: float | None = Field(None, ge=0, le=1)
    min_solidity: float | None = Field(None, ge=0, le=1)
    max_solidity: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for feature in FEATURES:
            low, high = self._limits(feature)
            check_order(f"min_{feature}", low, f"max_{feature}", high)
        return self

    def run(self, labels: Labels, image: Image) -> Labels:
        """Labels without the objects outside of the limits.

        Raises:
            BadLabels: the labels are a stack, and some limit is set.
        """
        kept = np.ones(labels.count, bool)
        for feature in FEATURES:
            low, high = self._limits(feature)
            if low is not None or high is not None:
                kept &= within(_measure(labels, feature), low, high)
        return labels.keep(labels.ids[kept], self.act)

    def _limits(self, feature: str) -> tuple[float | None, float | None]:
        return getattr(self, f"min_{feature}"), getattr(self, f"max_{feature}")


def _measure(labels: Labels, feature: str) -> NDArray[np.float64]:
    """One number an object, in the order of `ids`."""
    from skimage.measure import regionprops_table

    if "Z" in labels.axes:
        raise BadLabels(
            f"{labels.name} is a stack, and {feature} is defined for planes only. "
            "Filter it by size, or project the image when reading it (project='max')."
        )

    def table(name: str) -> NDArray[Any]:
        return np.asarray(regionprops_table(labels.compact(), properties=(name,))[name], float)

    if feature == "circularity":
        return np.minimum(1.0, 4 * np.pi * labels.areas_px / table("perimeter_crofton") ** 2)
    return table(feature)
