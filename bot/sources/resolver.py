"""How a host's name is looked up: each look-up in a thread of its own, which nobody waits for.

The system's look-up cannot be cancelled and takes half a minute where a name server does not answer. In the event
loop's few shared threads some dead names would stop every other feed, and the program's end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from threading import Thread

from aiohttp.abc import AbstractResolver, ResolveResult

MAX_LOOKUPS = 64


class Resolver(AbstractResolver):
    """At most MAX_LOOKUPS at once, hanging ones included."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(MAX_LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[ResolveResult]] = loop.create_future()

        def settle(found: list[ResolveResult] | None, error: OSError | UnicodeError | None) -> None:
            self._places.release()
            if answer.done():  # nobody waits for it any more
                return
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(found or [])

        def look_up() -> None:
            found, error = None, None
            try:
                found = _addresses(host, port, family)
            except (OSError, UnicodeError) as trouble:
                error = trouble
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, found, error)

        Thread(target=look_up, name="look-up", daemon=True).start()
        return await answer

    async def close(self) -> None:
        """Nothing is kept."""


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    infos = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return [
        ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol, flags=flags)
        for kind, _, protocol, _, address in infos
    ]
