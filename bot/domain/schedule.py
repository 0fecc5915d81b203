"""When something is due: the next look at a feed, the digest of a local date."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_POLL = timedelta(hours=24)
LONGEST_RETRY_AFTER = timedelta(hours=24)
LATEST_DIGEST = timedelta(hours=6)


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
