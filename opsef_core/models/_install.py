"""Installing a bundle: everything is verified before anything is moved to where models find it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from ..errors import BadConfig, BadParameter, DiskFull
from ._bundle import MANIFEST, Manifest, Member, Packed, as_table
from ._card import CARD, ZOO, read_card, sha256_of, weights_folder

LARGEST_MANIFEST = 4 << 20
PIECE = 1 << 20


def install(file: str | Path) -> pd.DataFrame:
    """Put the weights of a bundle where models find them, after everything was verified; nothing is overwritten.

    Returns:
        One row for each: model, weights, source, files, size_mb, state ("installed" or "is here already").

    Raises:
        BadConfig: it is no bundle, or not the one that was packed: a wrong checksum, a link, a path that leads out, ...
        BadParameter: other weights of the same name are here.
        DiskFull: there is not enough room.
    """
    file, home = Path(file), weights_folder()
    if not file.is_file():
        raise BadConfig(f"There is no bundle {file}.")
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _read_manifest(file, archive)
            home.mkdir(parents=True, exist_ok=True)
            _room_for(manifest, home)
            with tempfile.TemporaryDirectory(dir=home, prefix=".part-") as part:
                for member in manifest.members.values():
                    _unpack(file, archive, member, Path(part))
                states = [_state(one, Path(part), home) for one in manifest.weights]
                for one, state in zip(manifest.weights, states, strict=True):
                    if state == "installed":
                        _move(one, Path(part), home)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise BadConfig(f"{file} is no bundle of weights, or damaged: {error}.") from None
    except OSError as error:
        raise BadConfig(f"{file} cannot be installed to {home}: {error.strerror or error}.") from None
    return as_table(manifest.weights).assign(state=states)


def _read_manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    """The list of members, if the archive holds exactly these, as plain files of these sizes."""
    infos = archive.infolist()
    listed = {info.filename: info for info in infos}
    if MANIFEST not in listed or listed[MANIFEST].file_size > LARGEST_MANIFEST:
        raise BadConfig(f"{file} is no bundle of weights: it has no {MANIFEST}.")
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise BadConfig(f"{file} is not used: its member {info.filename!r} is compressed or encrypted.")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG) or info.filename.endswith("/"):
            raise BadConfig(f"{file} is not used: its member {info.filename!r} is a link or no file.")
    try:
        manifest = Manifest(**json.loads(archive.read(MANIFEST)))
    except (ValueError, TypeError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise BadConfig(f"{file} is not used: its {MANIFEST} cannot be understood ({reason}).") from None
    members = manifest.members
    paths = [member.path for one in manifest.weights for member in one.files]
    if len({p.casefold() for p in paths}) != len(paths) or sorted([*paths, MANIFEST]) != sorted(
        i.filename for i in infos
    ):
        raise BadConfig(f"{file} is not used: its members are not those its {MANIFEST} lists.")
    sizes = {path: listed[path].file_size for path in members}
    if any(sizes[path] != member.size for path, member in members.items()) or sum(sizes.values()) > file.stat().st_size:
        raise BadConfig(f"{file} is not used: its members do not have the sizes its {MANIFEST} says.")
    return manifest


def _room_for(manifest: Manifest, home: Path) -> None:
    needed, free = sum(m.size for m in manifest.members.values()), shutil.disk_usage(home).free
    if needed > free:
        raise DiskFull(f"The weights need {needed / 1e6:.0f} MB in {home}; {free / 1e6:.0f} MB are free.")


def _unpack(file: Path, archive: zipfile.ZipFile, member: Member, part: Path) -> None:
    """Write one member beside its place, no more than it said, and compare its checksum."""
    target = part / member.path
    target.parent.mkdir(parents=True, exist_ok=True)
    found, left = hashlib.sha256(), member.size
    with archive.open(member.path) as source, target.open("xb") as stream:
        while piece := source.read(min(PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                break
            found.update(piece)
            stream.write(piece)
    if left or found.hexdigest() != member.sha256:
        raise BadConfig(f"{file} is damaged: the checksum of {member.path} is not the one that was packed.")


def _tops(one: Packed) -> list[str]:
    """The folder, or the files, of these weights in the weights folder."""
    return list(dict.fromkeys(member.path.split("/")[0] for member in one.files))


def _state(one: Packed, part: Path, home: Path) -> str:
    """Whether these weights are to be installed; refuses what is not whole, or would hide or replace others."""
    for top in _tops(one):
        if (part / top / CARD).is_file():
            read_card(part / top).check(part / top)
    places = [place for top in _tops(one) for place in (ZOO / top, home / top) if os.path.lexists(place)]
    for place in places:
        if not _same(one, place):
            raise BadParameter(
                f"Other weights called {one.name} are here already: {place}. Nothing was installed; move them away, or "
                "make a bundle without these."
            )
    return "is here already" if {place.name for place in places} == set(_tops(one)) else "installed"


def _same(one: Packed, place: Path) -> bool:
    """Whether the files of a bundle at this place are the same byte for byte."""
    mine = {m.path: m for m in one.files if m.path.split("/")[0] == place.name}
    files = {path: place.parent / path for path in mine}
    return all(
        f.is_file() and f.stat().st_size == mine[p].size and sha256_of(f) == mine[p].sha256 for p, f in files.items()
    )


def _move(one: Packed, part: Path, home: Path) -> None:
    for top in _tops(one):
        if not (home / top).exists():
            (part / top).replace(home / top)
