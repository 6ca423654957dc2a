"""dataset.yml: what a data set says about itself and its files, checked before anything is believed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..errors import BadConfig, UnknownName, UnreadableFile
from ..registry import explain

FILE = "dataset.yml"
FOLDERS = "OPSEF_DATASETS"  # environment variable: folders with data sets
_CHECKOUT = Path(__file__).parents[2] / "datasets"


class DatasetFile(BaseModel):
    """One image of a data set, and its truth.

    Attributes:
        image: the image file, relative to the folder of dataset.yml.
        truth: label image (0 background, each other value one object) of the same size, if there is one.
        image_sha256, truth_sha256: checksums of the files; None: not checked.
        columns: what else is known about the image; columns of `Dataset.table`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str
    truth: str | None = None
    image_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    truth_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    columns: dict[str, bool | int | float | str | None] = {}

    @field_validator("image", "truth")
    @classmethod
    def _stays_inside(cls, path: str | None) -> str | None:
        if path is None:
            return None
        if "\\" in path or PureWindowsPath(path).drive or not PurePosixPath(path).name:
            raise ValueError("paths are written like images/one.png")
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError("the path leaves the folder of the data set")
        return path


class DatasetInfo(BaseModel):
    """Where a data set comes from, what one may do with it, and how to cite it.

    Attributes:
        title, about: for people, in a line and in a few sentences.
        source, url, doi: where it comes from.
        licence: SPDX name ("CC0-1.0") or words.
        cite: what a paper that uses it should cite.
        classes: names of the classes of objects.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    licence: str
    source: str
    about: str = ""
    url: str | None = None
    cite: str | None = None
    doi: str | None = None
    classes: tuple[str, ...] = ()


def known_datasets() -> dict[str, Path]:
    """Folder of every data set that can be loaded by name, sorted by name.

    They are looked for in the folders that the environment variable OPSEF_DATASETS names, then in `datasets/` beside
    the package; of two with one name the first counts.
    """
    places = [Path(p).expanduser() for p in os.environ.get(FOLDERS, "").split(os.pathsep) if p]
    found: dict[str, Path] = {}
    for place in (*places, _CHECKOUT):
        for description in sorted(place.glob(f"*/{FILE}")):
            found.setdefault(description.parent.name, description.parent)
    return dict(sorted(found.items()))


def folder_of(name_or_folder: str | Path) -> Path:
    """The folder of a data set, from its name or the path of its folder.

    Raises:
        UnknownName: no data set of that name; the nearest is offered.
        BadConfig: a folder without dataset.yml.
    """
    known = known_datasets()
    if isinstance(name_or_folder, str) and name_or_folder in known:
        return known[name_or_folder]
    folder = Path(name_or_folder).expanduser()
    if (folder / FILE).is_file():
        return folder
    if folder.is_dir():
        raise BadConfig(
            f"The folder {folder} is no data set: it has no {FILE}. To read its images: images({str(folder)!r})."
        )
    raise UnknownName("data set", str(name_or_folder), known)


def read_description(folder: Path) -> tuple[DatasetInfo, list[DatasetFile]]:
    """What dataset.yml says.

    Raises:
        BadConfig: it is no YAML, has unknown keys (the nearest is offered) or impossible values, names a file twice or
            one outside its folder.
    """
    path = folder / FILE
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path} cannot be understood: {error}") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("files"), list) or not raw["files"]:
        raise BadConfig(
            f"{path} is not the description of a data set: it needs a title, a licence and a list of files."
        )
    entries = raw.pop("files")
    info = _checked(str(path), DatasetInfo, raw)
    files = [_checked(f"{path}, file {n}", DatasetFile, entry) for n, entry in enumerate(entries, start=1)]
    names = [f.image for f in files]
    for name in names:
        if names.count(name) > 1:
            raise BadConfig(f"{path} names {name} {names.count(name)} times; an image stands there once.")
        for part in (name, *(f.truth for f in files if f.image == name and f.truth)):
            if not (folder / part).resolve().is_relative_to(folder.resolve()):
                raise BadConfig(f"{path}: {part} is a link that leaves the folder of the data set.")
    return info, files


def _checked(what: str, record: type[Any], values: Any) -> Any:
    if not isinstance(values, dict):
        raise BadConfig(f"{what}: {values!r} is no list of keys and values.")
    try:
        return record(**{str(k): v for k, v in values.items()})
    except ValidationError as error:
        raise BadConfig(explain(what, record, error)) from None


def verify(folder: Path, name: str, expected: Iterable[tuple[str, str | None]]) -> None:
    """Check that files are there and are what the description says.

    Args:
        folder: of the data set.
        name: of the data set, for the error.
        expected: file and its sha256 (None: any content).

    Raises:
        UnreadableFile: files that are missing or have another content, all of them.
    """
    wrong = []
    for file, sha256 in expected:
        if not (folder / file).exists():
            wrong.append(f"{file} is missing")
        elif sha256 is not None and _sha256(folder / file) != sha256:
            wrong.append(f"{file} has changed (its sha256 is not the one in {FILE})")
    if wrong:
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise UnreadableFile(
            f"The data set {name} in {folder} is damaged: {'; '.join(wrong[:5])}{more}. "
            f"Get these files again, or correct {FILE} if the change was meant."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
