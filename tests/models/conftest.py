"""Fixtures of the models: tiny networks, and no way out."""

import pytest
from tiny_networks import cellpose_file, colour_stardist_folder, stardist_folder  # noqa: F401


@pytest.fixture
def no_network(monkeypatch):
    """Whoever opens a connection or asks for an address fails the test."""
    import socket

    def refuse(*args, **kwargs):
        pytest.fail(f"somebody asked for the network: {args}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
