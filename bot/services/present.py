"""How stories read in chat: the alert card, the numbered list, the opened story, the reasons, the digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.digest import Digest
from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, span
from bot.domain.story import Story, Topic
from bot.domain.verdict import TopicScore
from bot.texts import Texts
from bot.texts.style import day, moment, number

SUMMARY_LENGTH = 280
CONTENT_LENGTH = 1500
SHORT_SUMMARY = 160
BUTTONS_A_ROW = 5
MISSING = " …"


class Presenter:
    """Messages for one reader: language and zone."""

    def __init__(self, texts: Texts, zone: str, now: datetime) -> None:
        self._texts = texts
        self._zone = ZoneInfo(zone)
        self._now = now.astimezone(self._zone)

    def when(self, at: datetime) -> str:
        return moment(at.astimezone(self._zone), self._now, self._texts.language)

    def topic(self, topic: Topic) -> str:
        return self._texts.say(f"topic.{topic.value}")

    def alert(self, story: Story, topics: Sequence[Topic]) -> Message:
        """One story, at once: what it is about, the title as a link, outlet and time, a summary, More and Why."""
        label = " · ".join(self.topic(topic) for topic in topics)
        parts = [paragraph(*self._title(story))]
        if label:
            parts.insert(0, paragraph(span(label), role=Role.FOOTER))
        summary = clip(story.summary or story.content, SUMMARY_LENGTH)
        if summary and summary != story.title:
            parts.append(paragraph(summary))
        parts.append(paragraph(self._origin(story), role=Role.FOOTER))
        buttons = ((self._button("more", story), self._button("why", story)),)
        return Message(paragraphs=tuple(parts), buttons=buttons, stories=(story.id,), preview=False)

    def numbered(self, heading: str, stories: Sequence[Story], *, footer: str = "", start: int = 1) -> Message:
        """A list whose numbers can be answered with."""
        parts = [paragraph(heading, role=Role.HEADING)]
        parts += [self._entry(start + n, story) for n, story in enumerate(stories)]
        parts.append(paragraph(footer or self._texts.say("list.hint"), role=Role.FOOTER))
        ids = tuple(story.id for story in stories)
        return Message(paragraphs=tuple(parts), buttons=number_buttons(stories), stories=ids, numbered=True)

    def digest(self, digest: Digest, stories: Mapping[int, Story]) -> Message:
        """Numbered throughout, grouped by topic; the last lines say what was read, so that silence has a reason."""
        shown: list[Story] = []
        parts = [
            paragraph(self._texts.say("digest.heading", day=day(digest.day, self._texts.language)), role=Role.HEADING)
        ]
        for topic, ids in digest.groups:
            present = [stories[i] for i in ids if i in stories]
            if not present:
                continue
            parts.append(paragraph(span(self.topic(topic), Style.BOLD)))
            for story in present:
                shown.append(story)
                parts.append(self._entry(len(shown), story, summary=True))
        if not shown:
            parts.append(paragraph(self._texts.say("digest.nothing")))
        if digest.left_out:
            parts.append(paragraph(self._texts.say("digest.left_out", count=digest.left_out)))
        counts = self._texts.say(
            "digest.footer", feeds=digest.feeds, failing=digest.failing, items=digest.items, stories=digest.found
        )
        parts.append(paragraph(counts, role=Role.FOOTER))
        if shown:
            parts.append(paragraph(self._texts.say("list.hint"), role=Role.FOOTER))
        ids = tuple(story.id for story in shown)
        return Message(paragraphs=tuple(parts), buttons=number_buttons(shown), stories=ids, numbered=True)

    def opened(self, story: Story, outlets: Sequence[str], topics: Sequence[Topic]) -> Message:
        """The whole story as Kabar has it, with the way to the outlet."""
        parts = [paragraph(*self._title(story)), paragraph(self._origin(story), role=Role.FOOTER)]
        body = clip(story.content or story.summary, CONTENT_LENGTH)
        if not body:
            body = self._texts.say("more.no_text")
        parts += [paragraph(part) for part in body.split("\n") if part.strip()]
        others = [outlet for outlet in outlets if outlet != story.source]
        if others:
            parts.append(paragraph(self._texts.say("more.also", outlets=self._texts.listed(others)), role=Role.FOOTER))
        if topics:
            label = " · ".join(self.topic(topic) for topic in topics)
            parts.append(paragraph(self._texts.say("more.topics", topics=label), role=Role.FOOTER))
        return Message(
            paragraphs=tuple(parts), buttons=((self._button("why", story),),), stories=(story.id,), preview=True
        )

    def reasons(self, story: Story, scores: Mapping[Topic, TopicScore]) -> Message:
        """Rule, snippet, points and threshold for every topic that had a reason."""
        parts = [paragraph(*self._title(story))]
        for topic, score in scores.items():
            if not score.reasons:
                continue
            verdict = "why.hit" if score.hit else "why.miss"
            values = {"topic": self.topic(topic), "score": _points(score.score), "threshold": _points(score.threshold)}
            parts.append(paragraph(span(self._texts.say(verdict, **values), Style.BOLD)))
            parts.append(paragraph(*self._reason_lines(score)))
        if len(parts) == 1:
            parts.append(paragraph(self._texts.say("why.nothing")))
        parts.append(paragraph(self._texts.say("why.footer"), role=Role.FOOTER))
        return Message(paragraphs=tuple(parts), buttons=((self._button("more", story),),), stories=(story.id,))

    def _reason_lines(self, score: TopicScore) -> list[Span]:
        lines: list[Span] = []
        for n, reason in enumerate(sorted(score.reasons, key=lambda r: -abs(r.points))):
            why = reason.why.get(self._texts.language) or reason.why.get("en") or reason.rule
            field = self._texts.say(f"field.{reason.field}")
            lines.append(Span(text=f"{'' if n == 0 else chr(10)}{_signed(reason.points, self._texts.language)}  {why}"))
            if reason.text:
                lines += [Span(text=f" · {field}: "), span(f"“{reason.text}”", Style.ITALIC)]
            lines += [Span(text=" "), span(reason.rule, Style.CODE)]
        return lines

    def _entry(self, n: int, story: Story, *, summary: bool = False) -> Paragraph:
        spans = [Span(text=f"{n}. "), *self._title(story), Span(text="\n"), Span(text=self._origin(story))]
        short = clip(story.summary, SHORT_SUMMARY) if summary else ""
        if short and short != story.title:
            spans.append(Span(text="\n" + short))
        return Paragraph(spans=tuple(spans))

    def _title(self, story: Story) -> tuple[Span, ...]:
        title = story.title or clip(story.summary or story.content, 120) or self._texts.say("story.untitled")
        return (span(title, Style.BOLD, link=story.url),)

    def _origin(self, story: Story) -> str:
        return f"{story.source} · {self.when(story.when)}"

    def _button(self, command: str, story: Story) -> Button:
        return Button(label=self._texts.say(f"button.{command}"), action=f"/{command} s{story.id}")


def number_buttons(stories: Sequence[Story]) -> tuple[tuple[Button, ...], ...]:
    """1 2 3 4 5 in rows, each opening its story."""
    buttons = [Button(label=str(n), action=f"/more s{story.id}") for n, story in enumerate(stories, start=1)]
    return tuple(tuple(buttons[i : i + BUTTONS_A_ROW]) for i in range(0, len(buttons), BUTTONS_A_ROW))


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


def _points(value: float) -> float | int:
    return int(value) if float(value).is_integer() else round(value, 1)


def _signed(value: float, language: str) -> str:
    return f"{'+' if value >= 0 else '−'}{number(abs(_points(value)), language)}"
