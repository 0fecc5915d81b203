"""Reading only what is new in a document gives what reading all of it gives."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from itertools import count

import pytest

from bot.domain.errors import SourceError
from bot.sources import sections
from bot.sources.document import Document
from bot.sources.formats import read_document
from tests.adapters.feedserver import Answer, FeedServer
from tests.adapters.test_documents import COLLECTION
from tests.adapters.test_sources_polite import NOW, Reader

BASE = "https://news.example/feed.xml"


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


@pytest.fixture
async def reader(server: FeedServer) -> AsyncIterator[Reader]:
    built = Reader(server)
    yield built
    await built.fetcher.close()


def item(n: int, title: str = "", *, link: str = "", guid: str = "", more: str = "") -> str:
    title, link = title or f"Story number {n}", link or f"https://a.example/{n}"
    return f"<item><title>{title}</title><link>{link}</link><guid>{guid or link}</guid>{more}</item>\n"


def rss(*items: str, channel: str = "", tail: str = "</channel></rss>") -> bytes:
    built = "Tue, 03 Nov 2026 10:30:00 GMT"
    head = f"<rss version='2.0'><channel><title>t</title><lastBuildDate>{built}</lastBuildDate>{channel}"
    return (head + "".join(items) + tail).encode()


def shelf(body: bytes) -> sections.Shelf | None:
    pieces = sections.split(body)
    return None if pieces is None else pieces.shelf(read(body).items)


def read(body: bytes) -> Document:
    return read_document(body, None, BASE, NOW)


def news(before: bytes, after: bytes) -> sections.News | None:
    return sections.news(after, shelf(before))


async def test_only_the_new_entry_is_read(server: FeedServer, reader: Reader) -> None:
    old = [item(n) for n in range(30)]
    fresh = rss(item(30), *old[:-1]).replace(b"10:30:00", b"11:45:00")
    server.answer("/f", Answer(body=rss(*old)), Answer(body=fresh), Answer(body=fresh.replace(b"11:45", b"11:46")))
    assert len((await reader.look()).items or ()) == 30
    second = await reader.look(minutes=15)
    assert [one.title for one in second.items or ()] == ["Story number 30"]
    assert second.known == 29
    assert len(reader.pool.read_bodies[1]) < 500
    assert (await reader.look(minutes=15)).items is None  # nothing but the date of the document is new
    assert len(reader.pool.read_bodies) == 2


async def test_an_edited_entry_is_read_again_and_remembered(server: FeedServer, reader: Reader) -> None:
    old = [item(n) for n in range(5)]
    edited = [*old[:2], item(2, "Another title"), *old[3:]]
    server.answer("/f", Answer(body=rss(*old)), Answer(body=rss(*edited)), Answer(body=rss(item(9), *edited)))
    await reader.look()
    second = await reader.look(minutes=15)
    assert [one.title for one in second.items or ()] == ["Another title"]
    third = await reader.look(minutes=15)
    assert [one.title for one in third.items or ()] == ["Story number 9"]


async def test_once_a_day_all_of_it_is_read(server: FeedServer, reader: Reader) -> None:
    bodies = [rss(*(item(n) for n in range(top, top - 10, -1))) for top in range(20, 26)]
    server.answer("/f", *(Answer(body=body) for body in bodies))
    counts = [len((await reader.look(hours=8)).items or ()) for _ in bodies]
    assert counts == [10, 1, 1, 10, 1, 1]


async def test_a_known_entry_that_left_and_comes_back_is_read_again(server: FeedServer, reader: Reader) -> None:
    a, b, c = item(1), item(2), item(3)
    server.answer("/f", Answer(body=rss(a, b)), Answer(body=rss(c, b)), Answer(body=rss(a, c, b)))
    titles = [[one.title for one in (await reader.look(minutes=15)).items or ()] for _ in range(3)]
    assert titles == [["Story number 1", "Story number 2"], ["Story number 3"], ["Story number 1"]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # an id or a link that stands on two entries identifies nothing: only the whole document shows that
        (rss(item(1, guid="x"), item(2)), rss(item(3, guid="x"), item(1, guid="x"), item(2))),
        (rss(item(1, link="https://a.example/x"), item(2)), rss(item(3, link="http://www.a.example/x/?utm_source=r"),
                                                               item(1, link="https://a.example/x"), item(2))),
    ],
)  # fmt: skip
def test_a_new_entry_that_shares_its_key_with_a_known_one_needs_the_whole(before: bytes, after: bytes) -> None:
    found = news(before, after)
    assert found is not None
    assert found.shelf_with(read(found.document).items) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (rss(item(1, guid="x"), item(2, guid="x")), rss(item(3), item(1, guid="x"), item(2, guid="x"))),
        (rss(item(1)), rss(item(2), item(1), channel="<link>https://other.example/</link>")),
        (rss(item(1)), rss(item(2), item(1), channel="<language>id</language>")),
        (rss(item(1)), rss(item(2), item(1), tail="<ttl>60</ttl></channel></rss>")),
        (rss(item(1)), rss(item(2), "<!-- <item> -->", item(1))),
        (rss(item(1)), rss(item(2), "text between", item(1))),
        (rss(item(1)), rss(item(2, more="<description><![CDATA[</item><item>]]></description>"), item(1))),
        (rss(item(1)), rss(item(2), item(1), channel="<a><![CDATA[", tail="]]></a></channel></rss>")),
        (rss(item(1)), b"<!DOCTYPE rss>" + rss(item(2), item(1))),
        (rss(item(1)), rss(item(2), item(1)).decode().encode("utf-16")),
        (rss(item(1)), rss(item(2), item(1)).replace(b"</item>", b"</item >")),
        (rss(item(1)), rss(*(item(n) for n in range(sections.MOST_ENTRIES + 1)))),
        (rss(item(1)), rss(item(2), item(3))),
        (rss(item(1)), b'{"items": []}'),
    ],
)  # fmt: skip
def test_when_in_doubt_all_of_it_is_read(before: bytes, after: bytes) -> None:
    assert news(before, after) is None


async def test_a_repaired_document_is_always_read_whole(server: FeedServer, reader: Reader) -> None:
    broken = item(1, "Fish & chips")
    server.answer("/f", Answer(body=rss(broken)), Answer(body=rss(item(2), broken)), Answer(body=rss(item(3), broken)))
    counts = [len((await reader.look(minutes=15)).items or ()) for _ in range(3)]
    assert counts == [1, 2, 2]


async def test_a_new_entry_that_is_broken_makes_all_of_it_read(server: FeedServer, reader: Reader) -> None:
    server.answer("/f", Answer(body=rss(item(1))), Answer(body=rss(item(2, "Fish & chips"), item(1))))
    await reader.look()
    assert len((await reader.look(minutes=15)).items or ()) == 2


@pytest.mark.skipif(not (COLLECTION / "index.json").exists(), reason="the collection of real feeds is not here")
def test_real_documents_say_the_same_in_parts() -> None:
    """Some entries are taken out to be the past; what is new then is what the whole document says of them."""
    chance = random.Random(5)
    parts = count()
    for path in sorted(COLLECTION.glob("*.*")):
        body = path.read_bytes()
        try:
            whole = read(body)
        except SourceError:
            continue
        pieces = sections.split(body)
        if pieces is None or not whole.is_well_formed or len(whole.items) != len(pieces.entries):
            continue
        for _ in range(4):
            fresh = set(chance.sample(range(len(pieces.entries)), k=chance.randint(1, len(pieces.entries))))
            past = pieces.without(fresh)
            found = sections.news(body, shelf(past)) if len(fresh) < len(pieces.entries) else None
            if found is None or found.known.keys() & fresh:
                continue
            part = read(found.document)
            if found.shelf_with(part.items) is not None:
                assert part.items == tuple(whole.items[place] for place in sorted(fresh)), path.name
                next(parts)
    assert next(parts) >= 60


def test_the_cursor_stays_small() -> None:
    found = shelf(rss(*(item(n) for n in range(30))))
    assert found is not None
    assert sum(map(len, found.entries)) < 1_000
