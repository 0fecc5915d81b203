"""How much a story matters to each topic: what the rules found, added up, with every reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.domain.errors import Problem
from bot.domain.story import Item, Language, Topic
from bot.domain.verdict import Reason, TopicScore, Verdict
from bot.editorial import language as languages
from bot.editorial.boilerplate import story_paragraphs, without_teasers
from bot.editorial.facts.example import FactExample
from bot.editorial.facts.lexicon import Lexicon
from bot.editorial.rules import examples as examples_of_rules
from bot.editorial.rules.company import Companies
from bot.editorial.rules.examples import Example
from bot.editorial.rules.feed import Adjustment
from bot.editorial.rules.matcher import Passage, Vocabulary
from bot.editorial.rules.rule import Field, Head, Rule, TopicRules
from bot.editorial.rules.stages import Stage, Stages, stages_of
from bot.editorial.rules.veto import Veto
from bot.editorial.same_story.example import Pair
from bot.editorial.same_story.wording import Wording
from bot.editorial.text import tokenise, words_of

# A reader judges by title and lead. What stands further down may confirm, so it weighs what content weighs.
LEAD_LENGTH = 450
# Enough of an article to confirm what it is about; the rest only costs time.
CONTENT_LENGTH = 8_000


@dataclass(slots=True, kw_only=True)
class _Count:
    """What was found in one story so far."""

    language: Language
    passages: dict[Field, Passage]
    spoke: dict[str, tuple[Rule, Reason]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The loaded rules; fits ports.Judge. Build it with `rules.loader.load`. `files` are the texts they were read from,
    for showing a rule as it is written and for trying another one beside them."""

    vocabulary: Vocabulary
    topics: Mapping[Topic, TopicRules]
    rules: tuple[Rule, ...]
    vetoes: tuple[Veto, ...]
    adjustments: tuple[Adjustment, ...]
    companies: Companies
    examples: tuple[Example, ...] = ()
    fact_examples: tuple[FactExample, ...] = ()
    pairs: tuple[Pair, ...] = ()
    lexicon: Lexicon | None = None
    wording: Wording = field(default_factory=Wording)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    _stages: Stages = field(init=False, repr=False, compare=False)
    _order: tuple[Topic, ...] = field(init=False, repr=False, compare=False)
    _nothing: Mapping[Topic, TopicScore] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """What follows from the rules and is asked for with every story."""
        stand_alone_first = sorted(self.topics, key=lambda topic: (self.topics[topic].after is not None, topic.value))
        nothing = {
            topic: TopicScore(topic=topic, score=0.0, thresholds=self.topics[topic].thresholds, reasons=())
            for topic in Topic
            if topic in self.topics
        }
        object.__setattr__(self, "_stages", stages_of(self.rules, self.vetoes, self.topics))
        object.__setattr__(self, "_order", tuple(stand_alone_first))
        object.__setattr__(self, "_nothing", nothing)

    def detect(self, item: Item, prior: Language | None) -> Language:
        """The language of an item; `prior` is the feed's own."""
        return languages.detect(words_of(item.title, item.summary or item.content[:LEAD_LENGTH]), prior)

    def employer(self, company: str | None) -> str | None:
        """The same key for every spelling of an employer (`PT Gojek Tbk`, `GoTo`), as `Event.company` gives it: to
        compare and to store, not to show. None for None and for a name without a letter or digit."""
        return None if company is None else self.companies.key(company)

    def judge(self, item: Item, language: Language | None, source: str = "") -> Verdict:
        """A story on its own, without a feed."""
        return self.score(item, language=language or self.detect(item, None), source=source, weight=1.0, hints=())

    def run_examples(self) -> list[Problem]:
        """What the examples of rules show to be wrong; empty when all is well. Those of facts and of same stories run
        in `editorial.check`, which runs these too."""
        # A feed's hint and weight are no words, so a sentence cannot show them.
        return examples_of_rules.run(self, self.examples, self.heads)

    @property
    def heads(self) -> tuple[Head, ...]:
        """Identity, worth and reason of every rule and veto, for listing them."""
        return (*(rule.head for rule in self.rules), *(veto.head for veto in self.vetoes))

    def score(self, item: Item, *, language: Language, source: str, weight: float, hints: Collection[Topic]) -> Verdict:
        """A score and its reasons for every topic. The score is the sum of the reasons' points; of a topic that comes
        `after` another, the lesser of the two sums. Never raises, whatever the text."""
        count = _Count(language=language, passages=self._passages(item, source))
        self._look(self._stages.own, count)
        if not count.spoke:
            return Verdict(topics=self._nothing)
        if not self._stages.followed.isdisjoint(rule.head.topic for rule, _ in count.spoke.values()):
            self._look(self._stages.following, count)
        scores: dict[Topic, TopicScore] = {}
        for topic in self._order:
            scores[topic] = self._topic_score(topic, count, weight, hints, scores)
        return Verdict(topics={topic: scores[topic] for topic in Topic})

    def _passages(self, item: Item, source: str) -> dict[Field, Passage]:
        title, lead, content = item.title, without_teasers(item.summary), ""
        if item.content:
            content = "\n".join(story_paragraphs(item.content[:CONTENT_LENGTH]))
        if not lead:
            lead, content = _cut(content)
        elif len(lead) > LEAD_LENGTH:
            lead, rest = _cut(lead)
            content = f"{rest}\n{content}"
        texts = {Field.TITLE: title, Field.SUMMARY: lead, Field.CONTENT: content, Field.SOURCE: source}
        return {where: self.vocabulary.read(tokenise(text)) for where, text in texts.items() if text}

    def _look(self, stage: Stage, count: _Count) -> None:
        """Each rule speaks once, in the weightiest field it finds something in: fields are gone through downwards."""
        for triggered in (stage.alone, stage.beside):
            for where, passage in count.passages.items():
                for term in passage.found:
                    for rule in triggered.get(term, ()):
                        if rule.head.id not in count.spoke and _has_beside(rule, count):
                            self._ask(rule, where, passage, count)

    def _ask(self, rule: Rule, where: Field, passage: Passage, count: _Count) -> None:
        head = rule.head
        if count.language not in head.languages or where not in head.fields:
            return
        span = rule.finder.find(passage)
        if span is not None:
            points = round(head.points * self.topics[head.topic].weights[where], 2)
            text = passage.snippet(span)
            reason = Reason(rule=head.id, points=points, field=where.value, text=text, why=head.why)
            count.spoke[head.id] = (rule, reason)

    def _topic_score(
        self, topic: Topic, count: _Count, weight: float, hints: Collection[Topic], scores: Mapping[Topic, TopicScore]
    ) -> TopicScore:
        rules = self.topics[topic]
        base = scores[rules.after] if rules.after is not None else None
        if base is not None and not base.reasons:
            return self._nothing[topic]
        reasons = [reason for rule, reason in count.spoke.values() if rule.head.topic is topic]
        if reasons:
            reasons.sort(key=lambda reason: (-reason.points, reason.rule))
            self._veto(topic, count, reasons)
            self._adjust(topic, reasons, weight, hints)
        elif base is None:
            return self._nothing[topic]
        total = round(sum(reason.points for reason in reasons), 2)
        if base is not None:
            reasons += base.reasons
            total = min(total, base.score)
        return TopicScore(topic=topic, score=max(total, 0.0), thresholds=rules.thresholds, reasons=tuple(reasons))

    def _veto(self, topic: Topic, count: _Count, reasons: list[Reason]) -> None:
        for veto in self.vetoes:
            head = veto.head
            if head.topic is not topic or count.language not in head.languages or veto.yields_to(count.spoke):
                continue
            for where in head.fields:
                passage = count.passages.get(where)
                if passage is None or passage.found.keys().isdisjoint(veto.finder.triggers):
                    continue
                taken = round(veto.takes(reasons, where), 2)
                span = veto.finder.find(passage) if taken > 0 else None
                if span is not None:
                    text = passage.snippet(span)
                    reasons.append(Reason(rule=head.id, points=-taken, field=where.value, text=text, why=head.why))
                    break

    def _adjust(self, topic: Topic, reasons: list[Reason], weight: float, hints: Collection[Topic]) -> None:
        for adjustment in self.adjustments:
            head = adjustment.head
            total = sum(reason.points for reason in reasons)
            if head.topic is topic and total > 0:
                points = adjustment.points(total, weight=weight, hints=hints)
                if points:
                    reasons.append(Reason(rule=head.id, points=points, field="feed", text="", why=head.why))


def _has_beside(rule: Rule, count: _Count) -> bool:
    return rule.beside is None or rule.beside.holds(count.spoke, count.passages.values())


def _cut(text: str) -> tuple[str, str]:
    """Lead and rest, parted at a space."""
    if len(text) <= LEAD_LENGTH:
        return text, ""
    space = max(text.rfind(" ", 0, LEAD_LENGTH), text.rfind("\n", 0, LEAD_LENGTH))
    at = space if space > 0 else LEAD_LENGTH
    return text[:at], text[at:]
