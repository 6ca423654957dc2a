"""Report: a finished run -> one HTML page that needs nothing else."""

from ._page import write_report
from ._reportable import Reportable

__all__ = ["Reportable", "write_report"]
