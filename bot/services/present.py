"""How stories read in chat: the alert card and its update, the numbered list, the digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.coverage import Change, Coverage
from bot.domain.digest import Digest
from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, span
from bot.domain.story import Story, Topic
from bot.domain.subscription import Style as Amount
from bot.services.wording import DOT, Wording
from bot.texts import Texts
from bot.texts.style import day, moment

SUMMARY_LENGTH = 280
SHORT_SUMMARY = 160
BUTTONS_A_ROW = 5
CHANGES_SHOWN = 4
CAUGHT_UP = 40  # stories a page: nobody should have to ask for the rest of a night
MOST_NUMBERS = 10  # buttons; the other numbers can be typed
DIGEST_PAGE = 10
MISSING = " …"


class Presenter:
    """Messages for one reader: language and zone."""

    def __init__(self, texts: Texts, zone: str, now: datetime) -> None:
        self._texts = texts
        self._zone = ZoneInfo(zone)
        self._now = now.astimezone(self._zone)
        self.wording = Wording(texts, self.when)

    def when(self, at: datetime) -> str:
        return moment(at.astimezone(self._zone), self._now, self._texts.language)

    def topic(self, topic: Topic) -> str:
        return self._texts.say(f"topic.{topic.value}")

    def alert(
        self,
        coverage: Coverage,
        topics: Sequence[Topic],
        *,
        changes: Sequence[Change] = (),
        watch: str = "",
        style: Amount = Amount.FULL,
        preview: bool = False,
        silent: bool = False,
    ) -> Message:
        """One story, at once: what it is about, the title as a link, a summary, its facts and what changed, who told
        it when, and what can be done with it."""
        story, event = coverage.lead, coverage.event
        parts = [paragraph(*self._title(story))]
        label = " · ".join([self.topic(topic) for topic in topics] or [self._texts.say("card.watch", phrase=watch)])
        if topics or watch:
            parts.insert(0, paragraph(span(label), role=Role.FOOTER))
        summary = clip(story.summary or story.content, SUMMARY_LENGTH) if style is Amount.FULL else ""
        if summary and summary != story.title:
            parts.append(paragraph(span(summary, data=True)))
        facts = self.wording.facts(event) if event else ""
        if facts:
            parts.append(paragraph(span(facts, Style.BOLD, data=True)))
        if event and event.ai_cause and style is Amount.FULL:
            parts.append(paragraph(span(self.wording.cause(event.ai_cause), data=True)))
        if changes:
            parts.append(paragraph(span("\n".join(self.wording.changes(changes[-CHANGES_SHOWN:])), data=True)))
        parts.append(paragraph(span(self.origin(coverage), data=True), role=Role.FOOTER))
        return Message(
            paragraphs=tuple(parts),
            buttons=self._card_buttons(coverage),
            stories=(coverage.id,),
            preview=preview,
            silent=silent,
        )

    def changed(self, coverage: Coverage, changes: Sequence[Change], *, silent: bool = False) -> Message:
        """What is materially new, as a reply under the alert."""
        heading = paragraph(span(self._texts.say("change.heading"), Style.BOLD), ": ", *self._title(coverage.lead))
        lines = paragraph(span("\n".join(self.wording.changes(changes)), data=True))
        buttons = ((self._button("more", coverage),),)
        return Message(paragraphs=(heading, lines), buttons=buttons, stories=(coverage.id,), silent=silent)

    def numbered(self, heading: str, coverages: Sequence[Coverage], *, footer: str = "", start: int = 1) -> Message:
        """A list whose numbers can be answered with."""
        parts = [paragraph(heading, role=Role.HEADING)]
        parts += [self._entry(start + n, coverage) for n, coverage in enumerate(coverages)]
        parts.append(paragraph(footer or self._texts.say("list.hint"), role=Role.FOOTER))
        ids = tuple(coverage.id for coverage in coverages)
        return Message(paragraphs=tuple(parts), buttons=number_buttons(ids), stories=ids, numbered=True)

    def caught_up(self, coverages: Sequence[Coverage], delivery_id: int, page: int = 1) -> Message:
        """All that is told in one: a list, a page at a time. The delivery knows what stands on the other pages."""
        pages = max(1, -(-len(coverages) // CAUGHT_UP))
        page = min(max(page, 1), pages)
        shown = coverages[(page - 1) * CAUGHT_UP : page * CAUGHT_UP]
        message = self.numbered(self._texts.say("catch_up.heading", count=len(coverages)), shown)
        turn = page_buttons(self._texts, f"/catchup d{delivery_id}", page, pages)
        return replace(message, buttons=(*number_buttons(message.stories[:MOST_NUMBERS]), *turn))

    def digest(self, digest: Digest, coverages: Mapping[int, Coverage], page: int = 1) -> Message:
        """Numbered, grouped by topic, a page at a time; the last lines say what was read, so that silence has a
        reason."""
        told = [(topic, coverages[i]) for topic, ids in digest.groups for i in ids if i in coverages]
        pages = max(1, -(-len(told) // DIGEST_PAGE))
        page = min(max(page, 1), pages)
        shown = told[(page - 1) * DIGEST_PAGE : page * DIGEST_PAGE]
        heading = self._texts.say("digest.heading", day=day(digest.day, self._texts.language))
        parts = [paragraph(heading, role=Role.HEADING)]
        for n, (topic, coverage) in enumerate(shown):
            if n == 0 or topic is not shown[n - 1][0]:
                parts.append(paragraph(span(self.topic(topic), Style.BOLD)))
            parts.append(self._entry(n + 1, coverage, summary=True))
        if not shown:
            parts.append(paragraph(self._texts.say("digest.nothing")))
        if digest.left_out and page == pages:
            parts.append(paragraph(self._texts.say("digest.left_out", count=digest.left_out)))
        counts = self._texts.say(
            "digest.footer", feeds=digest.feeds, failing=digest.failing, items=digest.items, stories=digest.found
        )
        parts.append(paragraph(counts, role=Role.FOOTER))
        if shown:
            parts.append(paragraph(self._texts.say("list.hint"), role=Role.FOOTER))
        ids = tuple(coverage.id for _topic, coverage in shown)
        turn = page_buttons(self._texts, f"/digest {digest.day.isoformat()}", page, pages)
        return Message(paragraphs=tuple(parts), buttons=(*number_buttons(ids), *turn), stories=ids, numbered=True)

    def _entry(self, n: int, coverage: Coverage, *, summary: bool = False) -> Paragraph:
        story = coverage.lead
        spans = [Span(text=f"{n}. "), *self._title(story)]
        facts = self.wording.facts(coverage.event) if coverage.event else ""
        if facts:
            spans.append(Span(text="\n" + facts, data=True))
        spans.append(Span(text="\n" + self.origin(coverage), data=True))
        short = clip(story.summary, SHORT_SUMMARY) if summary else ""
        if short and short != story.title:
            spans.append(Span(text="\n" + short, data=True))
        return Paragraph(spans=tuple(spans))

    def _title(self, story: Story) -> tuple[Span, ...]:
        title = story.title or clip(story.summary or story.content, 120) or self._texts.say("story.untitled")
        return (span(title, Style.BOLD, link=story.url, data=True),)

    def origin(self, coverage: Coverage) -> str:
        """`The Wire · 14:30 WIB · Reported by 4 outlets`"""
        parts = [coverage.lead.source, self.when(coverage.lead.when), self.wording.reported(coverage.outlets)]
        return DOT.join(part for part in parts if part)

    def _card_buttons(self, coverage: Coverage) -> tuple[tuple[Button, ...], ...]:
        mute = Button(label=self._texts.say("card.mute"), action=f"/mute s{coverage.id}")
        thumbs = (
            Button(label=self._texts.say("card.up"), action=f"/good s{coverage.id}"),
            Button(label=self._texts.say("card.down"), action=f"/bad s{coverage.id}"),
        )
        return ((self._button("more", coverage), self._button("why", coverage)), (mute, *thumbs))

    def _button(self, command: str, coverage: Coverage) -> Button:
        return Button(label=self._texts.say(f"button.{command}"), action=f"/{command} s{coverage.id}")


def number_buttons(ids: Sequence[int]) -> tuple[tuple[Button, ...], ...]:
    """1 2 3 4 5 in rows, each opening its story."""
    buttons = [Button(label=str(n), action=f"/more s{one}") for n, one in enumerate(ids, start=1)]
    return tuple(tuple(buttons[i : i + BUTTONS_A_ROW]) for i in range(0, len(buttons), BUTTONS_A_ROW))


def page_buttons(texts: Texts, action: str, page: int, pages: int) -> tuple[tuple[Button, ...], ...]:
    """One row with the pages beside this one; `action` followed by the page's number is what they type."""
    turns = []
    if page > 1:
        turns.append(Button(label=texts.say("page.earlier", page=page - 1), action=f"{action} {page - 1}"))
    if page < pages:
        turns.append(Button(label=texts.say("page.later", page=page + 1), action=f"{action} {page + 1}"))
    return (tuple(turns),) if turns else ()


def clip(text: str, length: int) -> str:
    """At most `length` characters, cut at a sentence or a word, with an ellipsis when something is missing."""
    text = text.strip()
    if len(text) <= length:
        return text
    sentence = max(text.rfind(mark, 0, length + 1) for mark in (". ", "! ", "? ", ".\n"))
    if sentence > length // 2:
        return text[: sentence + 1]
    room = length - len(MISSING)
    word = text.rfind(" ", 0, room + 1)
    return text[: word if word > length // 2 else room].rstrip(" ,;:.-\n") + MISSING
