"""Weights in one file, for a machine without network: a zip of model folders and files with a checksum of each.

Members are stored as they are (weights hardly get smaller), so a bundle cannot unpack to more than its own size.
`manifest.json` lists every member; a member it does not list, and a listed one that is missing, is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadConfig, BadParameter, DiskFull, MissingWeights
from ._card import CARD, ZOO, folder_name, is_path, read_card, sha256_of, weights_folder
from ._segmenter import model
from ._sources import Source, of_folder, sources

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 4 << 20
PLACE = re.compile(r"[\w][\w .+()-]*(/[\w][\w .+()-]*)?")  # a file, or a file in a folder; nothing hidden
PIECE = 1 << 20


def _inside(path: str) -> str:
    """A path that stays where it is unpacked."""
    if not PLACE.fullmatch(path) or any(part.endswith((".", " ")) for part in path.split("/")):
        raise ValueError(f"{path!r} is no plain file name, or file name in one folder")
    return path


class Member(BaseModel):
    """One file of a bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, AfterValidator(_inside)]
    size: int = Field(ge=0)
    sha256: str


class Packed(BaseModel):
    """Weights in a bundle: what `model(family, pretrained=name)` finds after the installation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    name: str
    source: str
    licence: str
    files: tuple[Member, ...] = Field(min_length=1)


class Manifest(BaseModel):
    """What is in a bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    opsef_bundle: Literal[1] = 1
    weights: tuple[Packed, ...]

    @property
    def members(self) -> dict[str, Member]:
        """All files by path."""
        return {member.path: member for packed in self.weights for member in packed.files}


def bundle(file: str | Path, names: Sequence[str] = ()) -> pd.DataFrame:
    """Pack weights with their cards and checksums into one file.

    Args:
        file: the bundle, written whole or not at all.
        names: as given to `pretrained`: shipped, official ("nuclei"; downloaded first where they are not here) or your
            own, by name or folder. None: all that are on this machine, but for those shipped with the package.

    Returns:
        One row for each: model, weights, source, files, size_mb.

    Raises:
        MissingWeights: a name nobody knows, weights that cannot be had, or a damaged model folder.
        BadParameter: nothing to pack, or two things that would get one name.
    """
    there = sources()
    chosen = [_chosen(name, there) for name in names] or [s for s in there if s.on_disk and s.source != "zoo"]
    if not chosen:
        raise BadParameter("There are no weights to pack but those shipped with opsef-core; name some.")
    contents: dict[str, Path] = {}
    packed = []
    for one in dict.fromkeys(chosen):
        _check(one)
        members = {_path_of(one, path): path for path in one.files}
        if taken := sorted(set(members) & set(contents)):
            raise BadParameter(f"Two of these weights have a file {taken[0]}; a bundle can hold one of them.")
        contents |= members
        packed.append(_packed(one, members))
    _write(Path(file), Manifest(weights=tuple(packed)), contents)
    return _table(packed)


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
    return _table(manifest.weights).assign(state=states)


# --- packing ------------------------------------------------------------------------------------------------------


def _chosen(name: str, there: Sequence[Source]) -> Source:
    """The weights of a name or folder; official ones are downloaded where they are not here."""
    if is_path(name):
        folder = Path(name).expanduser()
        if not (folder / CARD).is_file():
            raise MissingWeights(f"{name} is no model folder: it holds no {CARD}.")
        found = of_folder(folder.resolve().name, folder.resolve())
    else:
        known = {s.name: s for s in there}
        if folder_name(name) not in known:
            here = [s.name for s in there if s.on_disk]
            raise MissingWeights(
                f"There are no weights called {name!r} (`opsef models` lists all). On this machine: "
                f"{', '.join(here) or 'none'}."
            )
        found = known[folder_name(name)]
    if found.on_disk:
        return found
    if found.source != "official":
        raise MissingWeights(
            f"The weights {name!r} cannot be packed: they are not on this machine, or not all of them."
        )
    wanted = model(found.family, pretrained=found.name)
    for need in wanted.needs:
        need.check(f"The model {found.family!r}")
    wanted.fetch()
    return next(s for s in sources() if s.name == name)


def _check(one: Source) -> None:
    """Only whole model folders are packed."""
    folder = one.files[0].parent
    if (folder / CARD).is_file():
        read_card(folder).check(folder)


def _path_of(one: Source, path: Path) -> str:
    """Where a file goes: its own name, or folder and name; a size model may lie elsewhere than its weights."""
    inside = one.source != "official" or one.family == "stardist"
    return f"{path.parent.name}/{path.name}" if inside else path.name


def _packed(one: Source, members: dict[str, Path]) -> Packed:
    try:
        return Packed(
            family=one.family,
            name=next(iter(members)).split("/")[0] if one.source == "own" else one.name,
            source=one.source,
            licence=one.licence,
            files=tuple(Member(path=p, size=f.stat().st_size, sha256=sha256_of(f)) for p, f in members.items()),
        )
    except ValidationError as error:
        raise BadParameter(f"The weights {one.name} cannot be packed: {error.errors()[0]['msg']}.") from None


def _write(file: Path, manifest: Manifest, contents: dict[str, Path]) -> None:
    part = file.with_name(file.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
            for path, source in contents.items():
                archive.write(source, path)
        part.replace(file)
    except OSError as error:
        raise BadParameter(f"{file} cannot be written: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)


# --- installing ---------------------------------------------------------------------------------------------------


def _read_manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    """The list of members, if the archive holds exactly these, as plain files of these sizes."""
    infos = archive.infolist()
    listed = {info.filename: info for info in infos}
    if MANIFEST not in listed or listed[MANIFEST].file_size > LARGEST_MANIFEST:
        raise BadConfig(f"{file} is no bundle of weights: it has no {MANIFEST}.")
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise BadConfig(f"{file} is not used: its member {info.filename!r} is compressed or encrypted.")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG) or info.is_dir():
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


def _table(packed: Iterable[Packed]) -> pd.DataFrame:
    rows = [(p.family, p.name, p.source, len(p.files), sum(m.size for m in p.files) / 1e6) for p in packed]
    return pd.DataFrame(rows, columns=["model", "weights", "source", "files", "size_mb"])
