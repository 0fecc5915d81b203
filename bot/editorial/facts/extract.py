"""Which event a story reports, if any: whether it is worth a look, and the facts put together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.event import Event, EventKind
from bot.domain.story import Item, Language, Topic
from bot.domain.verdict import Verdict
from bot.editorial.boilerplate import story_paragraphs, without_teasers
from bot.editorial.facts.cause import ai_cause
from bot.editorial.facts.employer import Answer, employer
from bot.editorial.facts.figures import Figure, counts, shares
from bot.editorial.facts.kind import kind_of, on_closer_look
from bot.editorial.facts.lexicon import Lexicon, Words
from bot.editorial.facts.names import Name, Names
from bot.editorial.facts.quantities import quantities
from bot.editorial.facts.reading import Reading
from bot.editorial.facts.subject import predicates, subject
from bot.editorial.score import Rulebook
from bot.editorial.text import tokenise

_TITLE_LENGTH = 500
_LEAD_LENGTH = 1_200
_CONTENT_LENGTH = 6_000
_TECHNOLOGY = "technology"
# Where no rule on job cuts spoke, without one of these nobody is dismissed in a title.
_DISMISSAL = re.compile(
    r"\b(?:fir(?:e|ing)|sack|dismiss|oust|terminat|la(?:id|ys?|ying)\b|let(?:s|ting)?\b|redundan|lo(?:st|ses?|sing)\b|part|axe|phk"
    r"|(?:me|di)?(?:pecat|mecat|copot|ncopot)|(?:mem|di)?berhenti|(?:di|mem|ter)-?phk|pemecat)",
    re.IGNORECASE,
)
_CLOSE, _NEAR = 1.5, 1.2


def extract(item: Item, *, language: Language, verdict: Verdict, rulebook: Rulebook) -> Event | None:
    """The event of a story, None where nobody loses a job or the rule files have no table [facts]. Never raises,
    whatever the text; `language` is the story's own."""
    lexicon = rulebook.lexicon
    if lexicon is None or not _is_worth_reading(item, verdict, lexicon):
        return None
    title = Reading(item.title[:_TITLE_LENGTH], lexicon, language)
    kind = kind_of(title, verdict)
    if kind is None:
        return None
    lead = Reading(_lead(item), lexicon, language)
    kind = on_closer_look(kind, title, lead)
    body = Reading(_body(item), lexicon, language)
    lower = frozenset(form for reading in (title, lead, body) for form in reading.forms if form.islower())
    texts = [Names(reading, lower) for reading in (title, lead) if len(reading)]
    further = Names(body, lower)
    answer = employer(texts)
    if answer.name is None and not answer.several:
        answer = employer([further], title=False)
    name = answer.name
    if name is not None and kind is EventKind.SINGLE_DISMISSAL and not _dismisses(name, title):
        name = None
    heads, part, cause = None, None, None
    if kind.has_numbers:
        # Where several employers are named, a figure further down is that of one of them.
        heads, part = _figures(texts[:1] if answer.several else texts, answer)
        if heads is None and part is None and name is not None:
            heads, part = _figures([further], answer, own=True)
        cause = ai_cause((title, lead, body), name)
    return Event(
        company=None if name is None else name.text,
        headcount=None if heads is None else int(heads),
        percent=part,
        tech=_is_tech(name, verdict),
        kind=kind,
        ai_cause=cause,
    )


def _lead(item: Item) -> str:
    """The summary; where a feed has none, how the content begins."""
    return without_teasers(item.summary[:_LEAD_LENGTH]) if item.summary.strip() else _story(item)


def _body(item: Item) -> str:
    """How the content begins, where it is not the lead already."""
    return _story(item) if item.summary.strip() else ""


def _story(item: Item) -> str:
    if not item.content:
        return ""
    return "\n".join(story_paragraphs(item.content[:_CONTENT_LENGTH]))[:_LEAD_LENGTH]


def _is_worth_reading(item: Item, verdict: Verdict, lexicon: Lexicon) -> bool:
    """Cheaper than reading the title, and mostly the answer is no: `kind_of` needs a hit or words of a dismissal."""
    layoffs = verdict.topics[Topic.LAYOFFS]
    if layoffs.hit:
        return True
    if lexicon.dismissals.isdisjoint(tokenise(item.title[:_TITLE_LENGTH]).words):
        return False
    return bool(layoffs.reasons) or _DISMISSAL.search(item.title) is not None


def _dismisses(name: Name, title: Reading) -> bool:
    """Of one person's dismissal the employer is sure only where it is known, or the subject in the title."""
    said = title.raw(name.first, name.last) if name.last < len(title) else ""
    return name.company is not None or (said == name.text and name.last + 1 in title.begins(Words.FIRING))


def _figures(texts: Sequence[Names], employer: Answer, *, own: bool = False) -> tuple[float | None, float | None]:
    """Headcount and percentage. With `own` the texts are content, where only sentences that name the employer count."""
    heads: list[Figure] = []
    parts: list[Figure] = []
    for number, names in enumerate(texts):
        found = quantities(names.reading)
        for figures, chosen in ((counts, heads), (shares, parts)):
            for one in figures(names.reading, found, title=number == 0 and not own):
                if _is_anothers(one, names, employer) or (own and not _names_employer(one, names, employer.name)):
                    continue
                chosen.append(one)
    return _chosen(heads), _chosen(parts)


def _names_employer(figure: Figure, names: Names, employer: Name | None) -> bool:
    sentence = names.reading.sentence_text(figure.at).casefold()
    return employer is not None and employer.text.casefold() in sentence


def _is_anothers(figure: Figure, names: Names, employer: Answer) -> bool:
    """Whether the sentence says that another employer did it: `Amazon cut 18,000 jobs in January`."""
    reading, own = names.reading, employer.name
    before = [
        at for at in predicates(reading) if at < figure.at and reading.sentence[at] == reading.sentence[figure.at]
    ]
    who = subject(names, before[-1]) if before and own is not None else None
    if who is None or own is None or who.identity == own.identity:
        return False
    return who.company is not None or who.identity in employer.others


def _chosen(figures: list[Figure]) -> float | None:
    """The best supported; of `more than 1,000` and `nearly half` the exact number, where one is given."""
    best = max(figures, key=lambda one: one.score, default=None)
    if best is None or best.score <= 0:
        return None
    exact = [one for one in figures if not one.more and not one.rough and one.score > 0]
    if best.more:
        exact = [one for one in exact if best.value < one.value < best.value * _CLOSE]
    elif best.rough:
        exact = [one for one in exact if best.value < one.value * _NEAR and one.value < best.value * _NEAR]
    else:
        exact = []
    return round(max(exact or [best], key=lambda one: one.score).value, 2)


def _is_tech(name: Name | None, verdict: Verdict) -> bool:
    """By the company table; for an employer it does not know, by what the rules say of the text."""
    if name is not None and name.company is not None:
        return name.company.group == _TECHNOLOGY
    layoffs, tech = verdict.topics[Topic.LAYOFFS], verdict.topics[Topic.TECH_LAYOFFS]
    points = sum(reason.points for reason in tech.reasons if reason not in layoffs.reasons)
    return points >= tech.threshold
