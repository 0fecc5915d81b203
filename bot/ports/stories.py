"""What stories are judged, grouped, stored and asked for with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.coverage import Change, Coverage, Report
from bot.domain.event import Event
from bot.domain.feed import FeedOutcome
from bot.domain.identity import Known
from bot.domain.story import Item, Language, Story, Topic
from bot.domain.verdict import Level, TopicScore, Verdict


class Judge(Protocol):
    """The editorial side: pure and quick."""

    def detect(self, item: Item, prior: Language | None) -> Language: ...

    def score(
        self, item: Item, *, language: Language, source: str, weight: float, hints: Collection[Topic]
    ) -> Verdict: ...

    def event(self, item: Item, language: Language, verdict: Verdict) -> Event | None:
        """The facts of a story of job cuts, None for any other."""

    def employer(self, company: str | None) -> str | None:
        """The same for every way to spell an employer."""

    def figures(self, item: Item) -> frozenset[int]:
        """Every number of people that a story mentions."""

    def index(self, item: Item, language: Language) -> str:
        """The words a story is found by: stemmed, separated by a space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A stored story as it is compared with others. `coverage_id` is that of the event it tells, for one that was
    placed already."""

    story_id: int
    coverage_id: int | None
    language: Language
    title: str
    summary: str
    source: str
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Which event a story tells: `coverage_id` None means one of its own. `joined`: events that it showed to be the
    same one; they become `coverage_id`."""

    coverage_id: int | None
    joined: tuple[int, ...] = ()
    why: str = ""


class Grouping(Protocol):
    """The events of the last days. What it is told in a transaction that fails it must be made to forget (`reset`)."""

    @property
    def newest(self) -> int:
        """The highest id among the stories it was given, 0 when there is none."""

    def restore(self, told: Sequence[Told]) -> None:
        """Takes in stories that were placed before, also by another process; in order of their ids."""

    def place(self, told: Told) -> Placement: ...

    def reset(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStory:
    """An item that is not known yet, on its way into the store. `keys` are all it is known by. `announce` is False for
    what a feed already held when it was first read: stored and searchable, but no alert. `event` with its `employer`,
    and `figures`, every number of people the story mentions; `index` the words it is found by; `watched`: the ids of
    the interests that asked for it by name."""

    item: Item
    keys: tuple[str, ...]
    url: str | None
    source: str
    language: Language
    content_hash: str
    verdict: Verdict
    announce: bool
    event: Event | None = None
    employer: str | None = None
    figures: frozenset[int] = frozenset()
    index: str = ""
    watched: tuple[int, ...] = ()

    @property
    def is_shown(self) -> bool:
        """Whether anybody may come to see it: it clears a topic at some level, or was asked for by name."""
        return bool(self.watched) or any(score.clears is not None for score in self.verdict.topics.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedStory:
    """A known story whose words changed; `keys` may hold new ones. Its verdict is judged anew."""

    story_id: int
    new: NewStory


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that one look at a feed changes; committed in one transaction, perhaps with others, or not at all. `seen` are
    the keys of known stories that the feed still shows (they stay remembered), `learnt` further keys of theirs (key,
    story id) that were not known yet: a guid that changed, or another feed's own; when the address changes next they
    still tell. `established`: the feed was read before, so a story that it carries for the first time is news, even one
    that was stored without a word when another feed was read for the first time."""

    outcome: FeedOutcome
    established: bool = False
    new: tuple[NewStory, ...] = ()
    edited: tuple[EditedStory, ...] = ()
    seen: tuple[str, ...] = ()
    learnt: tuple[tuple[str, int], ...] = ()

    @property
    def has_stories(self) -> bool:
        """Whether it says more than how the feed is."""
        return bool(self.new or self.edited or self.seen or self.learnt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """`new_stories` stored and `alerts` put into the outbox by one transaction."""

    new_stories: int
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A stored story that was searched for, and the event it belongs to, None where it is shown to nobody. `announced`:
    it counted as news when it came."""

    story: Story
    coverage_id: int | None
    announced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCuts:
    """One event of job cuts as the table and the chart of /layoffs need it. `restates`: not counted."""

    coverage_id: int
    title: str
    url: str | None
    source: str
    language: Language
    when: datetime
    outlets: int
    employer: str | None
    event: Event
    restates: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A stored story with what its score was made from and the levels it cleared."""

    story: Story
    weight: float
    hints: tuple[Topic, ...]
    levels: Mapping[Topic, Level]


class Stories(Protocol):
    """Stories and the events they tell. A story that somebody may see belongs to a Coverage, which has its first
    story's id; every method that takes a story's id takes that of any of its reports."""

    async def known(self, keys: Collection[str]) -> Mapping[str, Known]: ...

    async def titled(self, feed_id: str, titles: Collection[str], since: datetime) -> Mapping[str, Known]:
        """The feed's stories first seen since then, by title; a title that several of them bear is left out."""

    async def commit(self, reading: Reading, grouping: Grouping) -> Committed:
        """One transaction: stories, keys, verdicts, the event each belongs to with its facts and changes, the alerts,
        edits and replies all that causes for chats, the feed's outcome. A key that another feed stored meanwhile makes
        the story known, not new. An outcome whose lease is no longer the feed's writes nothing."""

    async def commit_all(self, readings: Sequence[Reading], grouping: Grouping) -> Committed:
        """Several of them, of different feeds, in one transaction: all or nothing."""

    async def placed(self, *, after: int, since: datetime, limit: int) -> list[Told]:
        """Stories with an id over `after`, first seen after `since`, that belong to an event; by id."""

    async def get(self, story_id: int) -> Story | None: ...

    async def many(self, story_ids: Sequence[int]) -> list[Story]:
        """In the order asked; missing ones left out."""

    async def coverage(self, story_id: int) -> Coverage | None:
        """The event a story tells; one that belongs to none comes alone."""

    async def coverages(self, story_ids: Sequence[int]) -> list[Coverage]:
        """In the order asked, each once; missing ones left out."""

    async def reports(self, coverage_id: int) -> list[Report]:
        """All that tell the event, first one first."""

    async def changes(self, coverage_id: int) -> list[Change]:
        """What changed in it, oldest first; also what later stories denied or confirmed."""

    async def verdict(self, story_id: int) -> Mapping[Topic, TopicScore]:
        """Of exactly this story; topics that a rule spoke of, or that it clears."""

    async def levels(self, coverage_id: int) -> Mapping[Topic, Level]:
        """The strictest level the event clears in each topic that it clears at all."""

    async def latest(
        self, topics: Collection[Topic], *, level: Level, limit: int, offset: int = 0, since: datetime | None = None
    ) -> list[Coverage]:
        """Events that clear `level` in any of `topics`, newest first (ties by id)."""

    async def ranked(
        self, topics: Sequence[Topic], *, level: Level, since: datetime, until: datetime, limit: int
    ) -> list[tuple[Coverage, Topic]]:
        """Events that came to clear `level` in (since, until], best score first, each once under the first of `topics`
        it clears. What a feed held when it was first read counts only when it is dated after `since`."""

    async def counts(self, since: datetime, until: datetime) -> ReadingCounts: ...

    async def feeds_of(self, story_id: int) -> list[str]:
        """Titles of the feeds that carried exactly this story, first one first."""

    async def at(self, url: str) -> list[Hit]:
        """Stories known under this address (as bot.domain.identity spells it)."""

    async def search(self, index: str, *, limit: int, offset: int = 0, shown: bool = True) -> list[Hit]:
        """Stories that have all words of `index` (as Judge.index gives them), newest first; `shown`: one report an
        event and only of events, else every stored story."""

    async def job_cuts(
        self, *, since: datetime, until: datetime, language: Language | None = None, employer: str | None = None
    ) -> list[JobCuts]:
        """Events with facts, first seen in [since, until), newest first; single dismissals are not among them."""

    async def companies(self, since: datetime) -> Mapping[str, int]:
        """How many events of job cuts first seen since then name each company, the most named first."""

    async def of_employer(self, employer: str, *, limit: int, offset: int = 0) -> list[Coverage]:
        """Events whose facts name this employer, newest first."""

    async def scored(self, *, since: datetime, after: int, limit: int) -> list[Scored]:
        """Stories first seen after `since` with an id over `after`, by id, words included."""


class Thumbs(Protocol):
    """What people think of alerts."""

    async def set(self, coverage_id: int, chat_id: int, user_id: str, up: bool | None, now: datetime) -> None:
        """One opinion a person, chat and event; None takes it back."""

    async def given(self, coverage_id: int, chat_id: int, user_id: str) -> bool | None:
        """What this person said of it there, None: nothing."""

    async def since(self, since: datetime) -> list[Opinion]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Thumbs on one event, added up over all chats."""

    coverage_id: int
    up: int
    down: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCounts:
    """What explains silence: feeds listed, feeds failing now, entries seen first in the time asked for."""

    feeds: int
    failing: int
    items: int
