"""How real painted images look as a whole: two numbers that compare the features of real and of painted images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadParameter

Floats = NDArray[np.float64]
HALVES = 100  # random halves for the standard error
MOST = 2000  # rows beyond this many are left out, at random
FURTHEST = 3.0  # standard deviations; a feature that hardly varies among real images cannot decide alone
FOLDS = 5
LEAST_ROWS = 4


def kid(real: ArrayLike, made: ArrayLike, seed: int = 0) -> tuple[float, float]:
    """Kernel distance of real and painted images: about 0 if they are of one kind, larger the less alike they are.

    Unbiased estimate of the squared maximum mean discrepancy with the kernel (x . y / d + 1)^3, on features that are
    standardised by the real ones and cut at 3 standard deviations. It may be a little below 0. Binkowski et al. 2018,
    "Demystifying MMD GANs", ICLR, arXiv 1801.01401 (there on features of a network). Values can be compared only for
    the same features and the same real images.

    Args:
        real: (n, d) features, a row an image; rows should be different images, not tiles of one.
        made: (m, d) of the painted ones.
        seed: of the random halves.

    Returns:
        The value, and its standard error: by the jackknife that leaves out half (Shao and Wu 1989, Annals of Statistics
        17, 1176), so it holds for other images of the same kinds.

    Raises:
        BadParameter: fewer than 4 rows, other columns, NaN.
    """
    x, y = _standardised(*_checked(real, made))
    rng = np.random.default_rng(seed)
    x, y = (a[rng.permutation(len(a))[:MOST]] for a in (x, y))
    xx, yy, xy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    halves = []
    for _ in range(HALVES):
        i, j = (np.sort(rng.permutation(len(a))[: len(a) // 2]) for a in (x, y))
        halves.append(_mmd(xx[np.ix_(i, i)], yy[np.ix_(j, j)], xy[np.ix_(i, j)]))
    return float(_mmd(xx, yy, xy)), float(np.std(halves, ddof=1))


def two_sample(
    real: ArrayLike, made: ArrayLike, seed: int = 0, *, images: tuple[ArrayLike, ArrayLike] | None = None
) -> tuple[float, tuple[float, float]]:
    """How often a classifier tells a painted image from a real one: 0.5 = it cannot, 1 = always.

    Logistic regression on standardised features, five times cross-validated; of the larger group as many rows are drawn
    as the smaller one has. Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests", ICLR, arXiv 1610.06545.

    Args:
        real: (n, d) features, a row an image, or, with `images`, a row a piece of one.
        made: (m, d) of the painted ones.
        seed: of the folds and of the rows that are drawn.
        images: (n,) and (m,) names: which image a real row is a piece of, and in the colours of which a made one was
            painted. What belongs to one image is learned from or asked about, never both, and the interval counts
            images.

    Returns:
        The accuracy on rows not trained on, and its 95 % interval (Wilson).

    Raises:
        BadParameter: fewer than 4 rows or images, other columns, NaN.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = _checked(real, made)
    rng = np.random.default_rng(seed)
    count = min(len(x), len(y), MOST)
    of_real, of_made = _images(images, len(x), len(y))
    mine, other = (np.sort(rng.permutation(len(a))[:count]) for a in (x, y))
    rows, painted = np.concatenate([x[mine], y[other]]), np.repeat([0, 1], count)
    groups = np.concatenate([of_real[mine], of_made[other]])
    folds = min(FOLDS, len(np.unique(of_real[mine])))
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    right = cross_val_predict(classifier, rows, painted, cv=split, groups=groups) == painted
    accuracy = float(right.mean())
    return accuracy, wilson(accuracy, 2 * len(np.unique(of_real[mine])))


def _images(images: tuple[ArrayLike, ArrayLike] | None, n: int, m: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The number of the image of each row; without any, each row is one."""
    if images is None:
        return np.arange(n), n + np.arange(m)
    of_real, of_made = (np.asarray(of).astype(str) for of in images)
    if (len(of_real), len(of_made)) != (n, m) or len(np.unique(of_real)) < LEAST_ROWS:
        raise BadParameter(
            f"images has {len(of_real)} and {len(of_made)} rows for {n} real and {m} made ones, of "
            f"{len(np.unique(of_real))} images; a name a row is needed, of at least {LEAST_ROWS} images."
        )
    number = np.unique(np.concatenate([of_real, of_made]), return_inverse=True)[1].ravel()
    return number[:n], number[n:]


def wilson(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share of so many (Wilson 1927)."""
    z = 1.959964
    more = z * z / count
    middle, half = share + more / 2, z * np.sqrt(share * (1 - share) / count + more / count / 4)
    return max(0.0, float((middle - half) / (1 + more))), min(1.0, float((middle + half) / (1 + more)))


def _checked(real: ArrayLike, made: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(real, np.float64), np.asarray(made, np.float64)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise BadParameter(
            f"Features are tables with a row an image and the same columns; these have the shapes {x.shape}, {y.shape}."
        )
    if min(len(x), len(y)) < LEAST_ROWS:
        raise BadParameter(
            f"{len(x)} real and {len(y)} painted images are too few; at least {LEAST_ROWS} of each are needed."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise BadParameter("Some features are NaN or infinite; leave these columns or images out.")
    return x, y


def _standardised(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """By mean and standard deviation of the real ones; what is constant in both is left out."""
    varies = np.ptp(np.concatenate([x, y]), axis=0) > 0
    if not varies.any():
        return np.zeros((len(x), 1)), np.zeros((len(y), 1))
    x, y = x[:, varies], y[:, varies]
    middle, spread = x.mean(0), x.std(0)
    spread = np.maximum(spread, 1e-9 + 1e-6 * np.abs(middle))
    x, y = (np.clip((a - middle) / spread, -FURTHEST, FURTHEST) for a in (x, y))
    return x, y


def _kernel(x: Floats, y: Floats) -> Floats:
    made: Floats = (x @ y.T / x.shape[1] + 1) ** 3
    return made


def _mmd(xx: Floats, yy: Floats, xy: Floats) -> Any:
    """Unbiased squared MMD from the kernel matrices."""
    n, m = xy.shape
    within = (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return within - 2 * xy.mean()
