"""How SIGTERM and SIGINT end `kabar run`: cleanly where that is quick, within 15 seconds always, with exit code 0."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType

from bot.log import logger

# The clean end takes less unless something hangs. To be cut off then is like a crash, for which everything is made.
WITHIN = 13.0
LOG = logger("run")


class Stop:
    """Until `gently` is called nothing has begun that needs an end: a signal ends the process at once, and whatever the
    database was in the middle of it takes back. From then on a signal sets the event, and a thread, which does
    not depend on the event loop, sees to the time."""

    def __init__(self) -> None:
        self._gentle: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._reader, self._writer = os.pipe()

    def install(self) -> None:
        threading.Thread(target=self._see_to_the_time, name="stop", daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked)

    def gently(self) -> asyncio.Event:
        """The event that a signal sets from now on."""
        stopping = asyncio.Event()
        self._gentle = (asyncio.get_running_loop(), stopping)
        return stopping

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        """May run in the middle of anything, even of itself: no lock is taken here."""
        if self._gentle is None:
            os._exit(0)
        os.write(self._writer, b"!")
        loop, stopping = self._gentle
        with suppress(RuntimeError):  # the loop is closed: the program is at its end anyway
            loop.call_soon_threadsafe(stopping.set)

    def _see_to_the_time(self) -> None:
        os.read(self._reader, 1)
        time.sleep(WITHIN)
        LOG.warning("stopped after %.0f seconds without waiting any longer; what hung is taken up at the start", WITHIN)
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os._exit(0)
