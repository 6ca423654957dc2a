import logging

import pytest

from opsef_core.errors import BadParameter
from opsef_core.models import find_device
from opsef_core.models._device import with_smaller_batches


def test_auto_takes_what_there_is():
    torch = pytest.importorskip("torch")
    there = [torch.cuda.is_available() and "cuda", torch.backends.mps.is_available() and "mps", "cpu"]
    assert find_device("auto") == next(d for d in there if d)


def test_a_device_can_be_asked_for():
    assert find_device("cpu") == "cpu"
    with pytest.raises(BadParameter, match=r"There is no device 'gpu'. Known: auto, cpu, cuda, mps"):
        find_device("gpu")


def test_a_device_that_is_not_there(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BadParameter) as error:
        find_device("cuda:1")
    assert str(error.value) == "This machine has no cuda device that torch can use; ask for 'auto' or 'cpu'."


def test_without_torch_there_is_the_cpu(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert find_device("auto") == "cpu"
    with pytest.raises(BadParameter, match="needs torch"):
        find_device("cuda")


class ResourceExhaustedError(Exception):
    """Called like TensorFlow's."""


FULL = [
    RuntimeError("CUDA out of memory. Tried to allocate"),
    MemoryError(),
    ResourceExhaustedError("OOM when allocating tensor"),
]


@pytest.mark.parametrize("error", FULL, ids=lambda e: type(e).__name__)
def test_smaller_batches_when_memory_is_full(caplog, error):
    tried = []

    def work(batch):
        tried.append(batch)
        if batch > 2:
            raise error
        return "done"

    with caplog.at_level(logging.WARNING):
        assert with_smaller_batches(work, 8) == "done"
    assert tried == [8, 4, 2]
    assert [r.getMessage() for r in caplog.records] == [
        "Out of memory with batches of 8; going on with batches of 4.",
        "Out of memory with batches of 4; going on with batches of 2.",
    ]


def test_memory_that_never_suffices_is_an_error():
    def work(batch):
        raise MemoryError(f"batch {batch}")

    with pytest.raises(MemoryError, match="batch 1"):
        with_smaller_batches(work, 4)


def test_other_errors_are_not_repeated():
    tried = []

    def work(batch):
        tried.append(batch)
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        with_smaller_batches(work, 8)
    assert tried == [8]
