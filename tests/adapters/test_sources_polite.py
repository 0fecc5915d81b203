"""What publishers ask of a reader, told in one look after the other: validators, quiet times, hubs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import Forbidden, Malformed, SourceError
from bot.domain.feed import Feed, FeedSpec, Fetched
from bot.sources import registry
from bot.sources.answers import linked
from bot.sources.document import Document, FeedElsewhere
from bot.sources.formats import read_document
from bot.sources.http import Fetcher, Limits
from bot.sources.pool import ParserPool
from tests.adapters.feedserver import Answer, FeedServer

NOW = datetime(2026, 11, 3, 10, 30, tzinfo=UTC)  # a Tuesday
ATOM = "xmlns:atom='http://www.w3.org/2005/Atom' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"


def rss(inner: str, title: str = "a") -> bytes:
    item = f"<item><title>{title}</title><link>https://a.example/{title}</link></item>"
    return f"<rss version='2.0' {ATOM}><channel><title>t</title>{inner}{item}</channel></rss>".encode()


class Inline:
    """Reads in this process: what is tested here is what is asked and remembered, not where it is read."""

    def __init__(self) -> None:
        self.read_bodies: list[bytes] = []

    async def read(self, body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document:
        self.read_bodies.append(body)
        return read_document(body, content_type, base_url, now)


class Reader:
    """One feed, looked at again and again, with a clock that tests move."""

    def __init__(self, server: FeedServer) -> None:
        self.now = NOW
        self.cursor = ""
        self.first = True
        self.problem: str | None = None
        self.pool = Inline()
        self.fetcher = Fetcher(
            user_agent="Kabar/1 (+x)", clock=lambda: self.now, allow_private=("127.0.0.1",), limits=Limits(deadline=5)
        )
        self.source = registry.connect("auto", self.fetcher, self.pool, lambda: self.now)
        self.url = server.url("/f")

    async def look(self, **later: float) -> Fetched:
        self.now += timedelta(**later)
        spec = FeedSpec(id="f", url=self.url, title="F")
        last_ok = None if self.first else self.now
        feed = Feed(spec=spec, cursor=self.cursor, last_ok=last_ok, problem=self.problem)
        fetched = await self.source.fetch(feed)
        self.cursor, self.first = fetched.cursor, False
        self.problem = self.problem if fetched.items is None else fetched.notice
        return fetched


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def reader(server: FeedServer) -> AsyncIterator[Reader]:
    built = Reader(server)
    yield built
    await built.fetcher.close()


def sent(server: FeedServer) -> list[tuple[str | None, str | None]]:
    names = ("if-none-match", "if-modified-since")
    return [(request.headers.get(names[0]), request.headers.get(names[1])) for request in server.requests]


DAILY = "<sy:updatePeriod> Daily </sy:updatePeriod>"
WEEK = ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")
STAMP = "Mon, 02 Nov 2026 07:00:00 GMT"


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        # the tag changes though the document does not: the newest one goes back, and nothing is read again
        ([{"ETag": '"1"'}, {"ETag": '"2"'}, {"ETag": '"3"'}], [None, '"1"', '"2"']),
        ([{"ETag": 'W/"1"'}, {"ETag": 'W/"1"'}, {}], [None, 'W/"1"', 'W/"1"']),
        ([{"ETag": "no quotes"}, {}, {}], [None, "no quotes", None]),  # vanished: never invented
        ([{"ETag": '"1"'}, 304, {"ETag": '"2"'}], [None, '"1"', '"1"']),
        ([{"ETag": '"1"'}, (304, {"ETag": '"9"'}), 304], [None, '"1"', '"9"']),  # new on a 304
        ([{"ETag": '"\u00e9"'}, 304, 304], [None, '"\u00c3\u00a9"', '"\u00c3\u00a9"']),
        ([{"ETag": '""'}, 304, 304], [None, '""', '""']),
        ([{"ETag": '"a\x80\xff"'}, {}, {}], [None, None, None]),  # bytes that cannot go back as they came
    ],
)
async def test_validators_under_torture(
    server: FeedServer, reader: Reader, answers: list[object], asked: list[str | None]
) -> None:
    script = []
    for answer in answers:
        status, headers = answer if isinstance(answer, tuple) else (304, {}) if answer == 304 else (200, answer)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        raw_head = head.encode("utf-8" if "\u00e9" in head else "latin-1")
        body = b"" if status == 304 else rss("")
        length = b"" if status == 304 else b"Content-Length: %d\r\n" % len(body)
        script.append(
            Answer(raw=b"HTTP/1.1 %d X\r\n%s%sConnection: close\r\n\r\n%s" % (status, raw_head, length, body))
        )
    server.answer("/f", *script)
    looks = [await reader.look(minutes=15) for _ in answers]
    assert [tag for tag, _ in sent(server)] == asked
    assert [look.items is None for look in looks] == [False, True, True]
    assert len(reader.pool.read_bodies) == 1


async def test_both_validators_go_back_and_a_new_one_replaces_its_own_kind_only(
    server: FeedServer, reader: Reader
) -> None:
    server.answer(
        "/f",
        Answer(body=rss(""), headers={"ETag": '"1"', "Last-Modified": STAMP}),
        Answer(status=304, headers={"ETag": '"2"'}),
        Answer(body=rss(""), headers={"Last-Modified": STAMP}),
        Answer(status=304),
    )
    for _ in range(4):
        await reader.look(minutes=15)
    assert sent(server) == [(None, None), ('"1"', STAMP), ('"2"', STAMP), (None, STAMP)]


async def test_days_of_304_end_in_one_request_without_conditions_and_start_anew(
    server: FeedServer, reader: Reader
) -> None:
    unchanged = Answer(status=304)
    server.answer("/f", Answer(body=rss(""), headers={"ETag": '"1"'}), *[unchanged] * 3)
    for _ in range(4):
        await reader.look(hours=20)
    server.answer("/f", Answer(body=rss(""), headers={"ETag": '"1"'}), unchanged)
    for _ in range(4):
        await reader.look(hours=20)
    assert [tag is None for tag, _ in sent(server)] == [True, False, False, False, True, False, False, False]


async def test_an_error_keeps_what_was_remembered(server: FeedServer, reader: Reader) -> None:
    server.answer("/f", Answer(body=rss(""), headers={"ETag": '"1"'}), Answer(status=500), Answer(status=304))
    await reader.look()
    with pytest.raises(SourceError):
        await reader.look(minutes=15)
    await reader.look(minutes=15)
    assert [tag for tag, _ in sent(server)] == [None, '"1"', '"1"']


@pytest.mark.parametrize(
    ("inner", "at", "wait"),
    [
        ("<ttl>45</ttl>", NOW, timedelta(minutes=45)),
        ("<ttl>99999</ttl>", NOW, timedelta(hours=24)),
        ("<ttl>-5</ttl>", NOW, None),
        ("<ttl>soon</ttl>", NOW, None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", NOW, timedelta(hours=1)),
        (DAILY + "<sy:updateFrequency>4</sy:updateFrequency>", NOW, timedelta(hours=6)),
        (DAILY + "<sy:updateFrequency>0</sy:updateFrequency>", NOW, timedelta(hours=24)),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", NOW, timedelta(hours=24)),
        ("<sy:updatePeriod>never</sy:updatePeriod>", NOW, None),
        ("<sy:updateFrequency>2</sy:updateFrequency>", NOW, None),
        ("<ttl>90</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", NOW, timedelta(minutes=90)),
        ("<skipDays><day>Tuesday</day></skipDays>", NOW, timedelta(hours=13, minutes=30)),
        ("<skipDays><day>monday</day><day>Friday</day></skipDays>", NOW, None),
        ("<skipDays><day>Tuesday</day><day>Wednesday</day></skipDays>", NOW, timedelta(hours=24)),
        (
            "<skipDays><day>Tuesday</day></skipDays><skipHours><hour>0</hour><hour>1</hour></skipHours>",
            NOW,
            timedelta(hours=15, minutes=30),
        ),
        (f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in range(24))}</skipHours>", NOW, None),
        (f"<skipDays>{''.join(f'<day>{d}day</day>' for d in WEEK)}</skipDays>", NOW, None),
        ("<skipHours><hour>99</hour><hour>x</hour><hour>-1</hour></skipHours>", NOW, None),
    ],
)  # fmt: skip
async def test_quiet_times_hold_for_later_looks_too(
    server: FeedServer, reader: Reader, inner: str, at: datetime, wait: timedelta | None
) -> None:
    reader.now = at
    server.answer("/f", Answer(body=rss(inner), headers={"ETag": '"1"'}), Answer(status=304))
    assert (await reader.look()).min_interval == wait
    assert (await reader.look()).min_interval == wait


async def test_the_longest_wish_counts_and_never_more_than_a_day(server: FeedServer, reader: Reader) -> None:
    server.answer("/f", Answer(body=rss("<ttl>45</ttl>"), headers={"Cache-Control": "max-age=31536000"}))
    assert (await reader.look()).min_interval == timedelta(hours=24)
    server.answer("/f", Answer(body=rss("<ttl>45</ttl>"), headers={"Cache-Control": "max-age=60"}))
    assert (await reader.look()).min_interval == timedelta(minutes=45)


async def test_how_long_a_document_stays_fresh_holds_until_an_answer_says_otherwise(
    server: FeedServer, reader: Reader
) -> None:
    hours = {"ETag": '"1"', "Cache-Control": "max-age=7200"}
    answers = [Answer(body=rss(""), headers=hours), Answer(status=304), Answer(status=304)]
    server.answer("/f", *answers, Answer(status=304, headers={"Cache-Control": "max-age=0"}), Answer(body=rss("")))
    waits = [(await reader.look(hours=2)).min_interval for _ in range(5)]
    assert waits == [timedelta(hours=2)] * 3 + [None, None]


async def test_a_page_that_asks_for_a_pause_gets_it(server: FeedServer, reader: Reader) -> None:
    server.answer("/f", Answer(body=b"<html>Back soon</html>", headers={"Retry-After": "3600"}))
    with pytest.raises(Malformed) as caught:
        await reader.look()
    assert caught.value.retry_after == timedelta(hours=1)


HUB, SELF = "https://hub.example/", "https://a.example/feed.xml"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (rss(f"<atom:link rel='hub' href='{HUB}'/><atom:link rel='self' href='{SELF}' type='text/xml'/>"), {}),
        (
            f"<feed xmlns='http://www.w3.org/2005/Atom'><link rel='self' href='{SELF}'/><link rel='hub' href='{HUB}'/>"
            "<entry><id>1</id><title>a</title></entry></feed>".encode(),
            {},
        ),
        (
            f'{{"version":"https://jsonfeed.org/version/1.1","title":"t","feed_url":"{SELF}","items":[{{"id":"1"}}],'
            f'"hubs":[{{"type":"rssCloud","url":"https://x.example/"}},{{"type":"WebSub","url":"{HUB}"}}]}}'.encode(),
            {},
        ),
        (rss(""), {"Link": f'<{HUB}>; rel="hub", <{SELF}>; rel="self"'}),
        (rss(""), [("Link", f"<{HUB}>; rel=hub"), ("Link", f'<{SELF}>; title="x"; rel="self"')]),
    ],
)  # fmt: skip
async def test_where_changes_can_be_subscribed_to(
    server: FeedServer, reader: Reader, body: bytes, headers: dict[str, str]
) -> None:
    pairs = [*(headers.items() if isinstance(headers, dict) else headers), ("ETag", '"1"')]
    server.answer("/f", Answer(body=body, headers=pairs), Answer(status=304))
    for _ in range(2):
        fetched = await reader.look()
        assert (fetched.hub, fetched.self_link) == (HUB, SELF)


@pytest.mark.parametrize("hub", ["javascript:alert(1)", "file:///etc/passwd", "", "ftp://h.example/"])
async def test_a_hub_is_a_web_address_or_none(server: FeedServer, reader: Reader, hub: str) -> None:
    server.answer("/f", Answer(body=rss(f"<atom:link rel='hub' href='{hub}'/>"), headers={"Link": f"<{hub}>; rel=hub"}))
    assert (await reader.look()).hub is None


def test_a_link_header_that_goes_on_and_on_is_read_quickly() -> None:
    assert linked("<" * 8_000 + ">; rel=hub", "hub", "https://a.example/") is None
    assert linked("<https://h.example/>;" + " rel=" * 2_000, "hub", "https://a.example/") is None


async def test_a_look_that_finds_nothing_says_so(server: FeedServer, reader: Reader) -> None:
    server.answer("/f", Answer(body=b"<rss version='2.0'><channel><title>t</title></channel></rss>"))
    fetched = await reader.look()
    assert (fetched.items, fetched.notice) == ((), "empty_feed")
    server.answer("/f", Answer(body=rss("")))
    assert (await reader.look()).notice is None


async def test_the_first_entries_of_a_feed_that_was_empty_are_known_as_such(server: FeedServer, reader: Reader) -> None:
    empty = Answer(body=b"<rss version='2.0'><channel><title>t</title></channel></rss>")
    server.answer("/f", empty, empty, Answer(body=rss("")), empty, Answer(body=rss("", "b")))
    looks = [(await reader.look(minutes=15)).is_first for _ in range(5)]
    assert looks == [False, False, True, False, False]


PAGE = "<html><head><link rel='alternate' type='application/rss+xml' href='/news.xml'></head><body>hi</body></html>"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            "<link rel=alternate type=application/rss+xml href='/?feed=rss2&#038;cat=3&amp;x=%20'>",
            "/?feed=rss2&cat=3&x=%20",
        ),
        ("<base href='/blog/'><link rel='alternate' type='application/atom+xml' href='atom.xml'>", "/blog/atom.xml"),
        (
            "<!-- <link rel='alternate' type='application/rss+xml' href='/old'> -->"
            "<link rel='alternate' type='application/rss+xml' href='/new'>",
            "/new",
        ),
        (
            "<link rel='alternate' type='application/rss+xml' href=''><link rel='alternate' type='application/rss+xml' "
            "href='/f'><link rel='alternate' type='application/rss+xml' href='/g'>",
            "/g",
        ),
        ("<base href='http://[x'><link rel='alternate' type='application/rss+xml' href='/g'>", "/g"),
    ],
)
async def test_the_feed_of_a_page_is_found_as_a_browser_would(
    server: FeedServer, reader: Reader, head: str, found: str
) -> None:
    server.answer("/f", Answer(body=f"<html><head>{head}</head></html>".encode()))
    with pytest.raises(FeedElsewhere) as caught:
        await reader.look()
    assert caught.value.found == server.url(found)


async def test_a_login_page_that_names_the_very_feed_is_a_login_page(server: FeedServer, reader: Reader) -> None:
    link = f"<link rel='alternate' type='application/rss+xml' href='{reader.url}'>"
    form = f"<html><head>{link}</head><form><input type=password></form></html>".encode()
    for place in ("/wp-login.php", "/f2"):
        server.answer("/f", Answer(status=302, headers={"Location": place}))
        server.answer(place, Answer(body=form))
        with pytest.raises(Malformed) as caught:
            await reader.look()
        assert caught.value.cause == ("login_page" if "login" in place else "not_a_feed")
    server.answer("/f", Answer(body=form))
    with pytest.raises(Malformed) as caught:
        await reader.look()
    assert caught.value.cause == "login_page"


async def test_a_web_page_is_looked_into_for_its_feed(server: FeedServer) -> None:
    pool = ParserPool()
    fetcher = Fetcher(user_agent="x", clock=lambda: NOW, allow_private=("127.0.0.1",), limits=Limits(deadline=5))
    source = registry.connect("auto", fetcher, pool, lambda: NOW)
    url = server.answer("/", Answer(body=PAGE.encode(), headers={"Content-Type": "text/html"}))
    try:
        with pytest.raises(FeedElsewhere) as caught:
            await source.fetch(Feed(spec=FeedSpec(id="f", url=url.replace("//", "//ana:hunter2@"), title="F")))
    finally:
        await pool.close()
        await fetcher.close()
    assert caught.value.cause == "feed_elsewhere"
    assert caught.value.found == server.url("/news.xml")
    assert "hunter2" not in caught.value.detail


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(body=b"<html><title>Just a moment...</title><div id='challenge-form'></html>"), "challenge"),
        (Answer(body=b"<html><script>window._cf_chl_opt={}</script></html>"), "challenge"),
        (Answer(status=403, headers={"cf-mitigated": "challenge"}), "challenge"),
        (Answer(body=b"<!doctype html><form><input name=u><input type='password'></form>"), "login_page"),
        (Answer(body=b"<html><body>Welcome to nginx</body></html>"), "not_a_feed"),
        (Answer(body=b""), "empty_body"),
        (Answer(body=b"\n \n"), "empty_body"),
    ],
)
async def test_what_came_instead_of_a_feed_is_named(
    server: FeedServer, reader: Reader, answer: Answer, cause: str
) -> None:
    server.answer("/f", answer)
    with pytest.raises((Malformed, Forbidden)) as caught:
        await reader.look()
    assert caught.value.cause == cause
