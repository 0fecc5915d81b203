"""Which stories a chat asked for by name, and which it asked not to hear of: whole words, however they are spelt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.domain.coverage import Coverage
from bot.domain.story import Item, Language, Story
from bot.domain.subscription import Interest, InterestKind
from bot.editorial.rules.company import Companies
from bot.editorial.rules.index import Term
from bot.editorial.rules.matcher import Vocabulary
from bot.editorial.rules.notation import Phrase
from bot.editorial.text import Tokens, tokenise, words_of

EMPLOYER, WORDS = "employer:", "words:"
# As much of a summary as an alert shows: whoever is told of a story sees there what asked for it.
LOOKED_AT = 280


def employer_key(employer: str) -> str:
    """The key of an interest in an employer; `employer` is what Judge.employer gives for it."""
    return f"{EMPLOYER}{employer}"


def words_key(phrase: str) -> str | None:
    """The key of an interest in words; None for a phrase without a letter."""
    words = tokenise(phrase).words
    if not any(letter.isalpha() for word in words for letter in word):
        return None
    return WORDS + " ".join(words)


def shown(interest: Interest) -> str:
    """What to call it: the words, or the employer with what was typed for it."""
    employer = _employer(interest)
    if employer is None or employer.casefold() == interest.phrase.casefold():
        return interest.phrase
    return f"{employer} ({interest.phrase})" if employer != employer.casefold() else interest.phrase


class Watches:
    """All watches of all chats, ready to be asked for each new story."""

    def __init__(self, interests: Sequence[Interest], companies: Companies) -> None:
        known = {company.name: company for group in companies.groups.values() for company in group}
        self._vocabulary = Vocabulary()
        self._by_term: dict[Term, list[int]] = {}
        self._by_employer: dict[str, list[int]] = {}
        for interest in interests:
            employer = _employer(interest)
            if employer is not None:
                self._by_employer.setdefault(employer, []).append(interest.id)
            company = known.get(employer) if employer is not None else None
            names = company.names if company else _own_names(interest)
            for name in names:
                as_written = company is not None and name in company.as_written
                for phrase in _phrases(name):
                    term = self._vocabulary.term([phrase], case=as_written)
                    self._by_term.setdefault(term, []).append(interest.id)

    def of(self, item: Item, employer: str | None, _language: Language) -> tuple[int, ...]:
        """The ids of the interests that a story is for: its facts name the employer, or title or summary name it (or
        the words). Names are spelt alike in both languages."""
        found = set(self._by_employer.get(employer, ())) if employer is not None else set()
        title, text = item.title, (item.summary or item.content)[:LOOKED_AT]
        if self._vocabulary.may_be_in(words_of(title, text)):
            for term in self._vocabulary.read(tokenise(f"{title}\n{text}")).found:
                found.update(self._by_term[term])
        return tuple(sorted(found))


def muted_by(interests: Sequence[Interest], coverage: Coverage, now: datetime) -> Interest | None:
    """The mute that keeps a story from a chat. One of an employer holds where the facts name that employer; where they
    name none, a title that names it is enough, but no word in small letters: Target, not a target."""
    mutes = [one for one in interests if one.kind is InterestKind.MUTE and not has_ended(one, now)]
    if not mutes:
        return None
    title, whole = tokenise(coverage.lead.title), tokenise(_shown(coverage.lead))
    return next((one for one in mutes if _mutes(one, coverage.employer, title, whole)), None)


def has_ended(interest: Interest, now: datetime) -> bool:
    return interest.until is not None and interest.until <= now


def _mutes(mute: Interest, employer: str | None, title: Tokens, whole: Tokens) -> bool:
    muted = _employer(mute)
    if muted is None:
        return any(_stands(phrase.words, whole.words) for phrase in _phrases(mute.key.removeprefix(WORDS)))
    if employer is not None:
        return employer == muted
    forms = ["" if form.islower() else word for word, form in zip(title.words, title.forms, strict=True)]
    return any(_stands(phrase.words, forms) for name in _own_names(mute) for phrase in _phrases(name))


def _employer(interest: Interest) -> str | None:
    return interest.key.removeprefix(EMPLOYER) if interest.key.startswith(EMPLOYER) else None


def _own_names(interest: Interest) -> tuple[str, ...]:
    """As it was typed and as it is known."""
    employer = _employer(interest)
    return (interest.key.removeprefix(WORDS),) if employer is None else (interest.phrase, employer)


def _phrases(name: str) -> Iterator[Phrase]:
    tokens = tokenise(name)
    if tokens.words:
        yield Phrase(words=tuple(tokens.words), forms=tuple(tokens.forms))


def _shown(story: Story) -> str:
    return f"{story.title}\n{(story.summary or story.content)[:LOOKED_AT]}"


def _stands(phrase: Sequence[str], words: Sequence[str]) -> bool:
    """Whether the words of the phrase stand in a row."""
    size = len(phrase)
    wanted = list(phrase)
    return any(list(words[at : at + size]) == wanted for at in range(len(words) - size + 1))
