"""Report: a finished run -> one HTML page that needs nothing else."""

from ._page import Reportable, write_report

__all__ = ["Reportable", "write_report"]
