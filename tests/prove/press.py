"""Which stories the proof tells: invented ones, each with a token of its own in its title, by which it is found again
in whatever a chat was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from bot.domain.story import Topic
from tests.adapters.feedserver import FeedServer
from tests.scenarios.papers import rss

TOKEN = re.compile(r"Zq[a-z]{8}")
SYLLABLES = [consonant + vowel for consonant in "bdfgjklmnprstvz" for vowel in "aeiou"]
TOPICS = (Topic.AI, Topic.LAYOFFS)
FEEDS = ("paper", "wire")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story that was published. `feeds`: all that carry it; `at`: its place in the order of publication."""

    token: str
    topic: Topic
    title: str
    at: int


class Press:
    """Two feeds on a loopback server. No two stories share a telling word, so each is an event of its own; what the
    wire copies from the paper is a second report of it."""

    def __init__(self, server: FeedServer, random: Random, *, shown: int = 100) -> None:
        """`shown`: how many entries a document has at most."""
        self._server = server
        self._random = random
        self._shown = shown
        self.stories: list[Told] = []
        self._titles: dict[str, list[str]] = {name: [] for name in FEEDS}
        for name in FEEDS:
            self._print(name)

    def url(self, feed: str) -> str:
        return self._server.url(f"/{feed}")

    def publish(self, topic: Topic | None = None, feed: str = "paper") -> Told:
        """One new story at the top of a feed."""
        told = self._written(topic)
        self._titles[feed].insert(0, told.title)
        self._print(feed)
        return told

    def publish_many(self, count: int, topic: Topic | None = None, feed: str = "paper") -> None:
        """All at once."""
        self._titles[feed][:0] = reversed([self._written(topic).title for _ in range(count)])
        self._print(feed)

    def _written(self, topic: Topic | None) -> Told:
        topic = topic or TOPICS[len(self.stories) % len(TOPICS)]
        token, *words = f"Zq{self._word()}", *(self._word() for _ in range(4))
        if topic is Topic.AI:
            first, second, *_ = words
            title = f"{token} releases artificial intelligence model {first.title()} for {second} {words[2]}"
        else:
            count = self._random.randint(110, 900)
            title = f"{token} lays off {count} employees in {words[0].title()} as demand for {words[1]} falls"
        told = Told(token=token, topic=topic, title=title, at=len(self.stories))
        self.stories.append(told)
        return told

    def copy(self, story: Told, feed: str = "wire") -> None:
        """Another outlet tells it too."""
        self._titles[feed].insert(0, story.title)
        self._print(feed)

    def clear(self, feed: str = "wire") -> None:
        """A copy that nobody read in its time is gone: days later it would be an event of its own."""
        self._titles[feed].clear()
        self._print(feed)

    def _print(self, feed: str) -> None:
        self._server.publish(f"/{feed}", rss(*self._titles[feed][: self._shown], host=f"{feed}.example"))

    def _word(self) -> str:
        return "".join(self._random.choice(SYLLABLES) for _ in range(4))


def tokens(text: str) -> tuple[str, ...]:
    """Each once, in the order in which they are told."""
    return tuple(dict.fromkeys(TOKEN.findall(text)))
