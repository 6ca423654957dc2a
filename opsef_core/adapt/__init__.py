"""Unlabelled images -> synthetic training pairs: what images look like, masks like theirs, and pictures of these."""

from .features import feature_table, features
from .gate import Gated, gate
from .layout import PROPERTIES, Layout, measure_layout
from .masks import synthetic_masks
from .parametric import parametric_bank
from .realness import kid, two_sample
from .shapes import ShapeBank
from .similarity import Similarity, learn_similarity
from .style import StyleModel, learn_style, on_painted_scale, scaled_ids, scales_to
from .styles import Style, Styles, find_styles, styles_of

__all__ = [
    "PROPERTIES",
    "Gated",
    "Layout",
    "ShapeBank",
    "Similarity",
    "Style",
    "StyleModel",
    "Styles",
    "feature_table",
    "features",
    "find_styles",
    "gate",
    "kid",
    "learn_similarity",
    "learn_style",
    "measure_layout",
    "on_painted_scale",
    "parametric_bank",
    "scaled_ids",
    "scales_to",
    "styles_of",
    "synthetic_masks",
    "two_sample",
]
