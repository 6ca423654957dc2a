"""Fixtures of the fit: the family that learns one number, and images of discs."""

import pytest
import toy
from level_family import level, pictures  # noqa: F401


@pytest.fixture(scope="session")
def pairs():
    """Five images of discs and their labels."""
    return [toy.many_discs(f"discs_{seed}", seed=seed, shape=(96, 96)) for seed in range(5)]
