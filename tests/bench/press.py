"""The publisher of the polling bench: a process of its own that serves feeds over loopback, with exact validators.

`GET /feed/N` gives feed N, 304 to those who have it; `GET /turn` gives every feed one more entry (the oldest leaves).
The documents are those of a middling news site: RSS with summaries, RSS with whole articles, Atom."""

from __future__ import annotations

import asyncio
import random
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from itertools import accumulate

ENTRIES = 30
FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORDINARY = """
    the company says that its new service will reach more people this year while analysts expect slower growth
    in markets where prices rose after a quiet summer and officials in Jakarta plan talks about roads schools
    water and trade before the season ends in a city whose harbour opened again on Monday with music food and
    many visitors from the islands perusahaan mengumumkan layanan baru untuk pelanggan di kota besar pemerintah
    ekonomi pasar saham harga minyak bank sentral rupiah pekan ini warga sekolah jalan hujan musim pelabuhan
    pulau"""
TELLING = """
    artificial intelligence model chips data centre layoffs jobs cut engineers startup pemutusan hubungan kerja karyawan
    kecerdasan buatan"""
SYLLABLES = """
    ka ro men ti sa lu ber gan o ri del vas ton mi pa ster ne chu wi ang bo ral ex il tor na dus fe lam qui"""


def _invented(words: int) -> list[str]:
    """Names of people, places and things: without them all stories of all papers would tell one event."""
    chance, syllables = random.Random(5), SYLLABLES.split()
    return ["".join(chance.choices(syllables, k=chance.choice((2, 3, 3, 4)))) for _ in range(words)]


NAMES = _invented(20_000)
WORDS = (*ORDINARY.split(), *TELLING.split(), *NAMES)
# Telling words are as rare as in a general newspaper; every third word is a name, and most names are rare.
WEIGHTS = (
    *[10.0] * len(ORDINARY.split()),
    *[1.0] * len(TELLING.split()),
    *[40.0 / rank for rank in range(1, len(NAMES) + 1)],
)
SUMS = tuple(accumulate(WEIGHTS))


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, cum_weights=SUMS, k=words)).capitalize() + "."


@lru_cache(maxsize=200_000)
def entry(feed: int, number: int) -> str:
    """One entry, the same whenever it is asked for."""
    chance = random.Random(feed * 1_000_003 + number)
    at = FIRST + timedelta(minutes=17 * number)
    link = f"https://paper{feed}.example/{at:%Y/%m/%d}/story-{number}?utm_source=rss"
    title = escape(_sentence(chance, 9)[:-1])
    summary = escape(f"<p>{_sentence(chance, 22)} <a href='{link}'>{_sentence(chance, 3)}</a></p>")
    if feed % 3 == 2:
        return (
            f"<entry><id>tag:paper{feed}.example,2026:{number}</id><title>{title}</title><link href='{escape(link)}'/>"
            f"<published>{at.isoformat()}</published><updated>{at.isoformat()}</updated>"
            f"<author><name>Desk {number % 7}</name></author><category term='news'/>"
            f"<summary type='html'>{summary}</summary></entry>\n"
        )
    article = "".join(f"<p>{_sentence(chance, 30)} <em>{_sentence(chance, 4)}</em></p>\n" for _ in range(5))
    content = f"<content:encoded><![CDATA[{article}]]></content:encoded>" if feed % 3 == 1 else ""
    return (
        f"<item><title>{title}</title><link>{escape(link)}</link><guid isPermaLink='false'>p{feed}-{number}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><dc:creator>Desk {number % 7}</dc:creator>"
        f"<category>news</category><category><![CDATA[Business & more]]></category>"
        f"<description>{summary}</description>{content}</item>\n"
    )


def document(feed: int, turn: int) -> bytes:
    entries = "".join(entry(feed, number) for number in reversed(range(turn, turn + ENTRIES)))
    if feed % 3 == 2:
        text = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Paper {feed}</title><id>p{feed}</id>{entries}</feed>"
    else:
        spaces = "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:content='http://purl.org/rss/1.0/modules/content/'"
        text = (
            f"<rss version='2.0' {spaces}><channel><title>Paper {feed}</title><link>https://paper{feed}.example/</link>"
            f"<description>News</description><language>en</language>{entries}</channel></rss>"
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


class _Press(asyncio.Protocol):
    turn = 0
    documents: list[bytes] = []  # noqa: RUF012 - one press a process

    @classmethod
    def print(cls, feeds: int) -> None:
        cls.documents = [document(feed, cls.turn) for feed in range(feeds)]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._got = b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        while b"\r\n\r\n" in self._got:
            head, _, self._got = self._got.partition(b"\r\n\r\n")
            self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path == b"/turn":
            _Press.turn += 1
            self.print(len(self.documents))
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        number = int(path.rpartition(b"/")[2])
        tag = b'"%d-%d"' % (number, self.turn)
        if tag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % tag
        body = self.documents[number]
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
            % (tag, len(body))
        ) + body


async def main(feeds: int) -> None:
    _Press.print(feeds)
    server = await asyncio.get_running_loop().create_server(_Press, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
