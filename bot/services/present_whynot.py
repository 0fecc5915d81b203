"""How the answer to /whynot reads: one story, the gate that stopped it, and what would let the next one through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.delivery import DeliveryState
from bot.domain.message import Message, Paragraph, Role, Span, Style, paragraph, span
from bot.domain.story import Story, Topic
from bot.domain.subscription import Chat
from bot.ports import Entry
from bot.services.present import Presenter, number_buttons
from bot.services.present_story import points, reason_lines, title_of
from bot.services.whynot import Finding, Gate, Missing
from bot.texts import Texts
from bot.texts.style import age, clock

REASONS = 4
TOLD_OF = (Gate.SENT, Gate.HELD, Gate.WAITING, Gate.PARKED, Gate.REFUSED, Gate.DROPPED)


def answered(
    found: Sequence[tuple[Story, Finding]], chat: Chat, presenter: Presenter, texts: Texts, *, heading: str = ""
) -> Message:
    """One story or several under numbers."""
    parts = [paragraph(heading, role=Role.HEADING)] if heading else []
    several = len(found) > 1
    for n, (story, finding) in enumerate(found, start=1):
        number = Span(text=f"{n}. " if several else "")
        origin = f"\n{story.source} · {presenter.when(story.when)}"
        parts.append(Paragraph(spans=(number, title_of(story, texts), span(origin, data=True))))
        parts += _explained(finding, chat, presenter, texts)
    ids = tuple(story.id for story, _finding in found)
    return Message(paragraphs=tuple(parts), buttons=number_buttons(ids) if several else (), stories=ids, numbered=True)


def _explained(finding: Finding, chat: Chat, presenter: Presenter, texts: Texts) -> list[Paragraph]:
    parts = [paragraph(sentence(finding, chat, presenter, texts))]
    if finding.folded is not None:
        lead = finding.folded.lead
        values = {"id": f"s{finding.folded.id}", "title": title_of(lead, texts).text, "outlet": lead.source}
        parts.insert(0, paragraph(span(texts.say("whynot.folded", **values), data=True)))
    if finding.gate is Gate.BELOW and finding.score is not None:
        parts.append(paragraph(*reason_lines(finding.score.reasons, texts, REASONS)))
    if finding.gate is Gate.VETO and finding.veto is not None:
        parts.append(paragraph(*reason_lines([finding.veto], texts)))
    return parts


def sentence(finding: Finding, chat: Chat, presenter: Presenter, texts: Texts) -> str:
    """The gate in words."""
    key, prefs = f"whynot.{finding.gate.value}", chat.preferences
    topics = texts.listed([presenter.topic(topic) for topic in Topic if topic in finding.topics])
    if finding.gate in TOLD_OF and finding.entry is not None:
        return fate(finding.entry, texts, presenter)
    if finding.gate in (Gate.BELOW, Gate.VETO) and finding.score is not None:
        score = finding.score
        values = {"topic": presenter.topic(score.topic), "score": points(score.score)}
        return texts.say(key, threshold=points(score.threshold), **values)
    if finding.gate is Gate.OTHER_TOPIC:
        mine = texts.listed([presenter.topic(topic) for topic in Topic if topic in prefs.topics])
        return texts.say(key, topics=topics, mine=mine)
    if finding.gate is Gate.LEVEL and finding.level is not None:
        reached, wanted = (texts.say(f"level_button.{level.value}") for level in (finding.level, prefs.level))
        return texts.say(key, topics=topics, reached=reached, wanted=wanted)
    if finding.gate is Gate.DIGEST_ONLY:
        at = clock(prefs.digest_at.hour, prefs.digest_at.minute, texts.language)
        return texts.say(key, topics=topics, hour=at)
    if finding.gate is Gate.MUTED and finding.muted is not None:
        return texts.say(key, phrase=finding.muted.phrase)
    return texts.say(key, topics=topics)


def fate(entry: Entry, texts: Texts, presenter: Presenter) -> str:
    """What the ledger says of an alert, in words. Reasons it has no words for are shown as they are."""
    when = presenter.when(entry.settled_at or entry.created_at)
    named = f"fate.{entry.state.value}_{entry.reason}"
    if entry.reason and texts.has(named):
        return texts.say(named, when=when)
    if entry.state in (DeliveryState.DEAD, DeliveryState.EXPIRED, DeliveryState.PARKED):
        return texts.say(f"fate.{entry.state.value}", when=when, reason=entry.reason or texts.say("fate.no_reason"))
    return texts.say(f"fate.{entry.state.value}", when=when)


def unread(missing: Missing, presenter: Presenter, texts: Texts, now: datetime) -> str:
    """Why nothing is stored under an address."""
    key, feed = f"whynot.unread.{missing.why.value}", missing.feed
    if feed is None:
        return texts.say(key, site=missing.site)
    problem = f"cause.{feed.problem}"
    cause = texts.say(problem) if texts.has(problem) else texts.say("cause.other", code=feed.problem or "")
    since = age(now - (feed.problem_since or now), texts.language)
    read = presenter.when(feed.last_ok) if feed.last_ok is not None else ""
    return texts.say(key, site=missing.site, feed=feed.spec.title, cause=cause, since=since, read=read)


def words_unread(words: str, feeds: int, failing: int, texts: Texts) -> Message:
    """Why nothing is stored under these words, as far as that can be said."""
    parts = [paragraph(texts.say("whynot.no_words", words=words))]
    state = texts.say("whynot.feeds", count=feeds, failing=failing) if feeds else texts.say("whynot.unread.no_feeds")
    parts.append(paragraph(span(state, Style.ITALIC)))
    return Message(paragraphs=tuple(parts))
