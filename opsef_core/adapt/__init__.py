"""Unlabelled images -> synthetic training pairs: what images look like, masks like theirs, and pictures of these."""

from .features import feature_table, features
from .layout import PROPERTIES, Layout, measure_layout
from .masks import synthetic_masks
from .parametric import parametric_bank
from .shapes import ShapeBank
from .similarity import Similarity, learn_similarity
from .styles import Style, Styles, find_styles, styles_of

__all__ = [
    "PROPERTIES",
    "Layout",
    "ShapeBank",
    "Similarity",
    "Style",
    "Styles",
    "feature_table",
    "features",
    "find_styles",
    "learn_similarity",
    "measure_layout",
    "parametric_bank",
    "styles_of",
    "synthetic_masks",
]
