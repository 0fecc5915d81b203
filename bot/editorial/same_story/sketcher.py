"""How a story is read for comparing: its companies, notions, names and rare words, and the main clause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.story import Language
from bot.editorial.rules.company import Companies
from bot.editorial.same_story.quantities import Quantity, Unit, quantities
from bot.editorial.same_story.sketch import COMPANY_MARK, NOTION_MARK, Kind, Passage, Sketch
from bot.editorial.same_story.stems import stem
from bot.editorial.same_story.wording import DISMISSAL, EXPLAINER, JOB_CUT, PEOPLE, Wording
from bot.editorial.text import Tokens, is_number, tokenise

# The lead tells the event, what follows tells its history.
LEAD_LENGTH = 260
TITLE_LENGTH = 400
_WORDS_READ = 80
# From so many words with a capital on, capitals are a style and name nobody.
_TITLE_CASE = 0.6
_TELLING_LENGTH = 4
# "Layoffs: …", "Acme job cuts: …": so many words before a colon name the subject.
_LABEL_WORDS = 4
_FEW = frozenset({Unit.PEOPLE, Unit.PERCENT, Unit.SHARE})

Names = Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...] | None, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketcher:
    """`names`: by first word, the words of each name of an employer, its forms where only those count, the employer."""

    wording: Wording
    names: Names

    @classmethod
    def of(cls, wording: Wording, companies: Companies) -> Sketcher:
        names: dict[str, list[tuple[tuple[str, ...], tuple[str, ...] | None, str]]] = {}
        for company in (one for group in companies.groups.values() for one in group):
            for name in company.names:
                read = tokenise(name)
                if read.words:
                    forms = tuple(read.forms) if name in company.as_written else None
                    names.setdefault(read.words[0], []).append((tuple(read.words), forms, company.name))
        return cls(
            wording=wording,
            names={first: tuple(sorted(found, key=lambda one: -len(one[0]))) for first, found in names.items()},
        )

    def sketch(
        self, *, id: str, when: datetime, language: Language, title: str, summary: str = "", source: str = ""
    ) -> Sketch:
        """`when` aware; `id` is what the group is called if this story is the first of it. Never raises on any text."""
        title, summary = _without_outlet(title[:TITLE_LENGTH], source), summary[:LEAD_LENGTH]
        headline, first = tokenise(title), tokenise(summary)
        surely = frozenset(self._capitalised(headline)) | frozenset(self._capitalised(first))
        top = self._passage(headline, title, language, surely)
        main = _main_clause(headline, self.wording.background.get(language, frozenset()))
        head = top if main == headline.plain else self._passage(tokenise(main), main, language, surely)
        if self._is_service(headline, tokenise(main), language):
            top = replace(top, markers=top.markers | {EXPLAINER})
        lead = self._passage(first, summary, language, surely)
        weights = top.weighed()
        return Sketch(
            id=id,
            when=when,
            language=language,
            title=top,
            head=head,
            lead=lead,
            weights=weights,
            told=lead.weighed() | weights,
            turning=head.actions & self.wording.turning,
            headline=frozenset(headline.words),
        )

    def _capitalised(self, tokens: Tokens) -> Iterator[str]:
        """Words with a capital among words without; the first word of a text may be any word."""
        telling = [form for form in tokens.forms[:_WORDS_READ] if len(form) >= _TELLING_LENGTH and form[0].isalpha()]
        if sum(form[0].isupper() for form in telling) > _TITLE_CASE * len(telling):
            return
        for form, word in zip(tokens.forms[1:_WORDS_READ], tokens.words[1:], strict=False):
            if form[0].isupper():
                yield word

    def _passage(self, tokens: Tokens, text: str, language: Language, surely: frozenset[str]) -> Passage:
        numbers = quantities(text)
        found, notions = self._read(tokens, language, surely)
        notions |= self._implied(notions, numbers)
        if JOB_CUT in notions and not self._is_mass(tokens.words, language, numbers):
            notions = notions - {JOB_CUT} | {DISMISSAL}
        for notion in sorted(notions - self.wording.markers):
            found[NOTION_MARK + notion] = Kind.ACTION if notion in self.wording.actions else Kind.THING
        return Passage(
            words=found,
            actions=frozenset(notions & self.wording.actions),
            markers=frozenset(notions & self.wording.markers),
            numbers=numbers,
        )

    def _read(self, tokens: Tokens, language: Language, surely: frozenset[str]) -> tuple[dict[str, Kind], set[str]]:
        words = tokens.words[:_WORDS_READ]
        stems = [stem(word, language) for word in words]
        common = self.wording.common.get(language, frozenset())
        found: dict[str, Kind] = {}
        notions: set[str] = set()
        place = 0
        while place < len(words):
            company = self._company(words, tokens.forms, place)
            notion = None if company else self.wording.at(stems, place, language)
            if company:
                found[COMPANY_MARK + company[0]] = Kind.COMPANY
                place += company[1]
            elif notion:
                notions.add(notion[0])
                place += notion[1]
            else:
                word, root = words[place], stems[place]
                if root not in common and not word[0].isdigit() and len(word) > 1:
                    found[root] = Kind.NAME if word in surely else Kind.WORD
                place += 1
        return found, notions

    def _implied(self, notions: set[str], numbers: frozenset[Quantity]) -> set[str]:
        """Notions that others mean together; a number of people is one of them."""
        here = notions | ({PEOPLE} if any(number.unit is Unit.PEOPLE for number in numbers) else set())
        return {means for of, means in self.wording.combined if of <= here}

    def _is_mass(self, words: Sequence[str], language: Language, numbers: frozenset[Quantity]) -> bool:
        mass = self.wording.mass.get(language, frozenset())
        return not mass.isdisjoint(words) or any(number.unit in _FEW for number in numbers)

    def _is_service(self, headline: Tokens, main: Tokens, language: Language) -> bool:
        """Whether a headline asks, lists or tells the reader what to do, instead of reporting."""
        words = headline.words
        counted = self.wording.counted.get(language, frozenset())
        if words and is_number(words[0]) and not counted.isdisjoint(words[1:4]):
            return True
        if main.words and main.words[0] in self.wording.service.get(language, frozenset()):
            return True
        return headline.plain.rstrip(" \"')”’").endswith("?")

    def _company(self, words: Sequence[str], forms: Sequence[str], place: int) -> tuple[str, int] | None:
        for name, written, company in self.names.get(words[place], ()):
            end = place + len(name)
            if tuple(words[place:end]) == name and (written is None or tuple(forms[place:end]) == written):
                return company, len(name)
        return None


def _without_outlet(title: str, source: str) -> str:
    """A headline without the outlet's own name behind a dash, as aggregators add it."""
    text, dash, outlet = title.rpartition(" - ")
    named = set(tokenise(outlet).words)
    return text if dash and named and named <= set(tokenise(source).words) else title


def _main_clause(headline: Tokens, background: frozenset[str]) -> str:
    """What happened, without why and when: behind a label, before a word like `after`, or behind the comma of a
    headline that begins with one."""
    label, colon, rest = headline.plain.partition(": ")
    if colon and len(label.split()) <= _LABEL_WORDS < len(rest.split()):
        headline = tokenise(rest)
    text, words = headline.plain, headline.words
    places = [place for place in range(len(words)) if words[place] in background and place != 1]
    for place in places:
        if words[place] == "over" and is_number(words[place + 1] if place + 1 < len(words) else "x"):
            continue  # over 700 jobs
        if place == 0:
            ends = [at for mark in ",:;" if (at := text.find(mark)) > 0]
            return text[min(ends) + 1 :] if ends else text
        return text[: headline.spans()[place][0]]
    return text
