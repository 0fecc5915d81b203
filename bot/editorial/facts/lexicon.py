"""Which words facts are read by: the lists of config/rules/facts.toml and the names of all employers, ready to find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.editorial.rules.company import Company, phrases_of
from bot.editorial.rules.index import Term, key_of
from bot.editorial.rules.matcher import Passage, Vocabulary
from bot.editorial.rules.notation import BadPhrase
from bot.editorial.rules.table import Table
from bot.editorial.text import Tokens


class Words(StrEnum):
    """The lists of the table [facts]; the comments in the file say what each is for."""

    PEOPLE = "people"
    STAFF = "staff"
    FILLERS = "fillers"
    LAY_OFF = "lay-off"
    CUT = "cut"
    CUTS = "cuts"
    GONE = "gone"
    REACH = "reach"
    AMOUNTS = "amounts"
    ABOUT = "about"
    MORE = "more"
    VAGUE = "vague"
    TOTALS = "totals"
    NOT_CUT = "not-cut"
    FEAR = "fear"
    EARLIER = "earlier"
    AFTER = "after"
    ALL_TOLD = "all-told"
    LINKS = "links"
    VERBS = "verbs"
    SPEAKS = "speaks"
    EXPLAINS = "explains"
    TRADES = "trades"
    PARENTS = "parents"
    ROLES = "roles"
    NOT_EMPLOYERS = "not-employers"
    SITES = "sites"
    OUTLETS = "outlets"
    REPORTED = "reported"
    RELATED = "related"
    BESIDE = "beside"
    AT = "at"
    WITH_CUTS = "with-cuts"
    WITH_CUTS_BEFORE = "with-cuts-before"
    OTHERS = "others"
    SUFFIXES = "suffixes"
    BODIES = "bodies"
    PLACES = "places"
    TIMES = "times"
    SMALL = "small"
    ENDINGS = "endings"
    ORDINARY = "ordinary"
    HEARSAY = "hearsay"
    UNDECIDED = "undecided"
    CONFIRMED = "confirmed"
    FURLOUGH = "furlough"
    DENIAL = "denial"
    ONE_PERSON = "one-person"
    FIRING = "firing"
    ARMS = "arms"
    NO_FIRING = "no-firing"
    PLEDGE = "pledge"
    AI = "ai"
    BECAUSE = "because"
    SPENDING = "spending"
    AI_ACTS = "ai-acts"
    ONLOOKERS = "onlookers"
    NOT_BECAUSE = "not-because"
    ALSO_BECAUSE = "also-because"
    SAYS = "says"
    CLAUSES = "clauses"
    STOPS = "stops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All words and names by which facts are found, in a vocabulary of their own. `dismissals`: one of these words is
    in every title that tells of a denial or of one person's dismissal."""

    vocabulary: Vocabulary
    dismissals: frozenset[str]
    terms: Mapping[Words, Term]
    employers: Mapping[Term, tuple[Company, str]]

    def read(self, tokens: Tokens) -> Passage:
        return self.vocabulary.read(tokens)


def read_lexicon(table: Table, groups: Mapping[str, tuple[Company, ...]]) -> Lexicon:
    """The table [facts], every list of which is needed, and the employers of the company table."""
    vocabulary = Vocabulary()
    phrases = {words: table.phrases(words.value) for words in Words}
    terms = {words: vocabulary.term(listed) for words, listed in phrases.items()}
    dismissals = frozenset(one.words[key_of(one)] for words in (Words.FIRING, Words.DENIAL) for one in phrases[words])
    table.finish()
    employers: dict[Term, tuple[Company, str]] = {}
    for companies in groups.values():
        for company in companies:
            for alias in company.names:
                try:
                    names = phrases_of(alias)
                except BadPhrase:
                    continue  # the company table has said so already
                employers[vocabulary.term(names, case=alias in company.as_written)] = (company, alias)
    vocabulary.settle()
    return Lexicon(vocabulary=vocabulary, dismissals=dismissals, terms=terms, employers=employers)
