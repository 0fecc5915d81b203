"""How a document is fetched: politely, within limits, and never from inside the operator's own network.

The only module that imports aiohttp to fetch. Every failure leaves as a SourceError with a cause code and one sentence
that names the host but no path, query or password."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.domain.errors import Forbidden, Malformed, SourceError, Unavailable
from bot.ports import Clock
from bot.sources.access import DIRECT, Access, Confidence
from bot.sources.addresses import AddressGuard
from bot.sources.answers import (
    PERMANENT,
    REDIRECTS,
    Response,
    Validators,
    failure,
    is_dated,
    min_interval,
    retry_after,
    validators_of,
)
from bot.sources.failures import too_big, translating
from bot.sources.inflate import Inflater
from bot.sources.manners import Manners
from bot.sources.redirects import host_of, redirect_target, web_address
from bot.sources.resolver import Resolver

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)

_WEB_PORTS = {80, 443}
_FIRST_FREE_PORT = 1024
_KEPT_HEADERS = ("Content-Type", "Link")
_ERROR_BODY = 16 * 1024
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost. Times in seconds, sizes in bytes; `deadline` covers all redirects and the whole body,
    not the time spent waiting for a turn at a busy host."""

    deadline: float = 20.0
    connect: float = 10.0
    error_page: float = 2.0
    compressed: int = 6 * _MEGABYTE
    decompressed: int = 6 * _MEGABYTE
    header_line: int = 8_190
    headers: int = 100
    redirects: int = 5
    connections_per_host: int = 2
    spacing: float = 1.0


@dataclass(slots=True, kw_only=True)
class _Journey:
    """One fetch on its way through redirects. `form` makes it a POST; `asked`: the longest Retry-After on the way."""

    url: URL
    left: float
    access: Access
    confidence: Confidence
    accept: str
    validators: Validators | None = None
    form: Mapping[str, str] | None = None
    hops: int = 0
    permanent: bool = True
    asked: timedelta | None = None


class Fetcher:
    """`allow_private`: hosts, addresses or networks exempt from the private-address guard, the port rule and the
    spacing. `resolver` replaces the system's name look-up."""

    def __init__(
        self,
        *,
        user_agent: str,
        clock: Clock,
        allow_private: tuple[str, ...] = (),
        limits: Limits | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._clock = clock
        self._limits = limits or Limits()
        self._guard = AddressGuard(allow_private)
        self._resolver = resolver
        self._manners = Manners(connections=self._limits.connections_per_host, spacing=self._limits.spacing)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def get(
        self, url: str, *, validators: Validators | None = None, access: Access = DIRECT, accept: str = ACCEPT
    ) -> Response:
        """Fetches a document; `validators` make the request conditional. Raises SourceError only."""
        address = web_address(url)
        confidence = Confidence.of(address, access)
        journey = _Journey(
            url=confidence.home,
            left=self._limits.deadline,
            access=access,
            confidence=confidence,
            accept=accept,
            validators=validators,
        )
        return await self._travel(journey)

    async def post(self, url: str, form: Mapping[str, str]) -> Response:
        """Sends a form (to a feed's hub); any 2xx is a good answer. Raises SourceError only."""
        confidence = Confidence.of(web_address(url), DIRECT)
        journey = _Journey(
            url=confidence.home,
            left=self._limits.deadline,
            access=DIRECT,
            confidence=confidence,
            accept="*/*",
            form=form,
        )
        return await self._travel(journey)

    def queue(self, url: str) -> float:
        """Seconds that a fetch of this address would now wait for its turn at a host that others ask too."""
        host = host_of(web_address(url))
        return 0.0 if self._guard.exempts(host) else self._manners.queue(host)

    async def close(self) -> None:
        """Closes all connections; the fetcher can be used again."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def _travel(self, journey: _Journey) -> Response:
        try:
            return await self._arrive(journey)
        except SourceError as error:
            error.retry_after = _longer(error.retry_after, journey.asked)
            raise

    async def _arrive(self, journey: _Journey) -> Response:
        while True:
            answer = await self._hop(journey)
            if isinstance(answer, Response):
                moved = str(journey.url) if journey.hops and journey.permanent else None
                return (
                    answer
                    if not journey.hops
                    else replace(answer, moved_to=moved, retry_after=_longer(answer.retry_after, journey.asked))
                )
            journey.url = answer
            journey.hops += 1
            if journey.hops > self._limits.redirects:
                raise Unavailable(
                    "bad_redirect",
                    f"{host_of(journey.url)} redirects more than {self._limits.redirects} times: open the address in a "
                    "browser and use the one it ends at",
                )

    async def _hop(self, journey: _Journey) -> Response | URL:
        """One request: an answer, or the address it redirects to."""
        host = host_of(journey.url)
        if self._is_exempt(journey.url):
            return await self._timed(journey)
        async with self._manners.turn(host):
            return await self._timed(journey)

    async def _timed(self, journey: _Journey) -> Response | URL:
        loop = asyncio.get_running_loop()
        started = loop.time()
        with translating(host_of(journey.url)):
            try:
                async with asyncio.timeout(journey.left):
                    return await self._request(journey)
            finally:
                journey.left = max(0.0, journey.left - (loop.time() - started))

    async def _request(self, journey: _Journey) -> Response | URL:
        url, validators, host = journey.url, journey.validators, host_of(journey.url)
        proxy = journey.access.proxy
        is_exempt = self._guard.exempts(host)
        if proxy is not None and not is_exempt:
            await self._guard.check_name(host, self._resolver or Resolver())
        # The operator chose the proxy, so it may stand in the operator's own network.
        session = self._session(guarded=proxy is None and not is_exempt)
        method = "GET" if journey.form is None else "POST"
        async with session.request(
            method, url, headers=self._headers(journey), data=journey.form, proxy=proxy, allow_redirects=False
        ) as answer:
            if answer.status in REDIRECTS and journey.form is None:
                journey.permanent = journey.permanent and answer.status in PERMANENT
                journey.asked = _longer(journey.asked, retry_after(answer.headers.get("Retry-After"), self._clock()))
                return redirect_target(url, answer.headers.get("Location"))
            unchanged = answer.status == 304 and bool(validators)
            accepted = journey.form is not None and 200 <= answer.status < 300
            if answer.status != 200 and not unchanged and not accepted:
                beginning = await self._beginning(answer)
                raise failure(answer.status, answer.headers, beginning, host, self._clock())
            headers = answer.headers
            return Response(
                status=answer.status,
                body=None if unchanged else await self._body(answer),
                headers={name.lower(): ", ".join(headers.getall(name)) for name in _KEPT_HEADERS if name in headers},
                url=str(url),
                validators=validators_of(headers, validators, unchanged=unchanged),
                min_interval=min_interval(headers, ", ".join(headers.getall("Cache-Control", ())), self._clock()),
                is_dated=is_dated(headers),
                retry_after=retry_after(headers.get("Retry-After"), self._clock()),
            )

    def _headers(self, journey: _Journey) -> dict[str, str]:
        headers = {"User-Agent": self._user_agent, "Accept": journey.accept, "Accept-Encoding": "gzip, deflate"}
        headers |= journey.confidence.told_to(journey.url)
        if journey.validators and journey.validators.etag:
            headers["If-None-Match"] = journey.validators.etag
        if journey.validators and journey.validators.last_modified:
            headers["If-Modified-Since"] = journey.validators.last_modified
        return headers

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        limits, host = self._limits, host_of(answer.url)
        inflater = Inflater(answer.headers.get("Content-Encoding", ""))
        body, received, rested = bytearray(), 0, 0
        async for chunk in answer.content.iter_any():
            received += len(chunk)
            for piece in inflater.feed(chunk):
                body += piece
                if len(body) > limits.decompressed:
                    raise too_big(host, limits.decompressed)
                if len(body) - rested > _MEGABYTE:
                    rested = len(body)
                    await asyncio.sleep(0)  # unpacking is work: others get their turn
            if received > limits.compressed:
                raise too_big(host, limits.compressed)
        body += inflater.finish()
        return bytes(body)

    async def _beginning(self, answer: aiohttp.ClientResponse) -> bytes:
        """The first bytes of an error page, to say what it is; nothing when they cannot be had."""
        body = bytearray()
        try:
            inflater = Inflater(answer.headers.get("Content-Encoding", ""))
            async with asyncio.timeout(self._limits.error_page):
                async for chunk in answer.content.iter_any():
                    for piece in inflater.feed(chunk):
                        body += piece
                        if len(body) >= _ERROR_BODY:
                            return bytes(body)
        except (aiohttp.ClientError, Malformed, TimeoutError):
            pass  # the status alone has to do
        return bytes(body)

    def _is_exempt(self, url: URL) -> bool:
        """Whether the operator exempts the host; Forbidden when the address may not be asked at all."""
        host = host_of(url)
        if self._guard.exempts(host):
            return True
        if url.port not in _WEB_PORTS and (url.port or 0) < _FIRST_FREE_PORT:
            raise Forbidden(
                "private_address",
                f"port {url.port} of {host} is not a web port: if this is meant, add the host to "
                "KABAR_ALLOW_PRIVATE_HOSTS",
            )
        return False

    def _session(self, *, guarded: bool) -> aiohttp.ClientSession:
        """Hosts that the operator exempts and proxies go past the guard, in connections of their own."""
        session = self._sessions.get(guarded)
        if session is None:
            connector = aiohttp.TCPConnector(
                socket_factory=self._guard.make_socket if guarded else None,
                resolver=self._resolver or Resolver(),
                use_dns_cache=False,
            )
            session = self._sessions[guarded] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._limits.connect),
                max_line_size=self._limits.header_line,
                max_field_size=self._limits.header_line,
                max_headers=self._limits.headers,
            )
        return session


def _longer(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    return max((wait for wait in (one, other) if wait is not None), default=None)
