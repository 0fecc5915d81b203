"""How a story is read for comparing: its companies, notions, names and rare words, and the main clause."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.story import Language
from bot.editorial.rules.company import Companies
from bot.editorial.same_story.quantities import Quantity, Unit, quantities
from bot.editorial.same_story.sketch import COMPANY_MARK, NOTHING, NOTION_MARK, Kind, Passage, Sketch
from bot.editorial.same_story.stems import stem, stems_of
from bot.editorial.same_story.wording import DISMISSAL, EXPLAINER, JOB_CUT, PEOPLE, REACTION, Wording
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
# Where the last clause of a headline begins, and how long one that asks may be.
_TAIL = re.compile(r"(?:[,;.!?]['\"”’]?|\s[-–—])\s+(?=\S)")
_TAIL_WORDS, _REST_WORDS = 5, 3
_SPEAKS_WITHIN = 5
# GPT-5, Veo-3: says exactly what it is about.
_VERSION = re.compile(r"(?<![\w-])[A-Za-z]{2,12}-\d{1,2}(?:\.\d)?(?![\w.-])")
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
        for maker, brand in ((maker, brand) for maker, brands in wording.brands.items() for brand in brands):
            words = tuple(tokenise(brand).words)
            names.setdefault(words[0], []).append((words, None, maker))
        return cls(
            wording=wording,
            names={first: tuple(sorted(found, key=lambda one: -len(one[0]))) for first, found in names.items()},
        )

    def sketch(
        self, *, id: str, when: datetime, language: Language, title: str, summary: str = "", source: str = ""
    ) -> Sketch:
        """`when` aware; `id` is what the group is called if this story is the first of it. Never raises on any text."""
        title, summary = _without_outlet(title[:TITLE_LENGTH], source), summary[:LEAD_LENGTH]
        title = self._without_tail(self._without_reporter(title), language)
        headline, first = tokenise(title), tokenise(summary)
        surely = frozenset(self._capitalised(headline)) | frozenset(self._capitalised(first))
        top = self._passage(headline, title, language, surely)
        main = self._main_clause(headline, language)
        head = top if main == headline.plain else self._passage(tokenise(main), main, language, surely)
        if self._is_service(headline, tokenise(_behind_label(headline.plain)), language):
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
            turning=head.actions & self.wording.turning or NOTHING,
            telling=frozenset(
                word
                for word in top.of(Kind.ACTION, Kind.THING)
                if word.removeprefix(NOTION_MARK) not in self.wording.general
            ),
            strong=tuple(top.of(Kind.COMPANY, Kind.NAME, Kind.WORD)),
            main={word: weights.get(word, 0.0) for word, kind in head.words.items() if kind is not Kind.THING},
            speaker=self._speaker(headline, top, language),
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
        found |= {version.casefold(): Kind.WORD for version in _VERSION.findall(text)}
        notions |= self._implied(notions, numbers)
        if JOB_CUT in notions and not self._is_mass(tokens.words, language, numbers):
            notions = notions - {JOB_CUT} | {DISMISSAL}
        for notion in sorted(notions - self.wording.markers):
            found[NOTION_MARK + notion] = self._kind(notion)
        return Passage(
            words=found,
            actions=frozenset(notions & self.wording.actions) or NOTHING,
            markers=frozenset(notions & self.wording.markers) or NOTHING,
            numbers=numbers,
        )

    def _kind(self, notion: str) -> Kind:
        if notion in self.wording.names:
            return Kind.NAME
        return Kind.ACTION if notion in self.wording.actions else Kind.THING

    def _names_company(self, text: str) -> bool:
        tokens = tokenise(text)
        if self.names.keys().isdisjoint(tokens.words):
            return False
        return any(self._company(tokens.words, tokens.forms, at) for at in range(len(tokens.words)))

    def _without_reporter(self, title: str) -> str:
        """Without `New York Times: ` in front of what that paper reports of another company."""
        rest = _behind_label(title)
        named = rest != title and self._names_company(title[: len(title) - len(rest)]) and self._names_company(rest)
        return rest if named else title

    def _speaker(self, headline: Tokens, title: Passage, language: Language) -> str:
        """The first name of a headline, where it is soon followed by a verb of speech: `Musk calls the deal …`."""
        verbs = self.wording.speech.get(language, frozenset())
        said = next((at for at, word in enumerate(headline.words[:_SPEAKS_WITHIN]) if word in verbs), 0)
        first = next(iter(title.of(Kind.NAME, Kind.WORD, Kind.COMPANY)), "")
        before = {stem(word, language) for word in headline.words[:said]}
        return first if first in before or (said and first.startswith(COMPANY_MARK)) else ""

    def _without_tail(self, title: str, language: Language) -> str:
        """Without what only promises more: `…, Ini Alasannya` · `…. Here's what we know` · `…, Indonesia Kena?`. A tail
        that says who spoke, or that explains, stays: that makes it another story."""
        marks = list(_TAIL.finditer(title))
        if not marks:
            return title
        rest, tail = title[: marks[-1].start()], tokenise(title[marks[-1].end() :]).words
        asks = marks[-1].group().startswith(",") and title.rstrip(" \"')”’").endswith("?") and len(tail) <= _TAIL_WORDS
        promises = bool(tail) and tail[0] in self.wording.tail.get(language, frozenset())
        if not (asks or promises) or len(rest.split()) < _REST_WORDS:
            return title
        stems = stems_of(tail, language)
        found = [self.wording.at(stems, at, language) for at in range(len(tail))]
        notions = [one[0] if one else "" for one in found]
        # `begini cara …` and `ini daftar …` are what the text is about.
        return title if REACTION in notions or EXPLAINER in notions[1:] else rest

    def _main_clause(self, headline: Tokens, language: Language) -> str:
        """What happened, without why and when: behind a label (which stays where it names the employer), before a word
        like `after`, or behind the comma of a headline that begins with one."""
        rest = _behind_label(headline.plain)
        if not self._names_company(headline.plain[: len(headline.plain) - len(rest)]):
            headline = tokenise(rest)
        return _foreground(headline, self.wording.background.get(language, frozenset()))

    def _read(self, tokens: Tokens, language: Language, surely: frozenset[str]) -> tuple[dict[str, Kind], set[str]]:
        words = tokens.words[:_WORDS_READ]
        stems = stems_of(words, language)
        phrases = self.wording.phrases.get(language, {})
        common = self.wording.common.get(language, frozenset())
        found: dict[str, Kind] = {}
        notions: set[str] = set()
        place = 0
        while place < len(words):
            word, root = words[place], stems[place]
            company = self._company(words, tokens.forms, place) if word in self.names else None
            notion = self.wording.at(stems, place, language) if not company and root in phrases else None
            if company:
                found[COMPANY_MARK + company[0]] = Kind.COMPANY
                place += company[1]
            elif notion:
                notions.add(notion[0])
                place += notion[1]
            else:
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


def _behind_label(headline: str) -> str:
    """What stands behind a short label: `Acme job cuts: …`."""
    label, colon, rest = headline.partition(": ")
    return rest if colon and len(label.split()) <= _LABEL_WORDS < len(rest.split()) else headline


def _foreground(headline: Tokens, background: frozenset[str]) -> str:
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
