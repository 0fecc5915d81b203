"""Which gate kept a story from a chat: the first in its way, decided from what story, chat and ledger say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from bot.domain.coverage import Coverage
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.feed import Feed, FeedState
from bot.domain.story import Story, Topic
from bot.domain.subscription import Chat, Interest
from bot.domain.verdict import Level, Reason, TopicScore
from bot.ports import Entry

FOLDED = "folded"  # the ledger's word for an alert that another one of the same event made needless
# Endings under which anybody can have a name: detik.com, kompas.co.id.
_SECOND_LEVEL = frozenset(
    ["ac", "co", "com", "edu", "go", "gob", "gov", "mil", "net", "ne", "or", "org", "sch", "web", "my"]
)


class Gate(StrEnum):
    """What stopped a story, in the order of its way; SENT: nothing did."""

    SENT = "sent"
    TOO_OLD = "too_old"  # its feed held it when it was first read
    BELOW = "below"  # of a topic, but not enough
    NOTHING = "nothing"  # no rule found anything
    VETO = "veto"
    NOT_SUBSCRIBED = "not_subscribed"
    OTHER_TOPIC = "other_topic"
    LEVEL = "level"
    DIGEST_ONLY = "digest_only"
    MUTED = "muted"
    HELD = "held"
    WAITING = "waiting"
    PARKED = "parked"
    REFUSED = "refused"
    DROPPED = "dropped"
    EARLIER = "earlier"  # nothing stops it now: it came before this chat asked for such stories


FATES: Mapping[DeliveryState, Gate] = {
    DeliveryState.SENT: Gate.SENT,
    DeliveryState.QUEUED: Gate.WAITING,
    DeliveryState.SENDING: Gate.WAITING,
    DeliveryState.UNKNOWN: Gate.WAITING,
    DeliveryState.PARKED: Gate.PARKED,
    DeliveryState.DEAD: Gate.REFUSED,
    DeliveryState.EXPIRED: Gate.DROPPED,
    DeliveryState.HELD: Gate.HELD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of a stored story in one chat. `scores` are of exactly this story, `coverage` with its `levels` is
    the event it tells (None: shown to nobody), `ledger` what became of the event here, newest first."""

    story: Story
    announced: bool
    scores: Mapping[Topic, TopicScore]
    chat: Chat
    coverage: Coverage | None = None
    levels: Mapping[Topic, Level] | None = None
    muted: Interest | None = None
    ledger: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The gate, and what there is to show for it. `folded`: the story is one report of this event, and the gate is the
    event's."""

    gate: Gate
    score: TopicScore | None = None
    veto: Reason | None = None
    topics: tuple[Topic, ...] = ()
    level: Level | None = None
    entry: Entry | None = None
    muted: Interest | None = None
    folded: Coverage | None = None


def decide(case: Case) -> Finding:
    """The first gate that stopped the story; what the ledger says comes before all, for it is what happened."""
    alert = alert_of(case.ledger)
    if alert is not None:
        return Finding(gate=FATES[alert.state], entry=alert, muted=case.muted, folded=_folded(case))
    if not case.announced:
        return Finding(gate=Gate.TOO_OLD)
    if case.coverage is None or not case.levels:
        return _unseen(case)
    return _unwanted(case, case.levels)


def alert_of(ledger: Sequence[Entry]) -> Entry | None:
    """What became of the alert of an event; of several (events that turned out to be one) the one that arrived."""
    alerts = [entry for entry in ledger if entry.kind is DeliveryKind.ALERT]
    arrived = [entry for entry in alerts if entry.state is DeliveryState.SENT]
    return next(iter(arrived or [entry for entry in alerts if entry.reason != FOLDED]), None)


def _folded(case: Case) -> Coverage | None:
    if case.coverage is None or case.story.id in (case.coverage.id, case.coverage.lead.id):
        return None
    return case.coverage


def _unseen(case: Case) -> Finding:
    """Why no chat at all could get it."""
    spoke = [score for score in case.scores.values() if score.reasons]
    for score in sorted(spoke, key=_share, reverse=True):
        taken = [reason for reason in score.reasons if reason.points < 0 and reason.field != "feed"]
        before = score.score - sum(reason.points for reason in taken)
        if taken and before >= score.threshold > score.score:
            return Finding(gate=Gate.VETO, score=score, veto=min(taken, key=lambda reason: reason.points))
    if not spoke:
        return Finding(gate=Gate.NOTHING)
    return Finding(gate=Gate.BELOW, score=max(spoke, key=_share))


def _share(score: TopicScore) -> float:
    return score.score / score.threshold


def _unwanted(case: Case, levels: Mapping[Topic, Level]) -> Finding:
    """Why this chat did not get what others may have got."""
    prefs, folded = case.chat.preferences, _folded(case)
    if not prefs.topics:
        return Finding(gate=Gate.NOT_SUBSCRIBED, topics=tuple(levels), folded=folded)
    mine = {topic: level for topic, level in levels.items() if topic in prefs.topics}
    if not mine:
        return Finding(gate=Gate.OTHER_TOPIC, topics=tuple(levels), folded=folded)
    if all(level.rank < prefs.level.rank for level in mine.values()):
        topic = max(mine, key=lambda one: mine[one].rank)
        return Finding(gate=Gate.LEVEL, topics=(topic,), level=mine[topic], score=case.scores.get(topic), folded=folded)
    if not prefs.mode.alerts:
        return Finding(gate=Gate.DIGEST_ONLY, topics=tuple(mine), folded=folded)
    if case.muted is not None:
        return Finding(gate=Gate.MUTED, muted=case.muted, folded=folded)
    return Finding(gate=Gate.EARLIER, topics=tuple(mine), folded=folded)


class Unread(StrEnum):
    """Why a story was never fetched."""

    NO_FEEDS = "no_feeds"
    NO_SUCH_SITE = "no_such_site"
    NEVER_READ = "never_read"
    FAILING = "failing"
    NOT_IN_FEED = "not_in_feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """`site` is the address's; `feed` the one of that site to name."""

    why: Unread
    site: str
    feed: Feed | None = None


def missing(address: str, feeds: Collection[Feed]) -> Missing:
    """Why nothing is stored under an address: no feed of its site, none that works, or not in the feed."""
    site = site_of(address)
    if not feeds:
        return Missing(why=Unread.NO_FEEDS, site=site)
    there = [feed for feed in feeds if site and site_of(feed.spec.url) == site]
    if not there:
        return Missing(why=Unread.NO_SUCH_SITE, site=site)
    read = [feed for feed in there if feed.last_ok is not None]
    well = [feed for feed in read if not feed.problem and feed.state is not FeedState.GONE]
    if well:
        return Missing(why=Unread.NOT_IN_FEED, site=site, feed=max(well, key=_last_read))
    ill = [feed for feed in there if feed.problem]
    if ill:
        return Missing(why=Unread.FAILING, site=site, feed=max(ill, key=lambda feed: feed.last_try is not None))
    return Missing(why=Unread.NEVER_READ, site=site, feed=there[0])


def _last_read(feed: Feed) -> datetime:
    assert feed.last_ok is not None
    return feed.last_ok


def site_of(url: str) -> str:
    """The part of an address that names the outlet (`rss.detik.com` and `www.detik.com` are `detik.com`), or ""."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""
    labels = host.split(".")
    if len(labels) < 3 or host.replace(".", "").isdigit():
        return host
    long = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if long else labels[-2:])
