"""How a document is fetched: politely, within limits, and never from inside the operator's own network.

The only module that imports aiohttp to fetch. Every failure leaves as a SourceError with a cause code and one sentence
that names the host but no path, query or password."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ssl import SSLCertVerificationError

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.domain.errors import Forbidden, Malformed, SourceError, Unavailable
from bot.ports import Clock
from bot.sources.addresses import REFUSED, AddressGuard
from bot.sources.answers import PERMANENT, REDIRECTS, Response, Validators, failure, min_interval, validators_of
from bot.sources.inflate import Inflater
from bot.sources.manners import Manners
from bot.sources.redirects import host_of, redirect_target, web_address

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)

_WEB_PORTS = {80, 443}
_FIRST_FREE_PORT = 1024
_KEPT_HEADERS = ("Content-Type", "Content-Language", "Last-Modified", "Date")
_ERROR_BODY = 16 * 1024
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may cost. Times in seconds, sizes in bytes; `deadline` covers all redirects and the whole body,
    not the time spent waiting for a turn at a busy host."""

    deadline: float = 20.0
    connect: float = 10.0
    error_page: float = 2.0
    compressed: int = 10 * _MEGABYTE
    decompressed: int = 10 * _MEGABYTE
    header_line: int = 8_190
    headers: int = 100
    redirects: int = 5
    connections_per_host: int = 2
    spacing: float = 1.0


@dataclass(slots=True)
class _Journey:
    """One fetch on its way through redirects."""

    url: URL
    left: float
    hops: int = 0
    permanent: bool = True


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

    async def get(self, url: str, *, validators: Validators | None = None, accept: str = ACCEPT) -> Response:
        """Fetches a document; `validators` make the request conditional. Raises SourceError only."""
        journey = _Journey(url=web_address(url), left=self._limits.deadline)
        while True:
            answer = await self._hop(journey, validators, accept)
            if isinstance(answer, Response):
                moved = str(journey.url) if journey.hops and journey.permanent else None
                return replace(answer, moved_to=moved)
            journey.url = answer
            journey.hops += 1
            if journey.hops > self._limits.redirects:
                raise Unavailable(
                    "bad_redirect",
                    f"{host_of(journey.url)} redirects more than {self._limits.redirects} times: open the address in a "
                    "browser and use the one it ends at",
                )

    async def close(self) -> None:
        """Closes all connections; the fetcher can be used again."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def _hop(self, journey: _Journey, validators: Validators | None, accept: str) -> Response | URL:
        """One request: an answer, or the address it redirects to."""
        url = journey.url
        exempt = self._check(url)
        if exempt:
            return await self._timed(journey, validators, accept)
        async with self._manners.turn(host_of(url)):
            return await self._timed(journey, validators, accept)

    async def _timed(self, journey: _Journey, validators: Validators | None, accept: str) -> Response | URL:
        loop = asyncio.get_running_loop()
        started = loop.time()
        with translating(host_of(journey.url)):
            try:
                async with asyncio.timeout(journey.left):
                    return await self._request(journey, validators, accept)
            finally:
                journey.left = max(0.0, journey.left - (loop.time() - started))

    async def _request(self, journey: _Journey, validators: Validators | None, accept: str) -> Response | URL:
        url = journey.url
        headers = {"User-Agent": self._user_agent, "Accept": accept, "Accept-Encoding": "gzip, deflate"}
        if validators and validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators and validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        session = self._session(by_name=self._guard.exempts(host_of(url)))
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status in REDIRECTS:
                journey.permanent = journey.permanent and answer.status in PERMANENT
                return redirect_target(url, answer.headers.get("Location"))
            unchanged = answer.status == 304 and bool(validators)
            if answer.status != 200 and not unchanged:
                beginning = await self._beginning(answer)
                raise failure(answer.status, answer.headers, beginning, host_of(url), self._clock())
            return Response(
                status=answer.status,
                body=None if unchanged else await self._body(answer),
                headers={name.lower(): answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers},
                url=str(url),
                validators=validators_of(answer.headers, validators, unchanged=unchanged),
                min_interval=min_interval(answer.headers, self._clock()),
            )

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        limits, host = self._limits, host_of(answer.url)
        inflater = Inflater(answer.headers.get("Content-Encoding", ""))
        body, received, rested = bytearray(), 0, 0
        async for chunk in answer.content.iter_any():
            received += len(chunk)
            for piece in inflater.feed(chunk):
                body += piece
                if len(body) > limits.decompressed:
                    raise _too_big(host, limits.decompressed)
                if len(body) - rested > _MEGABYTE:
                    rested = len(body)
                    await asyncio.sleep(0)  # unpacking is work: others get their turn
            if received > limits.compressed:
                raise _too_big(host, limits.compressed)
        return bytes(body + inflater.finish())

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

    def _check(self, url: URL) -> bool:
        """Whether the host is exempt; Forbidden when the address may not be asked at all."""
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

    def _session(self, *, by_name: bool) -> aiohttp.ClientSession:
        """Hosts that the operator exempts go past the guard, in connections of their own."""
        session = self._sessions.get(by_name)
        if session is None:
            connector = aiohttp.TCPConnector(
                socket_factory=None if by_name else self._guard.make_socket,
                resolver=self._resolver or aiohttp.ThreadedResolver(),
                use_dns_cache=False,
            )
            session = self._sessions[by_name] = aiohttp.ClientSession(
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


@contextmanager
def translating(host: str) -> Iterator[None]:
    """The only place that knows the network library's errors; order matters, several inherit from others."""
    try:
        yield
    except SourceError:
        raise
    except TimeoutError:
        raise Unavailable("timeout", f"{host} did not answer completely in time: it may be slow or down") from None
    except aiohttp.ClientConnectorDNSError:
        raise Unavailable(
            "dns", f"the name {host} cannot be resolved: check its spelling and this machine's DNS"
        ) from None
    except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch) as error:
        raise Unavailable("tls", f"no secure connection to {host}: {_certificate(error)}") from None
    except aiohttp.ClientConnectorError as error:
        raise _unconnected(error.os_error, host) from None
    except aiohttp.InvalidURL:
        raise Malformed("bad_url", f"the address on {host} cannot be asked for: check how it is written") from None
    except aiohttp.ClientPayloadError:
        raise Unavailable(
            "truncated", f"{host} broke off in the middle of its answer: a later try may succeed"
        ) from None
    except aiohttp.ClientResponseError:
        raise Unavailable("bad_http", f"{host} does not answer in proper HTTP, or with too large headers") from None
    except (aiohttp.ClientError, OSError):
        raise Unavailable("network", f"the connection to {host} broke: a later try may succeed") from None
    except (ValueError, UnicodeError):
        raise Malformed("bad_url", f"the address on {host} cannot be asked for: check how it is written") from None


def _unconnected(error: OSError, host: str) -> SourceError:
    if REFUSED in str(error):
        return Forbidden(
            "private_address",
            f"{host} leads to an address inside a private network, which is not fetched: if this is meant, add it to "
            "KABAR_ALLOW_PRIVATE_HOSTS",
        )
    if error.errno == errno.ECONNREFUSED:
        return Unavailable(
            "refused", f"{host} refuses the connection: its web server may be down, or the port is wrong"
        )
    if isinstance(error, ConnectionError):
        return Unavailable("network", f"{host} broke the connection off at its beginning: a later try may succeed")
    return Unavailable("unreachable", f"{host} cannot be reached: it or the network between may be down")


def _certificate(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    if isinstance(inner, SSLCertVerificationError):
        return f"its certificate is not valid ({inner.verify_message}); the publisher must renew it"
    return "its TLS does not fit; try the address with http:// or tell the publisher"


def _too_big(host: str, limit: int) -> Malformed:
    return Malformed("too_big", f"the document from {host} is larger than {limit // 1024} KiB: no feed needs that")
