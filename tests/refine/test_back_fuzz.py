"""A folder in any state is read, or refused in words: never another exception, never a change of a file."""

import json
import random
import shutil

import numpy as np
import pytest
import tifffile
from refine import annotatorj_emulator as annotatorj
from refine.test_annotatorj import A, B, labelled, out

from opsef_core.errors import OpsefError
from opsef_core.refine import file_format

CASES = 500


@pytest.fixture(scope="module")
def corrected(tmp_path_factory):
    """A corrected folder, and the bytes of its files."""
    folder = tmp_path_factory.mktemp("fuzz") / "export"
    ids = np.where(A == 3, 70000, A).astype(np.int32)
    shown = annotatorj.open_list(out(folder, [labelled("a", ids, {1: "x", 70000: "y"}), labelled("b", B, {5: "x"})]))
    annotatorj.delete(shown.rois[1], 2)
    annotatorj.export(shown, faults=True)
    return folder, {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def mutated(rng, content):
    """Bytes that somebody, or a bad disk, has changed."""
    data = bytearray(content)
    how = rng.randrange(6)
    if how == 0:
        return bytes(data[: rng.randrange(len(data) + 1)])
    if how == 1 and data:
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    if how == 2:
        at = rng.randrange(len(data) + 1)
        data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 20)))
    if how == 3 and len(data) > 2:
        at = rng.randrange(len(data) - 1)
        del data[at : at + rng.randrange(1, 40)]
    if how == 4:
        at = rng.randrange(len(data) + 1)
        words = [b";", b"\r\n", b"..\\", b"/../../", b"_MaskClass99_", b"root;", b"\xff\xfe", b"-1", b"1e999", b"null"]
        data[at:at] = rng.choice(words)
    if how == 5:
        return rng.choice([b"", b"\0" * 50, b"PK\x03\x04", b"II*\0", b"{}", b"[]", content + content])
    return bytes(data)


def edited(rng, value):
    """A note in which some value, anywhere, is something else."""
    strange = [None, -1, 0, 2**40, 1.5, "", "../x", "a" * 300, [], {}, True, [[]], {"1": "x"}, "\0", float("inf")]
    if isinstance(value, dict) and value and rng.random() < 0.93:
        key = rng.choice(list(value))
        return (
            {**value, key: edited(rng, value[key])}
            if rng.random() < 0.95
            else {k: v for k, v in value.items() if k != key}
        )
    if isinstance(value, list) and value and rng.random() < 0.93:
        at = rng.randrange(len(value))
        return [*value[:at], edited(rng, value[at]), *value[at + 1 :]]
    return rng.choice(strange)


def outcome(folder, **options):
    """What the reader makes of a folder; any other error ends the test."""
    try:
        returned = file_format("annotatorj", **options).back(folder)
    except OpsefError:
        return "refused"
    return "read" if all(isinstance(problem, str) for problem in returned.problems) else "not in words"


def test_whatever_became_of_the_folder(corrected, caplog):
    caplog.set_level("CRITICAL", "tifffile")
    folder, files = corrected
    rng = random.Random(0)
    note = json.loads(files[next(p for p in files if p.name == "opsef_export.json")])
    outcomes = {"read": 0, "refused": 0}
    for _ in range(CASES):
        changed = dict.fromkeys(rng.sample(list(files), rng.randrange(1, 3)))
        for path in changed:
            if path.name == "opsef_export.json" and rng.random() < 0.8:
                changed[path] = json.dumps(edited(rng, note)).encode()
            elif path.suffix == ".tif" and rng.random() < 0.3:
                shape = rng.choice([A.shape, (1, *A.shape), (0, 5), (3, 3), (4, 5, 3)])
                kind = rng.choice(["u1", "u2", "i4", "u4", "f4", "f8", "i1"])
                pixels = (
                    np.full(shape, rng.choice([0, 1, 3, -1, 200, float("nan")]))
                    if kind[0] == "f"
                    else np.ones(shape, kind)
                )
                if pixels.size:
                    tifffile.imwrite(folder / path, pixels.astype(kind))
                changed[path] = (folder / path).read_bytes()
            else:
                changed[path] = mutated(rng, files[path])
            (folder / path).write_bytes(changed[path])
        outcomes[outcome(folder, contours=rng.random() < 0.3)] += 1
        for path, content in changed.items():
            assert (folder / path).read_bytes() == content
            (folder / path).write_bytes(files[path])
    assert min(outcomes.values()) > CASES / 100, outcomes
    shutil.rmtree(folder)
