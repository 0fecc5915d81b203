"""Which words of a text are the name of an employer, and how that name is given: short, as the text spells it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.story import Language
from bot.editorial.facts.lexicon import Words
from bot.editorial.facts.reading import Reading
from bot.editorial.rules.company import Company

_WITHIN_NAME = re.compile(r"\s?[&.\-'’+/]?\s?")
_JUST_A_NUMBER = re.compile(r"[\d.,]+[A-Za-z]?")
# What Indonesian verbs begin with; the words are long enough not to be names like Meta or Mentari.
_INDONESIAN_VERB = re.compile(
    r"(?:men[gyj]|mem[pbu]|meng|meny|ter[aiubdgjklmnprst]|ber[adgjkpstu])[a-z]{4,}|(?:pe|ke|per)[a-z]{3,}an|[a-z]{3,}(?:kannya|annya)"
)
_CONNECTORS = frozenset(("of", "and", "the", "for", "de", "la", "du", "und", "&"))
_LONGEST = 8
_COMMON = (
    Words.SMALL,
    Words.ORDINARY,
    Words.LINKS,
    Words.VERBS,
    Words.SPEAKS,
    Words.TRADES,
    Words.ROLES,
    Words.PEOPLE,
)  # lists of words that are no names


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """An employer named in words first to last; `company` where the table knows it."""

    first: int
    last: int
    text: str
    company: Company | None
    outlet: bool = False

    @property
    def identity(self) -> str:
        """Equal for two names of one employer."""
        return (self.company.name if self.company else self.text).casefold()


class Names:
    """The names in one text. `lower` are words seen written small elsewhere in the story: they are no names."""

    def __init__(self, reading: Reading, lower: frozenset[str]) -> None:
        self.reading = reading
        self.lower = lower
        self.is_headline = reading.is_headline
        self.known: list[Name] = []
        self._ending: dict[int, Name] = {}
        self._common = frozenset[int]().union(*(reading.covers(words) for words in _COMMON))
        for first, last, company, alias in reading.employers():
            outlet = first in reading.begins(Words.OUTLETS)
            text = short(company, alias, reading.raw(first, last))
            name = Name(first=first, last=last, text=text, company=company, outlet=outlet)
            self.known.append(name)
            self._ending[last] = name
        self._inside = frozenset(at for name in self.known for at in range(name.first, name.last + 1))

    def ending_at(self, at: int) -> Name | None:
        """The name whose last word is `at`."""
        if at < 0:
            return None
        parent = self._by_its_product(at)
        if parent is not None:
            return parent
        first = self._first_word(at)
        if first is None:
            known = self._ending.get(at)
            return known if known is not None and not self._is_in_passing(known) else None
        inside = [name for name in self.known if first <= name.first and name.last <= at]
        if inside and self.is_headline and inside[-1].last < at:
            return inside[-1]  # The Broken Microsoft Pact
        if inside and (inside[-1].last == at or self._only_suffixes(inside[-1].last + 1, at)):
            name = inside[-1]
            # Walt Disney Studios is Disney; Toyota Astra is not Toyota.
            if name.first == first or self._may_precede(name.first):
                return name if not self._is_in_passing(name) else None
        return self._unknown(first, at, inside[0].company if inside and inside[0].first == first else None)

    def starting_at(self, at: int) -> Name | None:
        """The name that begins with word `at`, as long as it goes."""
        if not self._is_name_word(at):
            return None
        known = next((name for name in self.known if name.first == at), None)
        last = at
        while last + 1 < len(self.reading) and last - at < _LONGEST and self._goes_on(last, last + 1):
            last += 1
        if known is not None and (known.last >= last or self.is_headline):
            return known if not self._is_in_passing(known) else None
        for end in range(last, at - 1, -1):
            name = self.ending_at(end)
            if name is not None and name.first <= at + 1:
                return name
        return None

    def _by_its_product(self, at: int) -> Name | None:
        """`Facebook parent`, `TikTok owner` · `induk TikTok`, `pembuat PUBG`: the firm behind the brand."""
        reading = self.reading
        ends = reading.ends(Words.PARENTS)
        known = self._ending.get(at)
        if at in ends:
            brand = self._ending.get(ends[at] - 1)
            if brand is not None and brand.company is not None:
                return Name(first=brand.first, last=at, text=brand.company.name, company=brand.company)
        if known is not None and known.company is not None and known.first in reading.begins(Words.PARENTS):
            return Name(first=known.first, last=at, text=known.company.name, company=known.company)
        if known is not None and known.company is not None:
            first = self._first_of_chain(known)
            word = reading.words[first - 1] if first - 1 in ends else ""
            if word in ("induk", "pembuat", "pemilik", "pengembang", "produsen"):
                return Name(first=first - 1, last=at, text=known.company.name, company=known.company)
        return None

    def _first_of_chain(self, known: Name) -> int:
        """Of `pembuat Jira dan Trello` the first word of the first brand of the same firm."""
        before = self._ending.get(known.first - 2)
        chained = before is not None and known.first >= 2 and self.reading.words[known.first - 1] in ("dan", "and")
        return before.first if before is not None and chained and before.company == known.company else known.first

    def _first_word(self, at: int) -> int | None:
        """Where the run of name-like words that ends at `at` begins."""
        if not (
            self._is_name_word(at)
            or (self.is_headline and self._is_inner_word(at) and at in self.reading.covers(Words.ENDINGS))
        ):
            return None
        first = at
        while first > 0 and at - first < _LONGEST and self._goes_on(first, first - 1):
            first -= 1
        while first < at and (self.reading.forms[first] in _CONNECTORS or self._is_leading_word(first)):
            first += 1
        return first

    def _goes_on(self, here: int, there: int) -> bool:
        """Whether a name that has word `here` has the one beside it too."""
        reading = self.reading
        later = max(here, there)
        if reading.sentence[here] != reading.sentence[there] or not _WITHIN_NAME.fullmatch(reading.gap(later)):
            return False
        if reading.raw(later - 1, later - 1).endswith(("'s", "’s", "s'", "s’")) and not self._is_known(
            later - 1, later
        ):
            return False  # Alphabet's Waymo: what follows is another name
        if reading.gap(later) == "-" and reading.forms[there][0].isupper():
            return True  # Hung-A
        if not self.is_headline and reading.words[there] in _CONNECTORS and 0 < there < len(reading) - 1:
            return self._is_name_word(there - 1) and self._is_name_word(there + 1)
        return self._is_name_word(there) or (self.is_headline and there < here and self._is_inner_word(there))

    def _is_inner_word(self, at: int) -> bool:
        """An ordinary word inside a name, as in Toba Pulp Lestari: with a word before it that is none."""
        reading = self.reading
        if at == 0 or at not in reading.covers(Words.ORDINARY) or not _WITHIN_NAME.fullmatch(reading.gap(at)):
            return False
        others = (Words.TRADES, Words.ROLES, Words.PEOPLE, Words.LINKS, Words.VERBS, Words.SMALL)
        return self._is_name_word(at - 1) and not any(at in reading.covers(words) for words in others)

    def _is_known(self, first: int, last: int) -> bool:
        return any(name.first <= first and last <= name.last for name in self.known)

    def _is_name_word(self, at: int) -> bool:
        reading = self.reading
        if at in self._inside:
            return True
        form, word = reading.forms[at], reading.words[at]
        if not any(letter.isupper() for letter in form) or _JUST_A_NUMBER.fullmatch(form):
            return False
        if at in reading.covers(Words.TIMES):
            return False
        if not self.is_headline or (at > 0 and reading.gap(at) == "-" and len(word) == 1):
            return True  # also the A of Hung-A
        return not (word in self.lower or self._is_common(at))

    def _is_common(self, at: int) -> bool:
        reading = self.reading
        if at in self._common:
            return True
        return reading.language is Language.ID and _INDONESIAN_VERB.fullmatch(reading.words[at]) is not None

    def _is_leading_word(self, at: int) -> bool:
        """At the front of a capitalised run but not part of the name: `Software giant`, `The`, `CEO`."""
        reading = self.reading
        if self._is_known(at, at):
            return False
        begins_sentence = at == 0 or reading.sentence[at] != reading.sentence[at - 1]
        if at in reading.covers(Words.ROLES) or at in reading.covers(Words.TRADES):
            return True
        return (begins_sentence or reading.forms[at + 1] in _CONNECTORS) and at in reading.covers(Words.SMALL)

    def _only_suffixes(self, first: int, last: int) -> bool:
        lists = (Words.SUFFIXES, Words.BODIES, Words.PLACES)
        covers = frozenset[int]().union(*(self.reading.covers(words) for words in lists))
        return all(at in covers for at in range(first, last + 1))

    def _may_precede(self, first: int) -> bool:
        """Whether the words before a known name are only about it: nothing, a trade, a country, an owner."""
        reading = self.reading
        before = first - 1
        if before < 0 or before in self._ending or not self._goes_on(first, before):
            return True
        covers = (Words.PLACES, Words.TRADES, Words.ROLES, Words.ORDINARY)
        return self.is_headline or any(before in reading.covers(words) for words in covers)

    def _is_in_passing(self, name: Name) -> bool:
        """The outlet that reports: `according to CNBC`."""
        return name.outlet and name.first - 1 in self.reading.ends(Words.REPORTED)

    def _unknown(self, first: int, last: int, company: Company | None) -> Name | None:
        """A capitalised run as a name, None where it is a place, a month, a person or an outlet."""
        reading = self.reading
        for end, begin in reading.ends(Words.BODIES).items():
            if first < begin and end == last:
                last = begin - 1
        while last > first and last in reading.covers(Words.SUFFIXES):
            last -= 1
        run = range(first, last + 1)
        places = reading.covers(Words.PLACES)
        common = places | reading.covers(Words.ORDINARY) if self.is_headline else places
        opens = first == 0 or reading.sentence[first] != reading.sentence[first - 1]
        if not run or common.issuperset(run) or (opens and self._is_common(first) and places.issuperset(run[1:])):
            return None
        if any(first <= end and begin <= last for begin, end in reading.begins(Words.NOT_EMPLOYERS).items()):
            return None
        if first > 0 and reading.words[first - 1] in ("a", "an"):
            return None  # A Celebrated Native Son
        # Bos Xyz is of Xyz, Direktur Xyz is called so.
        has_role = first - 1 in reading.ends(Words.ROLES) and reading.words[first - 1] != "bos"
        if has_role or (last + 1 in reading.begins(Words.ROLES) and last - first >= 1):
            return None
        reported = first - 1 in reading.ends(Words.REPORTED) and first - 1 not in reading.ends(Words.AT)
        if reported and not self.is_headline:
            return None
        if first > 0 and reading.words[first - 1] == "pabrik" and self.is_headline:
            return None  # Pabrik Panci: what it makes
        if first == last and (
            self._is_common(first) or reading.words[first] in self.lower or len(reading.words[first]) < 2
        ):
            return None
        if reading.gap(last + 1) == "-":
            return None  # half of Ter-PHK
        if first > 0 and reading.forms[first - 1] in ("PT", "Bank") and reading.gap(first) == " ":
            first -= 1  # Bank Jago, but Swiss bank UBS
        outlet = first in reading.begins(Words.OUTLETS)
        return Name(first=first, last=last, text=self._shown(first, last), company=company, outlet=outlet)

    def _shown(self, first: int, last: int) -> str:
        raw = self.reading.raw(first, last)
        following = (
            self.reading.begins(Words.CUT).keys()
            | self.reading.begins(Words.LAY_OFF).keys()
            | self.reading.begins(Words.LINKS).keys()
        )
        if raw.endswith(("'s", "’s")) and last + 1 not in following:
            return raw[:-2]
        return raw.replace("’", "'")


def short(company: Company, alias: str, written: str) -> str:
    """The shortest name of the same spelling family: Meta Platforms is Meta, Google Cloud is Google, Twitter stays."""
    words = set(alias.casefold().replace("'s ", " ").split())
    shorter = [name for name in company.names if set(name.casefold().split()) < words]
    if shorter:
        return min(shorter, key=len)
    # Of two spellings of one name, JD.ID and JD ID, the one in the text.
    return next((name for name in company.names if name.casefold() == written.casefold()), alias)
