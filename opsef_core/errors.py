"""Every mistake a user can meet, in words: what was asked, what exists, what to do next.

OpsefError
 ├── UnknownName      no step, model, pass, metric, format or data set of that name
 ├── BadParameter     a parameter that does not exist or has an impossible value
 ├── BadConfig        a pipeline or data set description that cannot be understood
 ├── BrokenPlugin     a plug-in's file fails when it is imported
 ├── MissingPackage   an optional package is not installed
 ├── MissingWeights   a model's weights are not on this machine
 ├── UnreadableFile   a file that is broken, empty, or no image
 ├── BadImage         pixels that cannot be worked with
 ├── BadLabels        a label image that is none, or does not fit its image
 ├── BadRunFolder     a run folder of another version, or somebody else's folder
 ├── NothingToShow    a result was asked for that does not exist (yet)
 └── CannotWrite      a file or folder cannot be written
      └── DiskFull    because the disk is full
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OpsefError(Exception):
    """Base of all errors that are the world's fault rather than the program's."""

    _told = False

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows, as lines: the sentence alone, and from the second time on also where it was raised.

        IPython calls this in place of its own formatting, for `%tb`, too.
        """
        if not self._told:
            self._told = True
            return [f"{type(self).__name__}: {self}", "", "(%tb shows where this was raised.)"]
        from IPython import get_ipython

        shown: list[str] = get_ipython().InteractiveTB.structured_traceback(type(self), self, self.__traceback__)
        return shown


class UnknownName(OpsefError):
    """Raised for a name nobody registered; offers the nearest."""

    def __init__(self, kind: str, asked: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(asked, names, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"There is no {kind} called {asked!r}.{hint} Known: {', '.join(names) or 'none'}.")
        self.kind, self.asked, self.known = kind, asked, names

    def __reduce__(self) -> tuple[type[UnknownName], tuple[str, str, list[str]]]:
        return UnknownName, (self.kind, self.asked, self.known)


class BadParameter(OpsefError):
    """Raised when a parameter is unknown or its value impossible."""


class BadConfig(OpsefError):
    """Raised when a YAML file cannot be understood."""


class BrokenPlugin(OpsefError):
    """Raised when a plug-in's own file fails or registers nothing; the others work on."""


class MissingPackage(OpsefError):
    """Raised when an optional package is asked for and not installed; names the pip extra."""

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the package {package}, which is not installed. "
            f'Install it with: pip install "opsef-core[{extra}]"'
        )
        self.what, self.package, self.extra = what, package, extra

    def __reduce__(self) -> tuple[type[MissingPackage], tuple[str, str, str]]:
        return MissingPackage, (self.what, self.package, self.extra)


class MissingWeights(OpsefError):
    """Raised when weights are not on disk and cannot be had; says which file, from where, and where to put it."""


class UnreadableFile(OpsefError):
    """Raised when a file is broken, empty or no image."""


class BadImage(OpsefError):
    """Raised when an image's pixels or axes cannot be worked with."""


class BadLabels(OpsefError):
    """Raised when a label image is none, or does not fit its image."""


class BadRunFolder(OpsefError):
    """Raised for a run folder of another format version, or a folder that holds something else."""


class NothingToShow(OpsefError):
    """Raised when a result is asked for that does not exist (yet)."""


class CannotWrite(OpsefError):
    """Raised when a file or folder cannot be written: no right to, read-only, no such place."""


class DiskFull(CannotWrite):
    """Raised when a result cannot be written because the disk is full."""
