"""How one story reads when it is asked about: opened, its outlets, the reasons it was chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.coverage import Change, Coverage, Report, outlets_of
from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, span
from bot.domain.story import Story, Topic
from bot.domain.verdict import Reason, TopicScore
from bot.services.present import Presenter, clip
from bot.texts import Texts
from bot.texts.style import number

CONTENT_LENGTH = 1500
OUTLETS_OPENED, OUTLETS_LISTED = 8, 40
LONGEST_ACTION = 56  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """The report that cleared a topic where the one that is shown does not."""

    report: Report
    score: TopicScore


def opened(
    presenter: Presenter,
    texts: Texts,
    coverage: Coverage,
    *,
    reports: Sequence[Report],
    changes: Sequence[Change],
    topics: Sequence[Topic],
) -> Message:
    """The whole story as Kabar has it: text, facts, who told it, what changed, and the way to each outlet."""
    story, event = coverage.lead, coverage.event
    parts = [
        paragraph(title_of(story, texts)),
        paragraph(span(presenter.origin(coverage), data=True), role=Role.FOOTER),
    ]
    parts += facts_of(presenter, coverage)
    body = clip(story.content or story.summary, CONTENT_LENGTH) or texts.say("more.no_text")
    parts += [paragraph(span(part, data=True)) for part in body.split("\n") if part.strip()]
    parts += _told(presenter, texts, reports, OUTLETS_OPENED)
    parts += changes_of(presenter, texts, changes)
    if topics:
        label = " · ".join(presenter.topic(topic) for topic in topics)
        parts.append(paragraph(texts.say("more.topics", topics=label), role=Role.FOOTER))
    buttons = [Button(label=texts.say("button.why"), action=f"/why s{coverage.id}")]
    if len(reports) > OUTLETS_OPENED:
        buttons.append(Button(label=texts.say("asked.all_outlets"), action=f"/sources s{coverage.id}"))
    if event is not None and event.company and len(f"/company {event.company}".encode()) <= LONGEST_ACTION:
        label = texts.say("asked.company", company=event.company)
        buttons.append(Button(label=label, action=f"/company {event.company}"))
    return Message(paragraphs=tuple(parts), buttons=(tuple(buttons),), stories=(coverage.id,), preview=True)


def sources(presenter: Presenter, texts: Texts, coverage: Coverage, reports: Sequence[Report]) -> Message:
    """Every outlet that told it, as a link with its time."""
    parts = [paragraph(title_of(coverage.lead, texts)), *_told(presenter, texts, reports, OUTLETS_LISTED, alone=True)]
    buttons = (Button(label=texts.say("button.more"), action=f"/more s{coverage.id}"),)
    return Message(paragraphs=tuple(parts), buttons=(buttons,), stories=(coverage.id,))


def reasons(
    presenter: Presenter,
    texts: Texts,
    coverage: Coverage,
    *,
    scores: Mapping[Topic, TopicScore],
    cleared: Mapping[Topic, Cleared],
    reports: Sequence[Report],
    changes: Sequence[Change],
) -> Message:
    """Rule, snippet, points and threshold for every topic that had a reason, by the report that is shown and, where
    that one was not enough, by the one that was; then who told it, what changed and what is said of AI."""
    parts = [paragraph(title_of(coverage.lead, texts))]
    for topic in dict.fromkeys((*scores, *cleared)):
        score = scores.get(topic)
        if score is not None and score.reasons:
            parts += scored(presenter, texts, topic, score)
        if topic in cleared:
            parts += _cleared(presenter, texts, topic, cleared[topic])
    if len(parts) == 1:
        parts.append(paragraph(texts.say("why.nothing")))
    if coverage.event is not None and coverage.event.ai_cause is not None:
        parts.append(paragraph(span(presenter.wording.cause(coverage.event.ai_cause), data=True)))
    parts += _told(presenter, texts, reports, OUTLETS_OPENED)
    parts += changes_of(presenter, texts, changes)
    parts.append(paragraph(texts.say("why.footer"), role=Role.FOOTER))
    buttons = (Button(label=texts.say("button.more"), action=f"/more s{coverage.id}"),)
    return Message(paragraphs=tuple(parts), buttons=(buttons,), stories=(coverage.id,))


def scored(presenter: Presenter, texts: Texts, topic: Topic, score: TopicScore) -> list[Paragraph]:
    """A topic's sum and what it was made of."""
    values = {"topic": presenter.topic(topic), "score": points(score.score), "threshold": points(score.threshold)}
    heading = texts.say("why.hit" if score.hit else "why.miss", **values)
    lines = paragraph(*reason_lines(score.reasons, texts))
    return [paragraph(span(heading, Style.BOLD)), *([lines] if score.reasons else [])]


def _cleared(presenter: Presenter, texts: Texts, topic: Topic, cleared: Cleared) -> list[Paragraph]:
    story, score = cleared.report.story, cleared.score
    sentence = texts.say(
        "asked.cleared_by",
        topic=presenter.topic(topic),
        outlet=story.source,
        when=presenter.when(story.when),
        score=points(score.score),
    )
    head = paragraph(span(sentence, Style.BOLD, link=story.url, data=True))
    return [head, paragraph(*reason_lines(score.reasons, texts))]


def reason_lines(found: Collection[Reason], texts: Texts, most: int = 20) -> list[Span]:
    """A line a reason, the weightiest first: points, why, where and what it found, the rule's id."""
    spans: list[Span] = []
    for reason in sorted(found, key=lambda one: -abs(one.points))[:most]:
        why = reason.why.get(texts.language) or reason.why.get("en") or reason.rule
        start = "\n" if spans else ""
        spans.append(Span(text=f"{start}{signed(reason.points, texts.language)}  {why}"))
        if reason.text:
            spans.append(Span(text=f" · {texts.say(f'field.{reason.field}')}: "))
            spans.append(span(f"“{reason.text}”", Style.ITALIC, data=True))
        spans += [Span(text=" "), span(reason.rule, Style.CODE)]
    return spans


def facts_of(presenter: Presenter, coverage: Coverage) -> Iterator[Paragraph]:
    """The line of figures and what is said of AI, each where there is something."""
    event = coverage.event
    if event is None:
        return
    facts = presenter.wording.facts(event)
    if facts:
        yield paragraph(span(facts, Style.BOLD, data=True))
    if event.ai_cause is not None:
        yield paragraph(span(presenter.wording.cause(event.ai_cause), data=True))


def changes_of(presenter: Presenter, texts: Texts, changes: Sequence[Change]) -> Iterator[Paragraph]:
    if changes:
        heading = span(texts.say("asked.changes"), Style.BOLD)
        yield paragraph(heading, span("\n" + "\n".join(presenter.wording.changes(changes)), data=True))


def _told(
    presenter: Presenter, texts: Texts, reports: Sequence[Report], most: int, *, alone: bool = False
) -> Iterator[Paragraph]:
    """A line an outlet; nothing for a story that only one told, unless this is all there is to say."""
    if not reports or (len(reports) == 1 and not alone):
        return
    spans = [span(texts.say("asked.reported", count=outlets_of(reports)), Style.BOLD)]
    for report in reports[:most]:
        story = report.story
        spans += [
            Span(text="\n"),
            span(story.source, link=story.url, data=True),
            Span(text=f" · {presenter.when(story.when)}"),
        ]
    if len(reports) > most:
        spans.append(Span(text="\n" + texts.say("asked.and_more", count=len(reports) - most)))
    yield Paragraph(spans=tuple(spans))


def title_of(story: Story, texts: Texts) -> Span:
    """The headline as a link; a story without one by how it begins."""
    text = story.title or clip(story.summary or story.content, 120) or texts.say("story.untitled")
    return span(text, Style.BOLD, link=story.url, data=True)


def points(value: float) -> float | int:
    return int(value) if float(value).is_integer() else round(value, 1)


def signed(value: float, language: str) -> str:
    return f"{'+' if value >= 0 else '−'}{number(abs(points(value)), language)}"
