"""Which process holds something for a while, and whether it is surely gone: what a crash on this machine left held need
not be waited for."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

BOOT = Path("/proc/sys/kernel/random/boot_id")
NAMESPACE = Path("/proc/self/ns/pid")


def machine() -> str:
    """Where process numbers mean the same: this boot of this machine, in this container."""
    try:
        return f"{BOOT.read_text().strip()}.{NAMESPACE.readlink()}"
    except OSError:
        return socket.gethostname()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


class Holder:
    """This process. `name` is what it signs with: machine, process number, and a word that no other life has."""

    def __init__(self, place: str = "", pid: int = 0, runs: Callable[[int], bool] = is_running) -> None:
        self._place = place or machine()
        self._pid = pid or os.getpid()
        self._runs = runs
        self.name = f"{self._place}/{self._pid}/{uuid4().hex}"

    def is_gone(self, name: str) -> bool:
        """Whether the process that signed like this does not live any more. Of another machine nobody can tell."""
        place, _, rest = name.partition("/")
        pid, _, _ = rest.partition("/")
        if place != self._place or not pid.isdecimal() or name.startswith(self.name):
            return False
        return int(pid) == self._pid or not self._runs(int(pid))
