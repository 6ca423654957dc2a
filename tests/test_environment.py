"""pyproject.toml, environment.yml and constraints.txt say the same."""

import fnmatch
import importlib.metadata
import re
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text("utf8"))["project"]


@pytest.fixture(scope="module")
def wanted(project):
    """Every package of pyproject.toml, core and extras: name -> bounds."""
    extras = (one for many in project["optional-dependencies"].values() for one in many)
    found = [Requirement(text) for text in (*project["dependencies"], *extras)]
    return {canonicalize_name(r.name): r.specifier for r in found if r.name != project["name"]}


@pytest.fixture(scope="module")
def pinned(root):
    lines = [line for line in (root / "constraints.txt").read_text("utf8").splitlines() if line.strip()]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[0-9][A-Za-z0-9.+!]*", line)] == []
    return {canonicalize_name(name): Version(version) for name, version in (line.split("==") for line in lines)}


def test_conda_has_the_same_packages_and_bounds(root, project, wanted):
    entries = yaml.safe_load((root / "environment.yml").read_text("utf8"))["dependencies"]
    (pip,) = (entry["pip"] for entry in entries if isinstance(entry, dict))
    found = [Requirement(text) for text in (*(e for e in entries if isinstance(e, str)), *pip)]
    bounds = {canonicalize_name(r.name): r.specifier for r in found}
    assert len(bounds) == len(found), "a package is listed twice"
    assert bounds.pop("python") == Requirement(f"python{project['requires-python']}").specifier
    assert bounds.pop("pip") == Requirement("pip").specifier
    assert bounds == wanted


def test_every_package_is_pinned_within_its_bounds(wanted, pinned):
    assert sorted(set(wanted) - set(pinned)) == []
    assert {name: str(pinned[name]) for name, bounds in wanted.items() if pinned[name] not in bounds} == {}


def brought(requirements, extras=()):
    """Requirements of a package that count: those of no extra, or of one of these. Other systems' count, too."""
    found = [Requirement(text) for text in requirements or ()]
    return [
        r for r in found if "extra" not in str(r.marker) or any(r.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def test_every_pin_is_of_something_that_gets_installed(project, pinned):
    wanted = brought(
        (*project["dependencies"], *(t for many in project["optional-dependencies"].values() for t in many))
    )
    seen = {"uv", project["name"]}  # uv installs the rest
    while wanted:
        one = wanted.pop()
        name = canonicalize_name(one.name)
        if (name, *sorted(one.extras)) in seen or name == project["name"]:
            continue
        seen |= {name, (name, *sorted(one.extras))}
        try:
            wanted += brought(importlib.metadata.requires(name), one.extras)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
    assert sorted(set(pinned) - seen) == []


def test_no_pin_ties_the_set_to_one_kind_of_machine(pinned):
    """What torch brings for one graphics card or system is fixed by torch itself, and is not there on others."""
    assert [name for name in pinned if name.startswith(("nvidia-", "cuda-")) or name in {"triton", "pip"}] == []


@pytest.mark.parametrize(
    "file", ["pyproject.toml", "environment.yml", "constraints.txt", "Makefile", ".ci/run", ".pre-commit-config.yaml"]
)
def test_no_download_address(root, file):
    assert re.findall(r"\w+://\S+|index-url|find-links", (root / file).read_text("utf8")) == []


def test_this_python_is_one_the_project_allows(project):
    assert (
        Version(".".join(map(str, sys.version_info[:3])))
        in Requirement(f"python{project['requires-python']}").specifier
    )


def test_every_file_of_the_package_is_in_a_wheel(root):
    """Weights, templates, pages and the JavaScript of widgets: what is no module must be named in package-data."""
    about = tomllib.loads((root / "pyproject.toml").read_text("utf8"))["tool"]["setuptools"]["package-data"]
    files = [path.relative_to(root / "opsef_core") for path in (root / "opsef_core").rglob("*") if path.is_file()]
    data = [file.as_posix() for file in files if file.suffix not in (".py", ".pyc")]
    assert len(data) > 50
    assert [name for name in data if not any(fnmatch.fnmatch(name, pattern) for pattern in about["opsef_core"])] == []
