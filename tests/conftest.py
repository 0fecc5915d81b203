"""For every test: no connection leaves this machine, and no setting of the person who runs the tests gets in."""

from __future__ import annotations

import os
import shutil
import socket
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import settings

MEMORY = Path("/dev/shm")  # where Linux keeps files in memory
ROOM = 2 << 30
LONGEST = ("test_stopping", "test_proof", "test_database_trouble", "test_bad_input", "test_whole_program")
REAL_CONNECT = socket.socket.connect
REAL_GETADDRINFO = socket.getaddrinfo


if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
    # Every commit of a test would wait for a disk, for the sake of data that nobody reads again.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


# The same cases every time: who changed nothing finds nothing. `HYPOTHESIS_PROFILE=default make test` looks for others.
settings.register_profile("same", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Scenarios mostly wait for a program. With several workers two of them begin with those, the longest first, while
    the others fill that time; each worker gets a piece of the list to begin with."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    waiting = [item for item in items if item.path.parent.name == "scenarios"]
    others = [item for item in items if item.path.parent.name != "scenarios"]
    waiting.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))
    if workers < 2:
        return
    before = len(items) // workers - len(waiting[::2])
    items[:] = [*waiting[::2], *others[:before], *waiting[1::2], *others[before:]]


def _check(address: object) -> None:
    if isinstance(address, tuple) and address:
        try:
            local = ip_address(str(address[0]).split("%")[0]).is_loopback
        except ValueError:
            local = address[0] == "localhost"
        if not local:
            raise AssertionError(f"a test tried to connect to {address!r}")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: object) -> None:
        _check(address)
        REAL_CONNECT(self, address)  # type: ignore[arg-type]

    def getaddrinfo(host: object, *args: object, **kwargs: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in (None, "", "localhost"):
            try:
                ip_address(str(name))
            except ValueError:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        return REAL_GETADDRINFO(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in os.environ:
        if name.startswith("KABAR_"):
            monkeypatch.delenv(name)
