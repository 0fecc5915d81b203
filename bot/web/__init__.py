"""The one HTTP listener: hands what comes in to the platform that named the path, and says whether the bot is well."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from bot.log import logger, redact
from bot.ports import Ask, Handler, Reply, Routes

LARGEST_BODY = 2 * 1024 * 1024
BODY_WITHIN = 10.0  # seconds; who drips must not hold a connection for ever
ANSWER_WITHIN = 10.0
STOP_WITHIN = 2.0
LOG = logger("web")

Probe = Callable[[], Awaitable[str]]
"""What keeps the bot from being ready, in one line; empty when nothing does."""


class Listener:
    """Serves the routes that it is given while it runs; platforms may come and go. `place` is HOST:PORT; port 0 takes
    any free one."""

    def __init__(self, place: str, ready: Probe) -> None:
        self._host, _, port = place.rpartition(":")
        self._wanted = int(port)
        self._ready = ready
        self._sources: list[Callable[[], Iterable[Routes]]] = []
        self._runner: web.AppRunner | None = None
        self.port = 0

    def serve(self, routes: Callable[[], Iterable[Routes]]) -> None:
        """`routes` is asked anew for every request."""
        self._sources.append(routes)

    async def start(self) -> None:
        """OSError when the place is taken."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_WITHIN)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, self._host.strip("[]"), self._wanted)
            await site.start()
        except OSError:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]
        LOG.info("listening on %s:%d", self._host, self.port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        routes = self._routes()
        method, family = "GET" if request.method == "HEAD" else request.method, _family(request.path)
        handler = routes.get((method, request.path)) or routes.get((method, family))
        if handler is None:
            known = any(path in (request.path, family) for _method, path in routes)
            return web.Response(status=405 if known else 404, text="not here\n")
        try:
            async with asyncio.timeout(BODY_WITHIN):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408, text="too slow\n")
        ask = Ask(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                reply = await handler(ask)
        except Exception:
            place = request.path if (method, request.path) in routes else family  # the last part may be a secret
            LOG.exception("%s %s could not be answered", request.method, place)
            return web.Response(status=500, text="something went wrong here; the log says what\n")
        headers = {**reply.headers, "Content-Type": reply.media_type}
        return web.Response(status=reply.status, body=reply.body, headers=headers)

    def _routes(self) -> dict[tuple[str, str], Handler]:
        routes: dict[tuple[str, str], Handler] = {("GET", "/healthz"): self._healthz, ("GET", "/readyz"): self._readyz}
        for source in self._sources:
            for more in source():
                routes |= more
        return routes

    async def _healthz(self, ask: Ask) -> Reply:
        return Reply(body=b"alive\n")

    async def _readyz(self, ask: Ask) -> Reply:
        cause = await self._ready()
        return Reply(status=503, body=f"{redact(cause)}\n".encode()) if cause else Reply(body=b"ready\n")


def _family(path: str) -> str:
    """The path with anything as its last part."""
    return path.rpartition("/")[0] + "/*"
