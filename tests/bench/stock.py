"""A database as a large bot has it after three months: 50,000 stories of 500 feeds, 5,000 chats with their ledgers."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.domain.channel import Channel
from bot.domain.identity import fingerprint_exact
from bot.domain.story import Item, Language, Topic
from bot.domain.subscription import Mode, Preferences
from bot.editorial.judge import EditorialJudge
from bot.store import tables
from bot.store.rows import preference_values, spec_values
from bot.store.search import folded
from bot.store.store import Store
from tests.builders import a_spec
from tests.unit.facts import shipped

STORIES, CHATS, FEEDS = 50_000, 5_000, 500
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
SPAN = timedelta(days=90)
SHOWN, CUTS, REPORTS = 0.2, 0.25, 0.25  # of all stories; of those shown; of those shown, further reports of an event
ALERTS, LISTS, WATCHED = 20, 8, 2  # a chat
A_BATCH = 2_000
PEOPLE = (None, 45, 90, 120, 250, 400, 900, 1_500, 4_000, 15_000)
# fmt: off
NAMES = ("Intel", "Spotify", "Nvidia", "Tesla", "Google", "Microsoft", "Amazon", "Meta", "GoTo", "Tokopedia",
         "Bukalapak", "Shopee", "Grab", "Ruangguru")
CUT = ("{0} to cut {1} jobs as it restructures {2}", "{0} lays off {1} people in {2}", "{0} PHK {1} karyawan {2}")
NEWS = ("{0} opens its new AI model for {2}", "{0} luncurkan model AI untuk {2}", "How {0} builds data centers in {2}")
IDLE = ("Town council discusses {2} with {0}", "{0} shares gain as {2} opens", "Warga {2} menanti taman baru {0}")
PLACES = ("Jakarta", "Bandung", "Surabaya", "Berlin", "Austin", "Dublin", "Oregon", "Singapore", "Medan", "Manila")
FILLER = ("the", "of", "a", "and", "market", "company", "report", "said", "workers", "plan", "growth", "unit",
          "percent", "cost", "staff", "office", "chips", "cloud", "perusahaan", "karyawan", "pasar", "tahun", "kantor",
          "rencana", "produk", "layanan", "pengguna", "saham", "investor", "startup", "robot", "taxi", "model", "data")
# fmt: on
COMPANIES = (*NAMES, *(first + last for first in ("Nova", "Terra", "Sinar", "Luma") for last in ("soft", "tek", "pay")))


def build(path: Path) -> None:
    """Fills a new database at `path`. The same one every time."""
    asyncio.run(_empty(path))
    chance = random.Random(4)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    for table, rows in _everything(chance):
        _insert(connection, table, rows)
    connection.commit()
    connection.execute("INSERT INTO story_search (story_search) VALUES ('optimize')")
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


async def _empty(path: Path) -> None:
    store = await Store.open(f"sqlite:///{path}", upgrade=True)
    await store.close()


def _insert(connection: sqlite3.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """By the driver itself: the quickest way in, through the types of the table's own columns."""
    if not rows:
        return
    from sqlalchemy.dialects import sqlite

    dialect = sqlite.dialect()
    statement = sa.insert(table).compile(dialect=dialect, column_keys=list(rows[0]))
    assert statement.positiontup is not None
    turn = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in statement.positiontup]
    columns = list(zip(statement.positiontup, turn, strict=True))
    values = [[to(row[name]) if to else row[name] for name, to in columns] for row in rows]
    connection.executemany(str(statement), values)


def _everything(chance: random.Random) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
    yield tables.feeds, [_feed(n) for n in range(FEEDS)]
    judge = EditorialJudge(shipped)
    events: list[int] = []
    for start in range(1, STORIES + 1, A_BATCH):
        batch = [_story(story_id, judge, chance, events) for story_id in range(start, start + A_BATCH)]
        yield tables.coverages, [row["coverage"] for row in batch if row["coverage"]]
        for table in (tables.stories, tables.facts, tables.coverage_topics, tables.verdicts, tables.story_keys):
            yield table, [one for row in batch for one in row[table.name]]
        yield tables.story_feeds, [_carried(row["stories"][0]) for row in batch]
    yield tables.chats, [_chat(n) for n in range(1, CHATS + 1)]
    yield tables.chat_topics, [{"chat_id": n, "topic": topic} for n in range(1, CHATS + 1) for topic in _topics_of(n)]
    for start in range(1, CHATS + 1, 500):
        some = range(start, start + 500)
        yield tables.outbox, [one for n in some for one in _ledger(n, chance, events)]
        yield tables.shown, [one for n in some for one in _lists(n, chance, events)]
        yield tables.interests, [_interest(n, chance, k) for n in some for k in range(WATCHED)]
    yield (
        tables.beats,
        [
            {"part": part, "at": NOW, "state": "ok", "cause": "", "fix": ""}
            for part in ("scheduler", "telegram", "slack")
        ],
    )


def _feed(n: int) -> dict[str, Any]:
    ill = n % 20 == 0
    state: dict[str, Any] = {
        "id": f"feed{n}",
        "origin": "file",
        "listed": True,
        "state": "failing" if ill else "ok",
        "cursor": "x" * 900,
        "last_try": NOW,
        "last_ok": NOW - (timedelta(days=3) if ill else timedelta(minutes=n % 14)),
        "next_poll": NOW + timedelta(minutes=n % 15),
        "failures": 5 if ill else 0,
        "problem": "http_404" if ill else None,
        "problem_since": NOW - timedelta(days=3) if ill else None,
        "gap_seconds": 3_600.0,
        "newest_at": NOW - timedelta(hours=2),
    }
    return spec_values(a_spec(f"feed{n}", title=f"Outlet {n}")) | state


def _story(story_id: int, judge: EditorialJudge, chance: random.Random, events: list[int]) -> dict[str, Any]:
    when = NOW - SPAN * (1 - story_id / STORIES)
    is_shown = chance.random() < SHOWN
    is_cut = is_shown and chance.random() < CUTS
    headline = chance.choice(CUT if is_cut else NEWS if is_shown else IDLE)
    company, people = chance.choice(COMPANIES), chance.choice(PEOPLE)
    title = headline.format(company, people or "hundreds of", f"{chance.choice(PLACES)} {chance.choice(FILLER)}")
    summary = " ".join(chance.choices(FILLER, k=30))
    language = Language.ID if headline in (CUT[2], NEWS[1], IDLE[2]) else Language.EN
    report = bool(is_shown and events and chance.random() < REPORTS)
    coverage_id = (chance.choice(events[-40:]) if report else story_id) if is_shown else None
    if coverage_id == story_id:
        events.append(story_id)
    story = {
        "id": story_id,
        "feed_id": f"feed{story_id % FEEDS}",
        "source": f"Outlet {story_id % FEEDS}",
        "title": title,
        "url": f"https://outlet{story_id % FEEDS}.example/{story_id}",
        "summary": summary,
        "content": " ".join(chance.choices(FILLER, k=200)),
        "content_hash": f"{story_id:032x}",
        "language": language,
        "published": when,
        "first_seen": when,
        "shown_at": when,
        "coverage_id": coverage_id,
        "words": folded(judge.index(Item(title=title, summary=summary), language)),
        "forgotten": False,
        "announced": True,
    }
    told = {
        "employer": company.casefold(),
        "company": company,
        "headcount": people,
        "percent": None,
        "tech": True,
        "kind": "layoff",
        "ai_grade": None,
        "ai_quote": None,
    }
    event = told if is_cut else dict.fromkeys(told)
    topics = () if not is_shown else (Topic.LAYOFFS, Topic.TECH_LAYOFFS) if is_cut else (Topic.AI,)
    first = coverage_id == story_id
    coverage = {"id": story_id, "lead_id": story_id, "outlets": 1, "version": 1, "first_seen": when, "shown_at": when}
    return {
        "coverage": coverage | {"announced": True} | event if first else None,
        "stories": [story],
        "facts": [{"story_id": story_id} | event] if is_cut else [],
        "coverage_topics": [_cleared(story_id, topic, when) for topic in topics] if first else [],
        "verdicts": [_verdict(story_id, topic, topic in topics) for topic in Topic],
        "story_keys": [
            {"key": f"url:{fingerprint_exact(story['url'])}", "story_id": story_id, "seen_at": when},
            {"key": f"id:{story_id}", "story_id": story_id, "seen_at": when},
        ],
    }


def _cleared(coverage_id: int, topic: Topic, when: datetime) -> dict[str, Any]:
    times = {"low_at": when, "normal_at": when, "high_at": when if coverage_id % 3 == 0 else None}
    return {"coverage_id": coverage_id, "topic": topic, "score": 6.0 + coverage_id % 5, "shown_at": when} | times


def _verdict(story_id: int, topic: Topic, hit: bool) -> dict[str, Any]:
    why = {"en": "says that jobs are cut", "id": "menyebut pemutusan hubungan kerja"}
    reason = {"rule": "layoffs.word", "points": 6.0, "field": "title", "text": "to cut jobs", "why": why}
    return {
        "story_id": story_id,
        "topic": topic,
        "score": 8.0 if hit else 0.0,
        "level_rank": 2 if hit else -1,
        "thresholds": {"low": 3.0, "normal": 6.0, "high": 9.0},
        "reasons": [reason] * 3 if hit else [],
    }


def _carried(story: dict[str, Any]) -> dict[str, Any]:
    return {"story_id": story["id"], "feed_id": story["feed_id"], "first_seen": story["first_seen"]}


def _topics_of(n: int) -> list[Topic]:
    return sorted(Topic)[: n % 4]


def channel_of(n: int) -> Channel:
    """Half of the chats are on Telegram, half on Slack."""
    platform, address = ("telegram", str(10_000 + n)) if n % 2 else ("slack", f"T1/D{n:07d}")
    return Channel(platform=platform, address=address)


def _chat(n: int) -> dict[str, Any]:
    """One in twenty parked, every third with a digest."""
    prefs = Preferences(
        topics=frozenset(_topics_of(n)), mode=Mode.BOTH if n % 3 == 0 else Mode.ALERT, digest_at=time(8)
    )
    values = preference_values(prefs) | {"since": NOW - SPAN, "read_until": NOW - timedelta(hours=n % 60)}
    channel = channel_of(n)
    parked = n % 20 == 0
    return values | {
        "id": n,
        "platform": channel.platform,
        "address": channel.address,
        "thread": "",
        "state": "parked" if parked else "active",
        "parked_reason": "blocked" if parked else None,
    }


def _ledger(n: int, chance: random.Random, events: Sequence[int]) -> list[dict[str, Any]]:
    told = chance.sample(events[-400:], ALERTS)
    common = {
        "kind": "alert",
        "chat_id": n,
        "due_at": None,
        "fence": 1,
        "attempts": 1,
        "uncertain": False,
        "plain": False,
    }
    return [
        common
        | {
            "story_id": story_id,
            "state": "dead" if k == 0 and n % 100 == 0 else "sent",
            "reason": "rejected" if k == 0 and n % 100 == 0 else None,
            "message_ids": [str(k)],
            "created_at": NOW - timedelta(hours=k),
            "settled_at": NOW - timedelta(hours=k),
        }
        for k, story_id in enumerate(told)
    ]


def _lists(n: int, chance: random.Random, events: Sequence[int]) -> list[dict[str, Any]]:
    chat = _chat(n)
    common = {name: chat[name] for name in ("platform", "address", "thread")} | {"kind": "list", "at": NOW}
    return [
        common | {"message_id": f"m{k}", "stories": [int(one) for one in chance.sample(events[-400:], 5)]}
        for k in range(LISTS)
    ]


def _interest(n: int, chance: random.Random, k: int) -> dict[str, Any]:
    name = COMPANIES[(n + k * 7) % len(COMPANIES)]
    kind = "watch" if k % 2 == 0 else "mute"
    return {"chat_id": n, "kind": kind, "phrase": name, "key": f"employer:{name.casefold()}", "until": None}
