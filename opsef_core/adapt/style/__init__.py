"""A style: learned from images and their labels, it paints other label images so that they look like these.

Source: pix2pix, Isola et al. 2017, CVPR, arXiv 1611.07004, used for microscopy by Hollandi et al. 2020, Cell Systems
10, 453-458, doi:10.1016/j.cels.2020.04.003. Different from these: the painter sees where touching objects part, all
objects have one size, tiles overlap and are turned and mirrored, and what is kept is the last state, after the learning
rate has come down to 0.
"""

from ._learn import learn_style
from .condition import condition
from .model import StyleModel
from .tiles import on_painted_scale, scaled_ids, scales_to

__all__ = ["StyleModel", "condition", "learn_style", "on_painted_scale", "scaled_ids", "scales_to"]
