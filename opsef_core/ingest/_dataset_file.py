"""dataset.yml: what a data set says about itself and its files, checked before anything is believed."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..backslashes import quoting_hint, windows_hint
from ..errors import BadConfig, UnknownName, UnreadableFile
from ..places import data_folder
from ..registry import explain
from ._dataset_table import read_table

FILE = "dataset.yml"
FOLDERS = "OPSEF_DATASETS"  # environment variable: folders with data sets
_CHECKOUT = Path(__file__).parents[2] / "datasets"


def _inside(path: str | None) -> str | None:
    """A relative path, if it stays in its folder."""
    if path is None:
        return None
    if "\\" in path or windows_hint(path) or PureWindowsPath(path).drive or not PurePosixPath(path).name:
        raise ValueError("paths are written like images/one.png")
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise ValueError("the path leaves the folder of the data set")
    return path


class DatasetFile(BaseModel):
    """One image of a data set, and its truth.

    Attributes:
        image: the image file, relative to the folder the files lie in.
        truth: label image (0 background, each other value one object) of the same size, if there is one.
        image_sha256, truth_sha256: checksums of the files; None: not checked.
        truth_objects_sha256: checksum of the objects alone, see `objects_sha256`; for truth that is made anew on each
            machine, so that its bytes differ with the library that packed it. None: not checked.
        columns: what else is known about the image; columns of `Dataset.table`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str
    truth: str | None = None
    image_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    truth_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    truth_objects_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    columns: dict[str, bool | int | float | str | None] = {}

    _paths = field_validator("image", "truth")(_inside)


class DatasetInfo(BaseModel):
    """Where a data set comes from, what one may do with it, and how to cite it.

    Attributes:
        title, about: for people, in a line and in a few sentences.
        source, url, doi: where it comes from.
        licence: SPDX name ("CC0-1.0") or words.
        cite: what a paper that uses it should cite.
        classes: names of the classes of objects.
        fetch: the script beside dataset.yml that gets the files, if they are not part of the data set; they then lie
            in the data folder (see `place_of`), not beside dataset.yml. A table of files that is not beside it either
            is written there by the script.
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
    fetch: str | None = None

    _paths = field_validator("fetch")(_inside)


def known_datasets() -> dict[str, Path]:
    """Folder of every data set that can be loaded by name, sorted by name.

    They are looked for in the folders that the environment variable OPSEF_DATASETS names, in `datasets/` beside the
    package, and in the data folder, where those lie that were made on this machine; of two with one name the first
    counts.
    """
    places = [Path(p).expanduser() for p in os.environ.get(FOLDERS, "").split(os.pathsep) if p]
    found: dict[str, Path] = {}
    for place in (*places, _CHECKOUT, data_folder()):
        for description in sorted(place.glob(f"*/{FILE}")):
            found.setdefault(description.parent.name, description.parent)
    return dict(sorted(found.items()))


def folder_of(name_or_folder: str | Path) -> Path:
    """The folder of a data set, from its name or the path of its folder.

    Raises:
        UnknownName: no data set of that name; the nearest is offered.
        BadConfig: a folder without dataset.yml.
        UnreadableFile: a path as Windows writes it, where that is none.
    """
    known = known_datasets()
    if not isinstance(name_or_folder, str | Path):
        raise UnknownName("data set", str(name_or_folder), known)
    if isinstance(name_or_folder, str) and name_or_folder in known:
        return known[name_or_folder]
    folder = Path(name_or_folder).expanduser()
    if (folder / FILE).is_file():
        return folder
    if folder.is_dir():
        raise BadConfig(
            f"The folder {folder} is no data set: it has no {FILE}. To read its images: images({str(folder)!r})."
        )
    if hint := windows_hint(str(name_or_folder)):
        raise UnreadableFile(f"There is no folder {name_or_folder}.{hint}")
    raise UnknownName("data set", str(name_or_folder), known)


def place_of(home: Path, info: DatasetInfo, folder: str | Path | None = None) -> Path:
    """Where the files of a data set lie.

    Args:
        home: folder of dataset.yml.
        info: what it says.
        folder: where the user says they lie.

    Returns:
        That folder; else beside dataset.yml or, if they have to be fetched, `<data folder>/<name of the data set>`.
    """
    if folder is not None:
        return Path(folder).expanduser()
    return home if info.fetch is None else data_folder() / home.resolve().name


def read_description(folder: Path, there: str | Path | None = None) -> tuple[DatasetInfo, list[DatasetFile]]:
    """What dataset.yml, and the table of files it may name, say.

    Args:
        folder: of dataset.yml.
        there: where the user says the files lie.

    Returns:
        What it says, and its files. A set that has to be fetched may name a table that only its script can write, which
        then lies with the files; as long as it is not there, no file is known.

    Raises:
        BadConfig: it is no YAML, has unknown keys (the nearest is offered) or impossible values, names a file twice or
            one outside its folder.
    """
    path = folder / FILE
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path} cannot be understood.{quoting_hint(error)} {error}") from None
    files = raw.get("files") if isinstance(raw, dict) else None
    if not isinstance(files, list | str) or not files:
        raise BadConfig(
            f"{path} is not the description of a data set: it needs a title, a licence and a list of files "
            "(or the name of a csv table with one row a file)."
        )
    del raw["files"]
    info = _checked(str(path), DatasetInfo, raw)
    entries = _entries(folder, files, None if info.fetch is None else place_of(folder, info, there))
    for name, times in Counter(f.image for f in entries).items():
        if times > 1:
            raise BadConfig(f"{path} names {name} {times} times; an image stands there once.")
    return info, entries


def _entries(folder: Path, files: list[Any] | str, fetched: Path | None) -> list[DatasetFile]:
    """The entries of the list of files, or of the table of that name, which may lie in the folder `fetched`."""
    path = folder / FILE
    if isinstance(files, list):
        return [_checked(f"{path}, file {n}", DatasetFile, entry) for n, entry in enumerate(files, start=1)]
    try:
        _inside(files)
    except ValueError as error:
        raise BadConfig(f"{path}: files = {files!r} is not possible: {error}.") from None
    table = folder / files
    if fetched is not None and not table.exists():
        table = fetched / files
        if not table.exists():
            return []
    rows = read_table(table, [name for name in DatasetFile.model_fields if name != "columns"])
    return [_checked(f"{table}, line {n}", DatasetFile, row) for n, row in rows.items()]


def _checked(what: str, record: type[Any], values: Any) -> Any:
    if not isinstance(values, dict):
        raise BadConfig(f"{what}: {values!r} is no list of keys and values.")
    try:
        return record(**{str(k): v for k, v in values.items()})
    except ValidationError as error:
        raise BadConfig(explain(what, record, error)) from None
