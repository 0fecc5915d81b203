"""When something is due: the next look at a feed by its rhythm, the digest of a local date; what is too quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_POLL = timedelta(hours=24)
LONGEST_RETRY_AFTER = timedelta(hours=24)
LATEST_DIGEST = timedelta(hours=6)
# A feed is looked at a few times between two of its entries; what it did long ago fades.
LOOKS_A_GAP, NEW_GAP_WEIGHT = 3, 0.25
# So much longer than its usual gap, and at least so long, and a feed that answers well has fallen silent.
SILENT_GAPS, SILENT_LEAST, SILENT_MOST = 12, timedelta(days=4), timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a feed brings something new: `gap` on average between two looks that did, None until there were two;
    `newest` the last that did."""

    gap: timedelta | None = None
    newest: datetime | None = None

    def after(self, now: datetime, fresh: int) -> Rhythm:
        """The rhythm after a look that brought `fresh` new entries. Only the first read is left out by the caller: what
        a feed held then says nothing of its pace."""
        if not fresh:
            return self
        if self.newest is None:
            return Rhythm(gap=self.gap, newest=now)
        latest = max(now - self.newest, timedelta(seconds=1)) / fresh
        gap = latest if self.gap is None else self.gap + (latest - self.gap) * NEW_GAP_WEIGHT
        return Rhythm(gap=gap, newest=now)

    def interval(self, usual: timedelta, *, fastest: timedelta, slowest: timedelta, now: datetime) -> timedelta:
        """How long to leave between two looks: `usual` until the rhythm is known. A feed that has been quiet for longer
        than its gap is looked at less and less often; one new entry and it is busy again."""
        if self.gap is None or self.newest is None:
            return usual
        return min(max(max(self.gap, (now - self.newest) / 2) / LOOKS_A_GAP, fastest), slowest)

    def silent_since(self, now: datetime) -> datetime | None:
        """Since when it is too quiet against its own rhythm; None while it is not."""
        if self.gap is None or self.newest is None:
            return None
        patience = min(max(self.gap * SILENT_GAPS, SILENT_LEAST), SILENT_MOST)
        return self.newest if now - self.newest > patience else None


def next_poll(
    *, now: datetime, interval: timedelta, asked: timedelta | None, failures: int, jitter: float, fixed: bool = False
) -> datetime:
    """The moment of the next look. `interval` is the operator's; a publisher's wish (`asked`: max-age, ttl or
    Retry-After) can only lengthen it, up to a day; every failure doubles it, up to a day. `jitter` in [0, 1) spreads
    feeds over a tenth of the interval. `fixed`: the operator set the interval by hand for trying things out, so only
    a Retry-After (passed as `asked`) still lengthens it."""
    wait = interval
    if failures and not fixed:
        wait = max(interval, min(LONGEST_POLL, interval * 2 ** min(failures, 10)))
    if asked is not None:
        wait = max(wait, min(asked, LONGEST_RETRY_AFTER))
    if not fixed:
        wait += wait * 0.1 * jitter
    return now + wait


def digest_due(*, now: datetime, zone: str, at: time, since: datetime | None, last: date | None) -> date | None:
    """The local date whose digest is due now, None when there is none.

    Compared on the wall clock: a digest hour that daylight saving skips is due at the first moment after it, one that
    comes twice is due once because its date is taken. A late process sends the digest late, over midnight too, but by
    LATEST_DIGEST at most; days that passed wholly are not made up for, their stories are in the next one. A date at or
    before `last` never comes again, whatever the clock or the zone do. A chat that subscribed (`since`) after a day's
    hour waits for the next day's."""
    local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    slot = datetime.combine(local.date(), at)
    if local < slot:
        slot -= timedelta(days=1)
        if local - slot > LATEST_DIGEST:
            return None
    day = slot.date()
    if last is not None and day <= last:
        return None
    if since is not None and since.astimezone(ZoneInfo(zone)).replace(tzinfo=None) >= slot:
        return None
    return day
