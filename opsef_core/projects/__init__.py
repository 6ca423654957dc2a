"""Projects of one's own: begin one, and run one notebook for many data sets."""

from .batch import Batch, batch
from .new import Project, new_project

__all__ = ["Batch", "Project", "batch", "new_project"]
