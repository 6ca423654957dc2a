"""Weights in one file, for a machine without network: a zip of model folders and files with a checksum of each.

Members are stored as they are (weights hardly get smaller), so a bundle cannot unpack to more than its own size.
`manifest.json` lists every member; a member it does not list, and a listed one that is missing, is refused.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadParameter, MissingWeights
from ._card import BIOIMAGEIO, CARD, folder_name, is_path, read_card, sha256_of
from ._segmenter import model
from ._sources import Source, of_folder, sources

MANIFEST = "manifest.json"
PLACE = re.compile(r"[\w][\w .+()-]*(/[\w][\w .+()-]*)?")  # a file, or a file in a folder; nothing hidden


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
    return as_table(packed)


def fetch(names: Sequence[str]) -> pd.DataFrame:
    """Download official weights, or those of bioimage.io, before a model asks for them; what is here is left alone.

    Args:
        names: as given to `pretrained`: "nuclei", "2D_versatile_fluo", "bioimageio:ID".

    Returns:
        One row for each: model, weights, source, files, size_mb.

    Raises:
        MissingWeights: a name nobody knows, weights that cannot be had, or nothing may be downloaded.
        MissingPackage: the library that downloads them is not installed.
    """
    there = sources()
    chosen = [_chosen(name, there) for name in names]
    return as_table(_packed(one, {_path_of(one, path): path for path in one.files}) for one in chosen)


def _chosen(name: str, there: Sequence[Source]) -> Source:
    """The weights of a name or folder; downloaded where they are not here and can be."""
    if is_path(name):
        folder = Path(name).expanduser().resolve()
        if not (folder / CARD).is_file():
            raise MissingWeights(f"{name} is no model folder: it holds no {CARD}.")
        found: Source | None = of_folder(folder.name, folder)
    else:
        found = _called(name, there)
        if found is None and name.startswith(BIOIMAGEIO):
            _fetch("stardist", name)
        elif found is not None and found.source == "official" and not found.on_disk:
            _fetch(found.family, name)
        found = _called(name, sources())
    if found is None:
        here = [s.name for s in there if s.on_disk]
        raise MissingWeights(
            f"There are no weights called {name!r} (`opsef models` lists all). On this machine: "
            f"{', '.join(here) or 'none'}."
        )
    if not found.on_disk:
        raise MissingWeights(f"The weights {name!r} cannot be had here: {found.lacks}.")
    return found


def _called(name: str, there: Sequence[Source]) -> Source | None:
    return next((s for s in there if s.name == folder_name(name)), None)


def _fetch(family: str, name: str) -> None:
    wanted = model(family, pretrained=name)
    for need in wanted.needs:
        need.check(f"The model {family!r}")
    wanted.fetch()


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


def as_table(packed: Iterable[Packed]) -> pd.DataFrame:
    """One row for each: model, weights, source, files, size_mb."""
    rows = [(p.family, p.name, p.source, len(p.files), sum(m.size for m in p.files) / 1e6) for p in packed]
    return pd.DataFrame(rows, columns=["model", "weights", "source", "files", "size_mb"])
