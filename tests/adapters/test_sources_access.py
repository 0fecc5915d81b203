"""The operator's own word on the way to a feed: proxy, headers, name and password; and that nobody else sees it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.errors import Forbidden, Malformed, Unavailable
from bot.domain.feed import FeedSpec, moved_address, shown_address
from bot.sources.access import Access
from tests.adapters.feedserver import Answer, FeedServer
from tests.adapters.test_http import BODY, QUICK, Names, failure_of, make

SPEC = FeedSpec(id="f", url="https://ana:hunter2@paper.example/feed?x=1", title="Paper")


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


def basic(header: str) -> str:
    return b64decode(header.removeprefix("Basic ")).decode()


async def test_headers_and_a_password_go_to_the_feeds_own_host_only(server: FeedServer) -> None:
    server.answer("/a", Answer(status=302, headers={"Location": "/b"}))
    server.answer("/b", Answer(status=302, headers={"Location": server.url("/c", "localhost")}))
    server.answer("/c", Answer(body=BODY))
    access = Access.of(replace(SPEC, headers=(("X-Key", "s3cret"), ("User-Agent", "Reader/1")), auth="bo:pässword"))
    fetcher = make()
    try:
        await fetcher.get(f"http://ana:hunter2@127.0.0.1:{server.port}/a", access=access)
    finally:
        await fetcher.close()
    first, second, third = (request.headers for request in server.requests)
    for headers in (first, second):
        assert (headers["x-key"], headers["user-agent"]) == ("s3cret", "Reader/1")
        assert basic(headers["authorization"]) == "bo:pässword"  # the entry's own word comes before the address's
    assert not {"x-key", "authorization"} & set(third)
    assert third["user-agent"] != "Reader/1"


async def test_what_comes_back_holds_no_password(server: FeedServer) -> None:
    server.answer("/a", Answer(status=301, headers={"Location": "/b"}))
    server.answer("/b", Answer(body=BODY))
    address = f"http://ana:hunter2@127.0.0.1:{server.port}/a"
    fetcher = make()
    try:
        response = await fetcher.get(address)
    finally:
        await fetcher.close()
    assert basic(server.requests[0].headers["authorization"]) == "ana:hunter2"
    assert (response.url, response.moved_to) == (server.url("/b"), server.url("/b"))
    assert moved_address(address, response.moved_to or "") == f"http://ana:hunter2@127.0.0.1:{server.port}/b"


async def test_a_name_that_the_server_puts_into_a_redirect_is_not_used(server: FeedServer) -> None:
    server.answer("/a", Answer(status=302, headers={"Location": f"http://root:toor@127.0.0.1:{server.port}/b"}))
    server.answer("/b", Answer(body=BODY))
    fetcher = make()
    try:
        await fetcher.get(server.url("/a"))
    finally:
        await fetcher.close()
    assert "authorization" not in server.requests[1].headers


@pytest.mark.parametrize(
    "headers", [(("Bad Name", "x"),), (("X", "a\r\nHost: evil"),), (("Host", "evil"),), (("if-none-match", "x"),)]
)
async def test_headers_that_cannot_be_sent_are_named(headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Malformed) as caught:
        Access.of(replace(SPEC, headers=headers))
    assert caught.value.cause == "bad_access"
    assert "evil" not in caught.value.detail


@pytest.mark.parametrize("proxy", ["socks5://h:1", "h:3128", "http://", "http://[::1"])
def test_a_proxy_that_is_none_is_named(proxy: str) -> None:
    with pytest.raises(Malformed) as caught:
        Access.of(replace(SPEC, proxy=proxy))
    assert caught.value.cause == "bad_access"


async def test_a_proxy_is_asked_instead_of_the_host(server: FeedServer) -> None:
    server.answer("http://paper.example/feed", Answer(body=BODY))
    proxy = f"http://me:pw@127.0.0.1:{server.port}"
    fetcher = make(allow=(), resolver=Names("127.0.0.1"))  # what a proxy's own network looks like from inside
    try:
        with pytest.raises(Forbidden):
            await fetcher.get("http://paper.example/feed", access=Access.of(replace(SPEC, proxy=proxy)))
    finally:
        await fetcher.close()
    fetcher = make(allow=(), resolver=Names("93.184.216.34"))
    try:
        response = await fetcher.get("http://paper.example/feed", access=Access.of(replace(SPEC, proxy=proxy)))
    finally:
        await fetcher.close()
    assert response.body == BODY
    assert basic(server.requests[-1].headers["proxy-authorization"]) == "me:pw"
    assert "authorization" not in server.requests[-1].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/f", "http://[::ffff:127.0.0.1]/f", "http://169.254.169.254/latest", "http://localhost/f",
        "http://intranet/f", "http://metadata.google.internal/f", "http://2130706433/f", "http://[64:ff9b::7f00:1]/f",
        "http://printer.lan/f",
    ],
)  # fmt: skip
async def test_a_proxy_is_no_way_around_the_guard(server: FeedServer, url: str) -> None:
    proxied = Access.of(replace(SPEC, proxy=server.url("").rstrip("/")))
    error = await failure_of(make(allow=()), url, access=proxied)
    assert (type(error), error.cause) == (Forbidden, "private_address")
    assert not server.requests


async def test_a_redirect_through_a_proxy_is_guarded_too(server: FeedServer) -> None:
    server.answer("http://paper.example/f", Answer(status=302, headers={"Location": "http://192.168.0.1/admin"}))
    proxied = Access.of(replace(SPEC, proxy=server.url("").rstrip("/")))
    error = await failure_of(make(allow=(), resolver=Names("93.184.216.34")), "http://paper.example/f", access=proxied)
    assert error.cause == "private_address"
    assert len(server.requests) == 1


async def test_a_proxy_that_is_down_is_named_as_such() -> None:
    proxied = Access.of(replace(SPEC, proxy="http://me:pw@127.0.0.1:9"))
    error = await failure_of(make(allow=(), resolver=Names("93.184.216.34")), "http://paper.example/f", access=proxied)
    assert (type(error), error.cause) == (Unavailable, "proxy")
    assert "pw" not in str(error)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(wait=60), "timeout"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nX: y\r\n", drip=1, pause=0.1), "timeout"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\n\r\nthis is no TLS"), "network"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000), "bad_http"),
        (Answer(status=407), "proxy"),
        (Answer(status=502), "proxy"),
    ],
    ids=["silent", "drips", "no TLS behind it", "huge headers", "wants a password", "finds nobody"],
)
async def test_a_proxy_that_opens_no_tunnel_ends_in_time(server: FeedServer, answer: Answer, cause: str) -> None:
    server.answer("paper.example:443", answer)
    proxied = Access.of(replace(SPEC, proxy=server.url("").rstrip("/")))
    fetcher = make(replace(QUICK, deadline=0.7), allow=(), resolver=Names("93.184.216.34"))
    error = await failure_of(fetcher, "https://paper.example/f", access=proxied)
    assert (type(error), error.cause) == (Unavailable, cause)
    assert [request.method for request in server.requests] == ["CONNECT"]


def test_no_repr_shows_a_secret() -> None:
    spec = replace(SPEC, proxy="http://p:hunter2@proxy:1", headers=(("X-Key", "hunter2"),), auth="ana:hunter2")
    assert "hunter2" not in repr(spec)
    assert "hunter2" not in repr(Access.of(spec))
    assert spec.address == "https://paper.example/feed?x=1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ana:hunter2@paper.example/x@y", "https://paper.example/x@y"),
        ("http://ana:hunter2@home@paper.example", "http://paper.example"),
        ("http://ana:hun/ter2@paper.example/", "http://paper.example/"),
        ("http://ana:hunter2#@paper.example/", "http://paper.example/"),
        ("//ana@paper.example/", "//paper.example/"),
        ("https://paper.example:8443/a@b?c=@", "https://paper.example:8443/a@b?c=@"),
        ("https://paper.example/f?id=7&token=k3y&x=1#t", "https://paper.example/f?id=7&token=***&x=1#t"),
        ("https://paper.example/f?API_KEY=k3y&feed_token=k3y", "https://paper.example/f?API_KEY=***&feed_token=***"),
        (
            "https://paper.example/f?X-Amz-Signature=k3y&apikey=k3y",
            "https://paper.example/f?X-Amz-Signature=***&apikey=***",
        ),
        (
            "https://paper.example/f?key=&monkey=a&keyword=b&author=c",
            "https://paper.example/f?key=&monkey=a&keyword=b&author=c",
        ),
    ],
)
def test_an_address_is_shown_without_its_password_or_key(url: str, shown: str) -> None:
    assert shown_address(url) == shown


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("http://a:b@h.example/x", "https://h.example/y", "https://a:b@h.example/y"),
        ("https://a:b@h.example/x", "http://h.example/y", "http://h.example/y"),
        ("http://a:b@h.example/x", "http://other.example/y", "http://other.example/y"),
        ("http://h.example/x", "http://other.example/y", "http://other.example/y"),
    ],
)
def test_a_moved_feed_keeps_its_password_at_the_same_host(old: str, new: str, kept: str) -> None:
    assert moved_address(old, new) == kept


async def test_a_form_is_posted_to_a_hub_under_the_same_guard(server: FeedServer) -> None:
    hub = server.answer("/hub", Answer(status=202, body=b"ok"))
    fetcher = make()
    try:
        assert (await fetcher.post(hub, {"hub.mode": "subscribe", "hub.topic": "https://a.example/f"})).status == 202
    finally:
        await fetcher.close()
    assert server.requests[0].method == "POST"
    server.answer("/hub", Answer(status=301, headers={"Location": "/other"}))
    assert (await failure_of(make(allow=()), "http://10.0.0.1/hub")).cause == "private_address"
    fetcher = make()
    try:
        with pytest.raises(Unavailable):  # a form does not follow redirects
            await fetcher.post(hub, {"hub.mode": "subscribe"})
    finally:
        await fetcher.close()
