"""How long an answer takes in a large database: every command, in both languages, through the real conversation.

`python -m tests.bench.answers [MATCH]` builds a database of 50,000 stories, 5,000 chats and 500 feeds (a quarter of a
minute) and prints p50, p99 and the longest of each command in milliseconds, the processor's part of it, and how many
trivial indexed SELECTs through the same store the median costs. What is asked is mixed, from chats all over the
database, one question after the other. The picture of /layoffs has a budget of its own and is drawn apart."""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bot.app import App, World
from bot.commands.registry import commands
from bot.domain.access import Access
from bot.domain.channel import Channel, User
from bot.domain.chart import Chart
from bot.domain.message import Attachment
from bot.domain.request import Request
from bot.domain.story import Language, Topic
from bot.domain.verdict import Level
from bot.pictures.drawer import Drawer
from bot.settings import load
from bot.store.store import Store
from tests.bench import stock

ROUNDS, PICTURES = 12, 9
MEDIAN, RARE, SEARCHING, DRAWING = 0.030, 0.150, 0.100, 1.0
OPERATOR = Channel(platform="telegram", address="1")
ANI = User(id="7", name="Ani")
OPML = b"""<opml version="2.0"><body><outline text="One" xmlUrl="https://one.example/feed"/></body></opml>"""
QUESTION, SEARCH, NUMBERS, PEER = "a question", "search", "(keeping numbers)", "(a SELECT)"

ASKED: Mapping[str, tuple[str, ...]] = {
    "latest": ("/latest", "/latest ai 5", "/terbaru phk", "/latest 15 tech layoffs", "/latest 5 +400"),
    "digest": ("/digest", "/ringkasan sekarang", "/digest now 2", "/digest 08:00"),
    "catchup": ("/catchup", "/susulan"),
    "missed": ("/missed", "/terlewat"),
    "more": ("/more 2", "2", "lebih lanjut 3", "/more s{event}"),
    "sources": ("/sources 1", "sumber 2", "/sources s{event}"),
    "search": ("/search robot", "/cari karyawan jakarta", "/search intel", "/search Nvidia data centers",
               "/search zebra", "/search robot +2", "/cari data model"),
    "company": ("/company Intel", "/perusahaan GoTo", "/company Novasoft", "/company nobody", "/company"),
    "layoffs": ("/layoffs", "/layoffs week", "/phk tahun", "/layoffs year tech", "/layoffs month id"),
    "export": ("/export csv", "/ekspor json bulan", "/export opml", "/export"),
    "start": ("/start", "/start topics", "/start story_{event}"),
    "subscribe": ("/subscribe ai", "/langganan phk ringkasan 08.00", "/subscribe all both"),
    "unsubscribe": ("/unsubscribe ai", "/berhenti"),
    "topics": ("/topics", "/topics +ai"),
    "watch": ("/watch", "/watch Spotify", "/pantau pusat data"),
    "unwatch": ("/unwatch Spotify", "/unwatch"),
    "mute": ("/mute", "/mute Tesla 7d", "/mute s{event}"),
    "unmute": ("/unmute Tesla", "/unmute"),
    "settings": ("/settings", "/settings threshold high", "/pengaturan bahasa id"),
    "language": ("/language", "/bahasa id", "/language en"),
    "timezone": ("/timezone", "/timezone WIB", "/timezone new york"),
    "quiet": ("/quiet 22-07", "/quiet", "/quiet off"),
    "pause": ("/pause",),
    "resume": ("/resume",),
    "why": ("/why 2", "kenapa 1", "/why s{event}"),
    "whynot": ("/whynot robot taxi", "/whynot https://outlet1.example/{outlet}", "/whynot s{event}",
               "/whynot zebra intel"),
    "rules": ("/rules", "/rules layoffs", "/rules test Acme cuts 100 jobs"),
    "good": ("/good s{event}",),
    "bad": ("/bad s{event}",),
    "help": ("/help", "/bantuan", "/help latest"),
    "home": ("/home",),
    "feeds": ("/feeds", "/feeds 20"),
    "suggest": ("/suggest https://another.example/rss.xml",),
    "health": ("/health",),
    "import": ("/import",),
    "admin": ("/admin", "/admin feeds", "/admin rules", "/admin chats", "/admin errors"),
}  # fmt: skip
QUESTIONS = (
    "what happened to the chips at Nvidia?",
    "kenapa Tokopedia PHK karyawan?",
    "hi",
    "any news on zebra crossings in Berlin?",
    "/latst",
    "perusahaan mana yang PHK minggu ini di Bandung",
)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds: by the clock on the wall, and of the processor in this process."""

    wall: float
    cpu: float


class Office(App):
    """The real parts, but nothing is drawn: what would be is kept."""

    def __init__(self, store: Store, folder: Path) -> None:
        settings = replace(load({}, directory=folder), access=Access(operator=OPERATOR))
        super().__init__(settings, store, world=World(clock=lambda: stock.NOW))
        self.charts: list[Chart] = []

    async def draw(self, chart: Chart) -> bytes | None:
        self.charts.append(chart)
        return b"a picture"


async def _timed(work: Callable[[], Awaitable[T]]) -> tuple[T, Took]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = await work()
    return done, Took(time.perf_counter() - wall, time.process_time() - cpu)


async def asking(office: Office, match: str) -> dict[str, list[Took]]:
    """So many rounds of everything whose name has `match`, mixed; by command."""
    chance = random.Random(7)
    lines = [(name, line) for name, some in {**ASKED, QUESTION: QUESTIONS}.items() for line in some if match in name]
    events = [one.id for one in await office.store.stories.latest(list(Topic), level=Level.NORMAL, limit=400)]
    asked = [(name, line, language) for name, line in lines for language in Language for _ in range(ROUNDS)]
    chance.shuffle(asked)
    took: dict[str, list[Took]] = defaultdict(list)
    for n, (name, line, language) in enumerate(asked):
        request = _request(n, name, line.format(event=chance.choice(events), outlet=_outlet(chance)), language, chance)
        answer, one = await _timed(lambda request=request: office.conversation.answer(request))  # type: ignore[misc]
        assert answer is not None, line
        assert answer.text, line
        took[name].append(one)
        keep = office.conversation.sent(request, answer, [f"x{n}"])
        _, kept = await _timed(lambda keep=keep: keep)  # type: ignore[misc]
        if answer.stories:
            took[NUMBERS].append(kept)
        some = chance.randint(1, stock.STORIES)
        _, peer = await _timed(lambda some=some: office.store.stories.verdict(some))  # type: ignore[misc]
        took[PEER].append(peer)
    return took


def _request(n: int, name: str, text: str, language: Language, chance: random.Random) -> Request:
    address = OPERATOR if name == "admin" else stock.channel_of(chance.randint(1, stock.CHATS))
    file = Attachment(name="feeds.opml", media_type="text/xml", content=OPML) if name == "import" else None
    return Request(channel=address, user=ANI, text=text, key=f"g{n}", language=language, file=file)


def _outlet(chance: random.Random) -> int:
    """A story of the first outlet."""
    return 1 + stock.FEEDS * chance.randint(1, stock.STORIES // stock.FEEDS - 1)


async def drawing(charts: Sequence[Chart]) -> list[float]:
    """Seconds a picture, the first one with the start of the process that draws."""
    drawer, took = Drawer(), []
    try:
        for n in range(PICTURES):
            picture, one = await _timed(lambda n=n: drawer.draw(charts[n % len(charts)]))  # type: ignore[misc]
            assert picture
            took.append(one.wall)
    finally:
        await drawer.close()
    return took


def told(took: Mapping[str, Sequence[Took]]) -> list[str]:
    """Prints the table; what takes more of the processor than its budget. What only the clock says (it counts the disk,
    and everybody else on this machine) is marked."""
    peer = statistics.median(one.wall for one in took[PEER])
    print(f"{'answers, ms':18} {'p50':>7} {'p99':>7} {'longest':>8} {'CPU p50':>8} {'CPU p99':>8} {'SELECTs':>8}")
    over = []
    for name, some in took.items():
        wall, cpu = sorted(one.wall for one in some), sorted(one.cpu for one in some)
        rare = SEARCHING if name == SEARCH else RARE
        late = {
            what: _at(times, 0.5) > MEDIAN or _at(times, 0.99) > rare for what, times in (("clock", wall), ("CPU", cpu))
        }
        over += [name] if late["CPU"] else []
        figures = f"{_at(wall, 0.5) * 1e3:7.1f} {_at(wall, 0.99) * 1e3:7.1f} {wall[-1] * 1e3:8.1f}"
        more = f"{_at(cpu, 0.5) * 1e3:8.1f} {_at(cpu, 0.99) * 1e3:8.1f} {_at(wall, 0.5) / peer:8.1f}"
        print(f"{name:18} {figures} {more}  {' '.join(what for what, is_late in late.items() if is_late)}")
    return over


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def _measured(path: Path, match: str) -> list[str]:
    store = await Store.open(f"sqlite:///{path}", upgrade=False)
    office = Office(store, path.parent)
    try:
        await office.warm_up()
        over = told(await asking(office, match))
        if office.charts:
            took = await drawing(office.charts)
            print(f"the picture of /layoffs: first {took[0]:.2f} s, then {statistics.median(took[1:]):.2f} s")
            over += ["the picture"] if max(took) > DRAWING else []
    finally:
        await office.close()
    return over


def main(match: str = "") -> int:
    assert set(ASKED) == set(commands()), set(ASKED) ^ set(commands())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kabar.db"
        stock.build(path)
        over = asyncio.run(_measured(path, match))
    print(f"over {MEDIAN * 1e3:.0f} / {RARE * 1e3:.0f} ms: {', '.join(over) or 'none'}")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
