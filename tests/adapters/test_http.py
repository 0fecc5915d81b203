"""The fetcher against a real local server: what it asks, what it accepts, and what it refuses."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import resource
import socket
import time
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.domain.errors import Forbidden, Gone, Malformed, SourceError, Unavailable
from bot.sources.answers import Validators
from bot.sources.http import Fetcher, Limits
from bot.sources.manners import site_of
from tests.adapters.feedserver import Answer, FeedServer

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
AGENT = "Kabar/9.9 (+https://example.org/contact)"
BODY = b"<rss version='2.0'><channel><title>t</title></channel></rss>"
QUICK = Limits(deadline=10.0, connect=5.0, error_page=0.2, spacing=0.0)


class Names(AbstractResolver):
    """Says for every name the next of the given addresses, as a name server in the attacker's hand would."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
        ]

    async def close(self) -> None:
        return None


def make(limits: Limits = QUICK, allow: tuple[str, ...] = ("127.0.0.1",), **more: Any) -> Fetcher:
    return Fetcher(user_agent=AGENT, allow_private=allow, clock=lambda: NOW, limits=limits, **more)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    built = make()
    yield built
    await built.close()


async def failure_of(fetcher: Fetcher, url: str, **more: Any) -> SourceError:
    try:
        with pytest.raises(SourceError) as caught:
            await fetcher.get(url, **more)
    finally:
        await fetcher.close()
    return caught.value


async def test_it_says_who_it_is_and_nothing_about_who_reads(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.answer("/f", Answer(body=BODY, headers={"Set-Cookie": "track=1", "Content-Type": "text/xml"}))
    first = await fetcher.get(url + "#part")
    await fetcher.get(url)
    assert (first.status, first.body, first.url, first.moved_to) == (200, BODY, url, None)
    assert first.headers["content-type"] == "text/xml"
    for request in server.requests:
        assert request.headers["user-agent"] == AGENT
        assert request.headers["accept-encoding"] == "gzip, deflate"
        assert "application/rss+xml" in request.headers["accept"]
        assert not {"cookie", "referer", "if-none-match", "if-modified-since"} & set(request.headers)


async def test_validators_go_back_letter_for_letter(server: FeedServer, fetcher: Fetcher) -> None:
    tag, stamp = 'W/"odd, \'tag"', "Mon, 02 Nov 2026 07:00:00 gmt"
    url = server.answer(
        "/f",
        Answer(body=BODY, headers={"ETag": tag, "Last-Modified": stamp}),
        Answer(status=304),
        Answer(status=304, headers={"ETag": '"new"'}),
        Answer(body=BODY),
    )
    first = await fetcher.get(url)
    assert first.validators == Validators(etag=tag, last_modified=stamp)
    second = await fetcher.get(url, validators=first.validators)
    sent = server.requests[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == (tag, stamp)
    assert second.body is None
    assert second.validators == first.validators  # a 304 that names none keeps them
    third = await fetcher.get(url, validators=second.validators)
    assert third.validators == Validators(etag='"new"', last_modified=stamp)
    fourth = await fetcher.get(url, validators=third.validators)
    assert fourth.validators == Validators()  # a full answer without any drops them


async def test_a_304_to_an_unconditional_request_is_no_answer(server: FeedServer, fetcher: Fetcher) -> None:
    error = await failure_of(fetcher, server.answer("/f", Answer(status=304)))
    assert (type(error), error.cause) == (Unavailable, "http_304")


def deflated(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("deflate", deflated(BODY, 15)),
        ("deflate", deflated(BODY, -15)),
        ("gzip", gzip.compress(BODY[:10], mtime=0) + gzip.compress(BODY[10:], mtime=0)),
        ("gzip", gzip.compress(BODY, mtime=0) + b"\x00" * 8),
        ("gzip", BODY),  # declared, not done
        ("identity", gzip.compress(BODY, mtime=0)),  # done, not declared
        ("", BODY),
        *((name, BODY) for name in ("utf-8", "UTF-8", "8bit", "binary", "identity, utf-8")),
        ("gzip, identity", gzip.compress(BODY, mtime=0)),
        ("UTF-8", gzip.compress(BODY, mtime=0)),
    ],
)
async def test_compressed_answers(server: FeedServer, fetcher: Fetcher, encoding: str, body: bytes) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}
    for answer in (Answer(body=body, headers=headers), Answer(body=body, headers=headers, drip=1, pause=0)):
        assert (await fetcher.get(server.answer("/f", answer))).body == BODY


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("br", b"xxxx"), ("gzip", b"\x1f\x8b\x08\x00rubbish rubbish"), ("deflate", b"\x78\x9c\xff\xff\xff")],
)
async def test_damaged_or_foreign_compression(server: FeedServer, encoding: str, body: bytes) -> None:
    error = await failure_of(make(), server.answer("/f", Answer(body=body, headers={"Content-Encoding": encoding})))
    assert (type(error), error.cause) == (Malformed, "bad_encoding")


async def test_a_gzip_bomb_is_stopped_early_and_cheaply(server: FeedServer) -> None:
    packer = zlib.compressobj(wbits=31, level=9)
    block = b"\0" * (1 << 20)
    bomb = b"".join(packer.compress(block) for _ in range(1024)) + packer.flush()  # 1 GiB in about 1 MB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    url = server.answer("/bomb", Answer(body=bomb, headers={"Content-Encoding": "gzip"}))
    error = await failure_of(make(), url)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert (type(error), error.cause) == (Malformed, "too_big")
    assert (after - before) / 1024 < 60


async def test_sizes_are_capped(server: FeedServer) -> None:
    small = Limits(deadline=2.0, spacing=0.0, compressed=1000, decompressed=1000)
    url = server.answer("/f", Answer(body=b"x" * 1001))
    assert (await failure_of(make(small), url)).cause == "too_big"
    endless = server.answer("/e", Answer(body=b"x" * 500, drip=500, pause=0, endless=True))
    assert (await failure_of(make(small), endless)).cause == "too_big"
    packed = server.answer("/p", Answer(body=gzip.compress(b"x" * 1001), headers={"Content-Encoding": "gzip"}))
    assert (await failure_of(make(small), packed)).cause == "too_big"


async def test_a_drip_ends_at_the_deadline(server: FeedServer) -> None:
    short = Limits(deadline=0.3, spacing=0.0)
    started = time.monotonic()
    drip = server.answer("/d", Answer(body=b"x", drip=1, pause=0.02, endless=True))
    error = await failure_of(make(short), drip)
    assert (type(error), error.cause) == (Unavailable, "timeout")
    assert (await failure_of(make(short), server.answer("/w", Answer(wait=5, body=BODY)))).cause == "timeout"
    assert time.monotonic() - started < 2


async def test_redirects_share_one_deadline(server: FeedServer) -> None:
    for number in range(5):
        server.answer(f"/{number}", Answer(status=302, headers={"Location": f"/{number + 1}"}, wait=0.15))
    error = await failure_of(make(Limits(deadline=0.4, spacing=0.0)), server.url("/0"))
    assert error.cause == "timeout"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\nbody",
        b"HTTP/1.1 200 " + b"O" * 20_000 + b"\r\n\r\nbody",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ],
)
async def test_headers_are_capped_and_must_be_http(server: FeedServer, raw: bytes) -> None:
    error = await failure_of(make(), server.answer("/f", Answer(raw=raw)))
    assert (type(error), error.cause) == (Unavailable, "bad_http")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"half", claimed_length=100),
        Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"),
    ],
)
async def test_a_broken_off_answer_is_not_taken_for_the_whole(server: FeedServer, answer: Answer) -> None:
    assert (await failure_of(make(), server.answer("/f", answer))).cause == "truncated"


async def test_a_closed_connection_and_a_closed_port(server: FeedServer) -> None:
    assert (await failure_of(make(), server.answer("/f", Answer(raw=b"")))).cause == "network"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert (await failure_of(make(), f"http://127.0.0.1:{port}/")).cause == "refused"


async def test_a_name_that_does_not_exist_and_tls_that_is_none(server: FeedServer) -> None:
    assert (await failure_of(make(), "http://no-such-host.example/f")).cause == "dns"
    assert (await failure_of(make(), server.url("/f").replace("http:", "https:"))).cause == "tls"


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "cause", "words"),
    [
        (400, {}, b"", Unavailable, "http_400", "check the address"),
        (401, {}, b"", Forbidden, "http_401", "asks for a login"),
        (403, {}, b"", Forbidden, "http_403", "refuses us"),
        (403, {}, b"<form><input type='password'>", Forbidden, "http_403", "asks for a login"),
        (403, {"cf-mitigated": "challenge"}, b"", Forbidden, "challenge", "Cloudflare"),
        (403, {}, b"<title>Just a moment...</title>", Forbidden, "challenge", "Cloudflare"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", Forbidden, "challenge", "AWS"),
        (405, {"x-amzn-waf-action": "captcha"}, b"", Forbidden, "challenge", "AWS"),
        (403, {}, b"<script src='https://ct.captcha-delivery.com/c.js'>", Forbidden, "challenge", "check (HTTP 403)"),
        (503, {}, b"<title>Just a moment...</title>", Forbidden, "challenge", "Cloudflare"),
        (404, {}, b"", Unavailable, "http_404", "new address"),
        (410, {}, b"", Gone, "http_410", "gone for good"),
        (451, {}, b"", Forbidden, "http_451", "legal"),
        (500, {}, b"", Unavailable, "http_500", "its own trouble"),
        (206, {}, b"part", Unavailable, "http_206", "HTTP 206"),
        (429, {"Retry-After": "120"}, b"", Unavailable, "http_429", "2 min"),
    ],
)
async def test_what_a_status_means(
    server: FeedServer,
    status: int,
    headers: dict[str, str],
    body: bytes,
    kind: type[SourceError],
    cause: str,
    words: str,
) -> None:
    error = await failure_of(make(), server.answer("/f", Answer(status=status, headers=headers, body=body)))
    assert (type(error), error.cause) == (kind, cause)
    assert words in error.detail


async def test_an_error_page_that_never_ends_does_not_hide_the_error(server: FeedServer) -> None:
    page = Answer(status=403, body=b"no", drip=1, pause=0.02, endless=True)
    assert (await failure_of(make(), server.answer("/f", page))).cause == "http_403"


@pytest.mark.parametrize(
    ("status", "value", "wait"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "Mon, 02 Nov 2026 08:10:00 GMT", timedelta(minutes=10)),
        (503, "9" * 5000, timedelta(hours=24)),
        (429, "31536000", timedelta(hours=24)),
        (429, "Fri, 31 Dec 9999 23:59:59 GMT", timedelta(hours=24)),
        (429, "Mon, 02 Nov 2020 08:10:00 GMT", None),
        (429, "-5", None),
        (429, "0", None),
        (429, "soon", None),
        (429, "1.5", timedelta(seconds=1)),
        (429, "", None),
        *((status, "120", timedelta(seconds=120)) for status in (500, 502, 404, 403, 401, 410, 418)),
    ],
)
async def test_retry_after(server: FeedServer, status: int, value: str, wait: timedelta | None) -> None:
    url = server.answer("/f", Answer(status=status, headers={"Retry-After": value}))
    assert (await failure_of(make(), url)).retry_after == wait


async def test_a_good_answer_and_a_redirect_may_ask_for_a_pause_too(server: FeedServer, fetcher: Fetcher) -> None:
    url = server.answer("/f", Answer(body=BODY, headers={"Retry-After": "120"}))
    assert (await fetcher.get(url)).retry_after == timedelta(minutes=2)
    moved = server.answer("/m", Answer(status=301, headers={"Location": "/f", "Retry-After": "900"}))
    assert (await fetcher.get(moved)).retry_after == timedelta(minutes=15)
    ring = server.answer("/r", Answer(status=302, headers={"Location": "/r", "Retry-After": "600"}))
    assert (await failure_of(fetcher, ring)).retry_after == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Cache-Control": "public, max-age=900"}, timedelta(minutes=15)),
        ({"Cache-Control": "max-age=900", "Age": "600"}, timedelta(minutes=5)),
        ({"Cache-Control": "max-age=900", "Age": "1000"}, None),
        ({"Cache-Control": "max-age=31536000"}, timedelta(hours=24)),
        ({"Cache-Control": "max-age=" + "9" * 4000}, timedelta(hours=24)),
        ({"Cache-Control": "no-cache, max-age=900"}, None),
        ({"Cache-Control": 'no-cache="Set-Cookie", max-age=900'}, timedelta(minutes=15)),
        ([("Cache-Control", "public"), ("Cache-Control", "max-age=900")], timedelta(minutes=15)),
        ([("Cache-Control", "max-age=900"), ("Cache-Control", "no-store")], None),
        ({"Cache-Control": "s-maxage=900"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Expires": "Mon, 02 Nov 2026 09:00:00 GMT"}, timedelta(hours=1)),
        ({"Expires": "Mon, 02 Nov 2026 09:00:00 GMT", "Date": "Mon, 02 Nov 2026 08:30:00 GMT"}, timedelta(minutes=30)),
        ({"Expires": "0"}, None),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"Retry-After": "600"}, None),
        ({}, None),
    ],
)
async def test_how_long_an_answer_stays_fresh(
    server: FeedServer, fetcher: Fetcher, headers: dict[str, str] | list[tuple[str, str]], wait: timedelta | None
) -> None:
    assert (await fetcher.get(server.answer("/f", Answer(body=BODY, headers=headers)))).min_interval == wait
    unchanged = server.answer("/u", Answer(status=304, headers=headers))
    assert (await fetcher.get(unchanged, validators=Validators(etag="x"))).min_interval == wait


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 307), False), ((303, 301), False)],
)
async def test_only_permanent_redirects_move_a_feed(
    server: FeedServer, fetcher: Fetcher, statuses: tuple[int, ...], moved: bool
) -> None:
    for number, status in enumerate(statuses):
        server.answer(f"/{number}", Answer(status=status, headers={"Location": f"/{number + 1}#x"}))
    end = server.answer(f"/{len(statuses)}", Answer(body=BODY))
    response = await fetcher.get(server.url("/0"))
    assert (response.url, response.moved_to) == (end, end if moved else None)


async def test_redirects_end(server: FeedServer) -> None:
    server.answer("/loop", Answer(status=302, headers={"Location": "/loop"}))
    assert (await failure_of(make(), server.url("/loop"))).cause == "bad_redirect"
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        ("file:///etc/passwd", "bad_redirect"),
        ("gopher://127.0.0.1/", "bad_redirect"),
        ("javascript:alert(1)", "bad_redirect"),
        ("http://", "bad_redirect"),
        ("http://[::1", "bad_redirect"),
        ("", "bad_redirect"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://10.0.0.1/", "private_address"),
        ("http://[::ffff:10.0.0.1]/", "private_address"),
        ("http://8.8.8.8:22/", "private_address"),
        ("//192.168.1.1/x", "private_address"),
    ],
)
async def test_where_a_redirect_may_not_lead(server: FeedServer, location: str, cause: str) -> None:
    url = server.answer("/f", Answer(status=301, headers={"Location": location}))
    assert (await failure_of(make(), url)).cause == cause


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.0.8",
        "192.0.2.1", "198.18.0.1", "224.0.1.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
        "fec0::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8%1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::", "2001:0:53aa:64c::1", "2001:db8::1",
        "3fff::1", "4000::1",
    ],
)  # fmt: skip
async def test_private_addresses_are_refused_however_they_are_reached(address: str) -> None:
    if address != "::ffff:8.8.8.8%1":
        error = await failure_of(make(allow=(), resolver=Names(address)), "http://innocent.example/feed")
        assert (type(error), error.cause) == (Forbidden, "private_address")
    literal = f"[{address.partition('%')[0]}]" if ":" in address else address
    if "8.8.8.8" not in address:
        assert (await failure_of(make(allow=()), f"http://{literal}:8080/feed")).cause == "private_address"


@pytest.mark.parametrize(
    "literal",
    [
        "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "localhost.", "LOCALHOST", "0", "0x7f.1",
        "017700000001", "127.0.0.1.", "127.0.0.1%00.good.example", "good.example@127.0.0.1", "good.example\\@127.0.0.1",
        "127\u30020\u30020\u30021", "\u2460\u2461\u2466.0.0.1", "\uff11\uff12\uff17.0.0.1", "loc\u24d0lhost",
        "[fe80::1%25lo]", "[::ffff:0:127.0.0.1]",
    ],
)  # fmt: skip
async def test_odd_spellings_of_this_machine(literal: str, server: FeedServer) -> None:
    error = await failure_of(make(allow=()), f"http://{literal}:{server.port}/")
    assert error.cause in {"private_address", "dns", "bad_url"}
    assert not server.requests


async def test_a_name_that_answers_differently_the_second_time(server: FeedServer) -> None:
    url = f"http://rebinding.example:{server.port}/f"
    server.answer("/f", Answer(raw=f"HTTP/1.1 302 Found\r\nLocation: {url}\r\nConnection: close\r\n\r\n".encode()))
    # the first answer is what the operator's network may reach, the second is not
    fetcher = make(allow=("127.0.0.1/32",), resolver=Names("127.0.0.1", "127.0.0.2"))
    assert (await failure_of(fetcher, url)).cause == "private_address"


@pytest.mark.parametrize("allow", [("127.0.0.1",), ("127.0.0.0/8",), ("intranet.example",), ("Intranet.Example.",)])
async def test_what_the_operator_allows_is_fetched(server: FeedServer, allow: tuple[str, ...]) -> None:
    server.answer("/f", Answer(body=BODY))
    fetcher = make(allow=allow, resolver=Names("127.0.0.1"))
    try:
        assert (await fetcher.get(server.url("/f", "intranet.example"))).body == BODY
    finally:
        await fetcher.close()


@pytest.mark.parametrize(
    "url",
    ["", "feed.xml", "ftp://example.org/f", "file:///etc/passwd", "http://", "http://[::1", "http://a b/", "x" * 9],
)
async def test_what_is_no_web_address(url: str) -> None:
    error = await failure_of(make(), url)
    assert (type(error), error.cause) == (Malformed, "bad_url")


async def test_secrets_of_an_address_stay_out_of_errors(server: FeedServer) -> None:
    server.answer("/private?token=s3cret", Answer(status=500))
    base = f"http://user:hunter2@127.0.0.1:{server.port}/private?token=s3cret"
    errors = [
        await failure_of(make(), base),
        await failure_of(make(), base.replace("http:", "https:")),
        await failure_of(make(), "http://user:hunter2@no.example/private?token=s3cret"),
        await failure_of(make(allow=()), base),
    ]
    for error in errors:
        assert not {"hunter2", "s3cret", "private?"} & set(str(error).split())
        assert "hunter2" not in str(error)
        assert "s3cret" not in str(error)
    assert server.requests[0].headers["authorization"].startswith("Basic ")


async def test_a_password_goes_along_to_the_same_host_only(server: FeedServer) -> None:
    server.answer("/a", Answer(status=301, headers={"Location": "/b"}))
    server.answer("/b", Answer(status=302, headers={"Location": server.url("/c", "localhost")}))
    server.answer("/c", Answer(body=BODY))
    fetcher = make()
    try:
        await fetcher.get(f"http://user:pw@127.0.0.1:{server.port}/a")
    finally:
        await fetcher.close()
    assert ["authorization" in request.headers for request in server.requests] == [True, True, False]


async def test_one_host_is_asked_slowly(server: FeedServer) -> None:
    server.answer("/f", Answer(body=BODY, wait=0.1))
    # the network is allowed but not the name: the guard lets it through, manners still apply
    fetcher = make(Limits(spacing=0.05), allow=("127.0.0.1",), resolver=Names("127.0.0.1"))
    try:
        await asyncio.gather(*(fetcher.get(server.url("/f", "shared.example")) for _ in range(5)))
        starts = [request.at for request in server.requests]
        assert all(later - sooner > 0.04 for sooner, later in itertools.pairwise(starts))
        assert server.open_at_most <= 2
        server.requests.clear()
        await asyncio.gather(*(fetcher.get(server.url("/f")) for _ in range(5)))
        assert server.open_at_most > 2  # an exempt host is not spared
    finally:
        await fetcher.close()


async def test_the_hosts_of_one_house_take_turns(server: FeedServer) -> None:
    server.answer("/f", Answer(body=BODY))
    fetcher = make(Limits(spacing=0.1), allow=("127.0.0.1",), resolver=Names("127.0.0.1"))
    try:
        for houses, is_spared in (("a.papers.co.uk b.papers.co.uk papers.co.uk", True), ("a.co.uk b.co.uk", False)):
            server.requests.clear()
            await asyncio.gather(*(fetcher.get(server.url("/f", host)) for host in houses.split()))
            starts = [request.at for request in server.requests]
            assert all((later - sooner > 0.08) is is_spared for sooner, later in itertools.pairwise(starts))
    finally:
        await fetcher.close()


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("paper.example", "paper.example"),
        ("feeds.a.paper.example.", "paper.example"),
        ("tekno.kompas.com", "kompas.com"),
        ("rss.tempo.co", "tempo.co"),
        ("news.kemkes.go.id", "kemkes.go.id"),
        ("go.id", "go.id"),
        ("feeds.bbci.co.uk", "bbci.co.uk"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("intranet", "intranet"),
    ],
)
def test_which_hosts_are_one_house(host: str, site: str) -> None:
    assert site_of(host) == site


async def test_waiting_for_a_turn_does_not_count_against_the_deadline(server: FeedServer) -> None:
    server.answer("/f", Answer(body=BODY))
    fetcher = make(Limits(deadline=0.3, spacing=0.15), resolver=Names("127.0.0.1"))
    try:
        got = await asyncio.gather(*(fetcher.get(server.url("/f", "shared.example")) for _ in range(4)))
        assert [response.status for response in got] == [200] * 4
    finally:
        await fetcher.close()


async def test_a_cancelled_fetch_frees_its_turn(server: FeedServer) -> None:
    server.answer("/slow", Answer(wait=30))
    server.answer("/f", Answer(body=BODY))
    fetcher = make(Limits(spacing=0.0, connections_per_host=1), resolver=Names("127.0.0.1"))
    try:
        slow = asyncio.create_task(fetcher.get(server.url("/slow", "shared.example")))
        await asyncio.sleep(0.05)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert (await fetcher.get(server.url("/f", "shared.example"))).body == BODY
    finally:
        await fetcher.close()
