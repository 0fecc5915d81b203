"""What kind of event a story reports: a reduction, a furlough, a rumour, one person's dismissal, a denial, or none."""

from __future__ import annotations

from bot.domain.event import EventKind
from bot.domain.story import Topic
from bot.domain.verdict import Verdict
from bot.editorial.facts.lexicon import Words
from bot.editorial.facts.reading import Reading

_DENIED_WITHIN = 4
_PERSON_WITHIN = 6
_UNDECIDED_WITHIN = 3


def kind_of(title: Reading, verdict: Verdict) -> EventKind | None:
    """None where nobody loses a job. The topic decides what is a reduction; where it says no, the title may still tell
    of a denial or of a single dismissal."""
    if verdict.topics[Topic.LAYOFFS].hit:
        return None if _is_pledge(title) else EventKind.LAYOFF
    if _is_denied(title):
        return EventKind.DENIED
    return EventKind.SINGLE_DISMISSAL if _is_single(title) else None


def on_closer_look(kind: EventKind, title: Reading, lead: Reading) -> EventKind:
    """Whether a reduction is a furlough or only a rumour."""
    if kind is not EventKind.LAYOFF:
        return kind
    if title.any(Words.FURLOUGH) or (not title.any(Words.LAY_OFF) and lead.any(Words.FURLOUGH)):
        return EventKind.FURLOUGH
    return EventKind.RUMOUR if _is_rumour(title, lead) else EventKind.LAYOFF


def _is_denied(title: Reading) -> bool:
    cuts = title.begins(Words.CUTS).keys() | title.begins(Words.LAY_OFF).keys()
    return any(
        any(
            at in cuts and title.sentence[at] == title.sentence[end]
            for at in range(end + 1, min(end + 2 + _DENIED_WITHIN, len(title)))
        )
        for end in title.ends(Words.DENIAL)
    )


def _is_single(title: Reading) -> bool:
    """A firing with one person beside it, not missiles."""
    persons = title.begins(Words.ONE_PERSON)
    for first, last in title.begins(Words.FIRING).items():
        if first in title.covers(Words.NO_FIRING):
            continue
        if last + 1 in title.begins(Words.ARMS):
            return False
        around = range(max(0, first - _PERSON_WITHIN), min(last + 1 + _PERSON_WITHIN, len(title)))
        if any(at in persons and title.sentence[at] == title.sentence[first] for at in around):
            return not title.has(Words.ARMS, last, min(last + 4, len(title) - 1))
    return False


def _is_pledge(title: Reading) -> bool:
    """`I'll fire half of them`: what somebody says he would do."""
    cuts = title.begins(Words.CUT).keys() | title.begins(Words.LAY_OFF).keys() | title.begins(Words.FURLOUGH).keys()
    return any(at in cuts for end in title.ends(Words.PLEDGE) for at in range(end, end + 3))


def _is_rumour(title: Reading, lead: Reading) -> bool:
    """Told by others, or undecided; not where the title says that the employer confirms."""
    if title.any(Words.CONFIRMED):
        return False
    if title.any(Words.HEARSAY) or (len(lead) > 0 and lead.has(Words.HEARSAY, 0, lead.bounds(0)[1])):
        return True
    return _is_undecided(title)


def _is_undecided(reading: Reading) -> bool:
    lists = (Words.LAY_OFF, Words.CUT, Words.CUTS)
    cuts = {at for words in lists for at in reading.begins(words)}
    return any(
        not _is_month(reading, end) and any(at in cuts for at in range(end + 1, end + 2 + _UNDECIDED_WITHIN))
        for end in reading.ends(Words.UNDECIDED)
    )


def _is_month(reading: Reading, at: int) -> bool:
    """May, behind `in` or before a number."""
    if reading.forms[at] != "May":
        return False
    following = reading.words[at + 1] if at + 1 < len(reading) else "0"
    return following[0].isdigit() or (at > 0 and reading.words[at - 1] in ("in", "by", "since", "last", "of", "until"))
