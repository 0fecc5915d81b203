"""How rules read in chat: what there is, one of them, what they make of a headline, what a new one would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.event import Event
from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, span
from bot.domain.story import Story, Topic
from bot.domain.verdict import Level, Verdict
from bot.editorial.rules.rule import TopicRules
from bot.services.present import Presenter, number_buttons
from bot.services.present_story import points, scored, signed, title_of
from bot.services.proposals import Proposal
from bot.services.rule_list import TopicFiles, Written
from bot.services.trial import OWN_FILE, Draft, Tried
from bot.texts import Texts
from bot.texts.style import number

PHRASES_SHOWN = 40
LONG_TITLE = 110
PROPOSED_SHOWN = 5


def overview(topics: Sequence[TopicFiles], scales: Mapping[Topic, TopicRules], texts: Texts) -> Message:
    """Each topic with its number of rules, its thresholds and its files."""
    say = texts.say
    parts = [paragraph(say("rules.heading"), role=Role.HEADING)]
    for one in topics:
        scale = {level.value: points(scales[one.topic].thresholds[level]) for level in Level}
        counts = say("rules.counts", count=one.rules)
        if one.vetoes:
            counts = say("rules.and_vetoes", rules=counts, count=one.vetoes)
        lines = [f" – {counts}", say("rules.scale", **scale), _files(one)]
        parts.append(paragraph(span(say(f"topic.{one.topic.value}"), Style.BOLD), "\n".join(lines)))
    parts.append(paragraph(say("rules.how"), role=Role.FOOTER))
    buttons = tuple(
        Button(label=say(f"topic.{one.topic.value}"), action=f"/rules {one.topic.value} +1") for one in topics
    )
    return Message(paragraphs=tuple(parts), buttons=(buttons,))


def _files(topic: TopicFiles) -> str:
    return " · ".join(f"{name} {count}" for name, count in topic.files)


def rule_lines(rules: Sequence[Written], texts: Texts) -> Paragraph:
    """A line a rule: id, worth, reason."""
    spans: list[Span] = []
    for rule in rules:
        spans += [Span(text="\n" if spans else ""), span(rule.id, Style.CODE)]
        spans.append(Span(text=f" {_worth(rule, texts)} · {_why(rule.why, texts)}"))
    return Paragraph(spans=tuple(spans))


def _worth(rule: Written, texts: Texts) -> str:
    return texts.say("rules.veto") if rule.points is None else signed(rule.points, texts.language)


def _why(why: Mapping[str, str], texts: Texts) -> str:
    return why.get(texts.language) or why.get("en", "")


def one_rule(rule: Written, texts: Texts) -> Message:
    """Everything its file says of it."""
    say = texts.say
    values = {"topic": say(f"topic.{rule.topic.value}"), "worth": _worth(rule, texts), "kind": rule.kind}
    spoken = say(f"rules.language.{rule.language}")
    parts = [
        paragraph(span(rule.id, Style.CODE), role=Role.HEADING),
        paragraph(_why(rule.why, texts)),
        paragraph(say("rules.about", file=rule.file, language=spoken, **values)),
    ]
    for key, phrases in rule.looks_for:
        more = len(phrases) - PHRASES_SHOWN
        shown = " · ".join(phrases[:PHRASES_SHOWN]) + (" " + say("asked.and_more", count=more) if more > 0 else "")
        parts.append(paragraph(span(say(f"rules.key.{key}"), Style.BOLD), f": {shown}"))
    for key, examples in (("speaks", rule.speaks), ("silent", rule.silent)):
        if examples:
            parts.append(paragraph(span(say(f"rules.key.{key}"), Style.BOLD), "\n" + "\n".join(examples)))
    return Message(paragraphs=tuple(parts))


def tested(
    headline: str,
    verdict: Verdict,
    presenter: Presenter,
    texts: Texts,
    *,
    event: Event | None,
    wanted: Mapping[Topic, bool],
) -> Message:
    """Every topic with its reasons; `wanted`: the topics of this chat, and whether it would have heard of it."""
    say = texts.say
    parts = [paragraph(span(f"“{headline}”", Style.ITALIC, data=True))]
    for topic, score in verdict.topics.items():
        if score.reasons:
            parts += scored(presenter, texts, topic, score)
    silent = [say(f"topic.{topic.value}") for topic, score in verdict.topics.items() if not score.reasons]
    if silent:
        parts.append(paragraph(say("rules.found_nothing", topics=texts.listed(silent))))
    facts = presenter.wording.facts(event) if event is not None else ""
    if facts:
        parts.append(paragraph(say("rules.facts", facts=facts)))
    if wanted:
        parts.append(paragraph(say("rules.would_come" if any(wanted.values()) else "rules.would_not_come")))
    return Message(paragraphs=tuple(parts))


def tried(draft: Draft, outcome: Tried, text: str, presenter: Presenter, texts: Texts) -> Message:
    """What the month would have gained and lost, examples of both under numbers, and the block to save."""
    say = texts.say
    topic = presenter.topic(draft.topic)
    parts = [paragraph(say("rules.trial", topic=topic, phrase=described(draft, texts)), role=Role.HEADING)]
    if not outcome.stories:
        parts.append(paragraph(say("rules.trial_no_stories")))
    elif not outcome.gained_count and not outcome.lost_count:
        parts.append(paragraph(say("rules.trial_nothing", count=outcome.stories)))
    else:
        parts.append(paragraph(say("rules.trial_sum", count=outcome.stories, **_sums(outcome, texts))))
    shown: list[Story] = []
    for key, found in (("gained", outcome.gained), ("lost", outcome.lost)):
        if found:
            lines = listed(found, texts, start=len(shown) + 1)
            parts.append(paragraph(span(say(f"rules.{key}"), Style.BOLD), "\n", *lines))
            shown += found
    parts.append(paragraph(say("rules.save", file=f"config/rules/{OWN_FILE}")))
    parts.append(paragraph(span(text.rstrip(), Style.CODE, data=True)))
    ids = tuple(story.id for story in shown)
    return Message(paragraphs=tuple(parts), buttons=number_buttons(ids), stories=ids, numbered=True)


def _sums(outcome: Tried, texts: Texts) -> dict[str, str]:
    def side(count: int) -> str:
        share = number(round(1_000 * count / outcome.stories, 1), texts.language)
        return texts.say("rules.of_thousand", stories=number(count, texts.language), share=share)

    return {"gained": side(outcome.gained_count), "lost": side(outcome.lost_count)}


def described(draft: Draft, texts: Texts) -> str:
    """`“buyout” near “staff” (3), +5`"""
    said = f"“{draft.phrase}”"
    if draft.near is not None:
        said = texts.say("rules.near", phrase=said, near=f"“{draft.near}”", within=draft.within)
    if draft.but_not is not None:
        said = texts.say("rules.but_not", phrase=said, other=f"“{draft.but_not}”")
    return f"{said}, {signed(draft.points, texts.language)}"


def listed(found: Sequence[Story], texts: Texts, *, start: int) -> list[Span]:
    spans: list[Span] = []
    for n, story in enumerate(found, start=start):
        title = title_of(story, texts)
        short = title.text if len(title.text) <= LONG_TITLE else title.text[: LONG_TITLE - 1].rstrip() + "…"
        spans += [Span(text=f"{chr(10) if spans else ''}{n}. "), span(short, link=title.link, data=True)]
        spans.append(span(f" · {story.source}", data=True))
    return spans


def proposals(found: Sequence[Proposal], opinions: int, texts: Texts) -> Message:
    """Each rule that thumbs speak against, with the worth that would answer them and what else that would cost."""
    say = texts.say
    if not found:
        return Message(paragraphs=(paragraph(say("rules.no_proposals", count=opinions)),))
    parts = [paragraph(say("rules.proposals"), role=Role.HEADING)]
    shown: list[Story] = []
    for one in found:
        before, after = points(one.before), points(one.after)
        thumbs = say("rules.proposal", down=one.down, up=one.up, before=before, after=after, file=one.head.file)
        cost = say("rules.proposal_cost", rated=len(one.rated), others=len(one.others))
        examples = [*one.rated[:PROPOSED_SHOWN], *one.others[:PROPOSED_SHOWN]]
        lines = listed(examples, texts, start=len(shown) + 1)
        parts.append(paragraph(span(one.head.id, Style.CODE), f" – {_why(one.head.why, texts)}\n{thumbs}\n{cost}"))
        parts += [paragraph(*lines)] if lines else []
        shown += examples
    parts.append(paragraph(say("rules.proposals_how"), role=Role.FOOTER))
    ids = tuple(story.id for story in shown)
    return Message(paragraphs=tuple(parts), buttons=number_buttons(ids), stories=ids, numbered=True)
