"""Who reads in a proof, what each asked for, and a database in which they all have done so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from bot.domain.channel import Channel
from bot.domain.feed import FeedOutcome, FeedState
from bot.domain.story import Topic
from bot.domain.subscription import Mode, Preferences, Quiet
from bot.ports import Reading
from bot.settings import load
from bot.store.store import Store
from tests.builders import TagGrouping
from tests.prove.posts import TEAM
from tests.prove.press import FEEDS, Press, Told

NIGHT = Quiet(start=time(22), end=time(7))
BOTH_TOPICS = frozenset({Topic.AI, Topic.LAYOFFS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A chat. `address` is Telegram's number or Slack's channel id."""

    platform: str
    address: str
    thread: str = ""
    topics: frozenset[Topic] = BOTH_TOPICS
    mode: Mode = Mode.ALERT
    quiet: Quiet | None = None
    digest_at: time = time(8)

    @property
    def place(self) -> tuple[str, str, str]:
        return self.platform, self.address, self.thread

    @property
    def name(self) -> str:
        return ":".join(filter(None, self.place))

    def wants(self, story: Told) -> bool:
        return story.topic in self.topics


def _telegram(address: int, **more: object) -> Reader:
    return Reader(platform="telegram", address=str(address), **more)  # type: ignore[arg-type]


def _slack(channel: str, **more: object) -> Reader:
    return Reader(platform="slack", address=f"{TEAM}/{channel}", **more)  # type: ignore[arg-type]


AI, LAYOFFS = frozenset({Topic.AI}), frozenset({Topic.LAYOFFS})
EVERYBODY = (
    _telegram(101, topics=AI),
    _telegram(102, topics=LAYOFFS),
    _telegram(103, mode=Mode.BOTH),
    _telegram(104, quiet=NIGHT),
    _telegram(105, mode=Mode.DIGEST),
    _telegram(-1001),
    _telegram(-1002, thread="7", topics=AI),
    _slack("C1NEWS0"),
    _slack("C2BOTH0", mode=Mode.BOTH),
    _slack("C3QUIET", quiet=NIGHT),
    _slack("C4DIGST", mode=Mode.DIGEST, topics=AI),
)


def furnish(folder: Path, press: Press) -> None:
    """The configuration that a process finds in `folder`."""
    (folder / "config").mkdir(parents=True, exist_ok=True)
    feeds = "".join(f'[[feed]]\nid = "{name}"\nurl = "{press.url(name)}"\ntitle = "The {name}"\n' for name in FEEDS)
    (folder / "config" / "feeds.toml").write_text(feeds, "utf-8")


async def move_in(folder: Path, url: str, readers: Sequence[Reader], now: datetime) -> None:
    """A new database in which every feed was read before, so that all that comes is news, and everybody has asked for
    what they want."""
    settings = load({"KABAR_DATABASE_URL": url}, directory=folder)
    store = await Store.open(url, upgrade=True)
    try:
        await store.feeds.synchronise(settings.feeds, now)
        for name in FEEDS:
            read = FeedOutcome(feed_id=name, lease=None, at=now, next_poll=now, state=FeedState.OK)
            await store.stories.commit(Reading(outcome=read), TagGrouping())
        for reader in readers:
            channel = Channel(platform=reader.platform, address=reader.address, thread=reader.thread)
            chat = await store.chats.meet(channel)
            wishes = Preferences(topics=reader.topics, mode=reader.mode, quiet=reader.quiet, digest_at=reader.digest_at)
            await store.chats.save(replace(chat, preferences=wishes, since=now - timedelta(days=2)))
    finally:
        await store.close()
