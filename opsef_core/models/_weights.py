"""Where the weights of library models live, how they are told apart, and what to say when they are missing.

A weights file is looked for in this order: a path the user gave (anything with a slash), the zoo shipped with the
package, the folder named by OPSEF_WEIGHTS (say, a course's shared folder), the library's own download folder. A file
in the current folder is never taken by accident: write `./name`.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import io
import logging
import os
import pickle
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingWeights
from ._card import CARD, ZOO, read_card, sha256_of

log = logging.getLogger(__name__)
PATIENCE_S = 30  # how long a silent server is waited for


def is_path(name: str) -> bool:
    """Whether a name means a file or folder: it has a slash in it."""
    return "/" in name or os.sep in name


def find(name: str, in_library: Path) -> Path | None:
    """The weights file or folder of that name, or None.

    Args:
        name: a path, or a name.
        in_library: where the library would download that name to.
    """
    if is_path(name):
        given = Path(name).expanduser()
        return given if given.exists() else None
    card = ZOO / name / CARD
    if card.is_file():
        return read_card(card.parent).check(card.parent)
    shared = os.environ.get("OPSEF_WEIGHTS")
    places = ([Path(shared).expanduser() / in_library.name] if shared else []) + [in_library]
    return next((p for p in places if p.exists()), None)


def checksum(files: Iterable[Path]) -> str:
    """Short checksum of one or several files; a file is read again only when it changed."""
    h = hashlib.sha256()
    for file in files:
        h.update(sha256_of(file).encode())
    return h.hexdigest()[:16]


def download(what: str, get: Callable[[], Any], source: str, place: Path) -> None:
    """Let a library download weights; its troubles become one sentence that says what to do.

    Args:
        what: the weights, as users read it ("The Cellpose weights 'nuclei'").
        get: the library's own download.
        source: address of the file.
        place: where it belongs on this machine.

    Raises:
        MissingWeights: no network, no such file on the server, disk full, ...
    """
    log.info("%s: downloading %s to %s.", what, source, place)
    try:
        with _ordinary_network():
            get()
    except Exception as error:  # one library raises URLError, the other a bare Exception
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise MissingWeights(
            f"{what} are not on this machine and could not be downloaded ({first}). Get the file {source} on a machine "
            f"with internet and put it there: {place}{' (unpacked)' if source.endswith('.zip') else ''}; "
            "or put it elsewhere and give its path as pretrained."
        ) from error


@contextlib.contextmanager
def _ordinary_network() -> Iterator[None]:
    """Do not wait for ever, and undo what a library changes for the whole process (Cellpose: certificate checks)."""
    context, timeout = ssl._create_default_https_context, socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_S)
    try:
        yield
    finally:
        ssl._create_default_https_context = context
        socket.setdefaulttimeout(timeout)


def unknown(library: str, name: str, official: Iterable[str], kind: str = "file") -> MissingWeights:
    """The error for weights that nobody knows."""
    names = list(official)
    if is_path(name):
        return MissingWeights(f"There is no {kind} {name} with {library} weights.")
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return MissingWeights(
        f"There are no {library} weights called {name!r}.{hint} Known: {', '.join(names)}. "
        f"Or give a {kind} of yours by its path (./{name} for one in this folder)."
    )


class _ArraysOnly(pickle.Unpickler):
    """Reads a dictionary of numpy arrays and refuses everything else."""

    ALLOWED = frozenset(
        (f"numpy{core}.multiarray" if function != "ndarray" and function != "dtype" else "numpy", function)
        for core in (".core", "._core")
        for function in ("_reconstruct", "scalar", "ndarray", "dtype")
    )

    def find_class(self, module: str, name: str) -> Any:
        """The few things an array consists of."""
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it wants {module}.{name}, which is no array")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_array_dictionary(file: Path) -> dict[str, Any]:
    """A dictionary of arrays that numpy saved as an object: how Cellpose 3 keeps its size models.

    Such a file is a pickle, which could run any program; this reader takes numbers and arrays and nothing else.

    Raises:
        MissingWeights: the file holds anything else.
    """
    stream = io.BytesIO(file.read_bytes())
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        read(stream)
        content = _ArraysOnly(stream).load().item()
        return {str(key): value for key, value in content.items()}
    except (ValueError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        raise MissingWeights(f"{file} is not a Cellpose size model: {error}.") from None
