"""Weights of library models: where a name leads, how they are told apart, and what to say when they are missing.

A model folder with a card comes first (see `_card.py`: the zoo, OPSEF_WEIGHTS, the cache folder). Then the library's
own file or folder of that name, in the same places and, last, where the library itself would have downloaded it to.
What is downloaded goes to `weights` in the cache folder (OPSEF_CACHE).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import pickle
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingWeights
from ..places import offline
from ._card import CARD, card_for, find_folder, folders, is_path, read_card, sha256_of, weights_folder

log = logging.getLogger(__name__)
PATIENCE_S = 30  # how long a silent server is waited for


def find(family: str, name: str, in_library: Path) -> Path | None:
    """The weights of that name or path, or None: a model folder, verified by its card, or the library's file or folder.

    Args:
        family: the model that uses them.
        name: a path, or a name.
        in_library: where the library itself keeps the official weights of that name.

    Raises:
        MissingWeights: a file of the model folder is missing or damaged.
        BadConfig: the model folder is another family's.
    """
    if (folder := find_folder(name)) is not None:
        card_for(family, folder).check(folder)
        return folder
    if is_path(name):
        given = Path(name).expanduser()
        return given if given.exists() else None
    return find_official(in_library)


def find_official(in_library: Path) -> Path | None:
    """A library's own file or folder of that name in our places, else in the library's."""
    places = [*(folder / in_library.name for folder in folders()), in_library]
    return next((place for place in places if place.exists()), None)


def main_file(found: Path) -> Path:
    """The file with the numbers: of a model folder the one its card names, else what was found."""
    return found / read_card(found).weights if (found / CARD).is_file() else found


def checksum(files: Iterable[Path]) -> str:
    """Short checksum of one or several files; a file is read again only when it changed."""
    h = hashlib.sha256()
    for file in files:
        h.update(sha256_of(file).encode())
    return h.hexdigest()[:16]


def download(what: str, get: Callable[[Path], Path], source: str, name: str, advice: str = "") -> Path:
    """Download weights to the cache folder, whole or not at all; troubles become one sentence that says what to do.

    Args:
        what: the weights, as users read it ("The Cellpose weights 'nuclei'").
        get: downloads into the folder it is given and returns the file or folder there that is wanted.
        source: address of the file.
        name: of the file or folder in the cache.
        advice: what a machine without network can do; "": bring the file over by hand.

    Returns:
        The place in the cache.

    Raises:
        MissingWeights: offline, no network, no such file on the server, disk full, ...
    """
    place = weights_folder() / name
    advice = advice or (
        f"Get the file {source} on a machine with internet and put it there: {place}"
        f"{' (unpacked)' if source.endswith('.zip') else ''}; or put it elsewhere and give its path as pretrained; "
        "or bring it over with `opsef bundle`."
    )
    if offline():
        raise MissingWeights(f"{what} are not on this machine, and nothing is downloaded offline. {advice}")
    log.info("%s: downloading %s to %s.", what, source, place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".part-") as part, _ordinary_network():
            got = get(Path(part))
            if not place.exists():  # somebody else may have been faster
                got.replace(place)
    except MissingWeights:
        raise
    except Exception as error:  # one library raises URLError, the other a bare Exception
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise MissingWeights(
            f"{what} are not on this machine and could not be downloaded ({first}). {advice}"
        ) from error
    return place


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
