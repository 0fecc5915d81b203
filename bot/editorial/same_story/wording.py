"""What config/rules/same_story.toml says: which words mean the same, which say nothing, which mark no report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.story import Language
from bot.editorial.rules.table import Faults, Table
from bot.editorial.same_story.stems import stem
from bot.editorial.text import tokenise

# The decision knows these by name; the file says which words they are.
JOB_CUT, DISMISSAL, PEOPLE = "job_cut", "dismissal", "people"
EXPLAINER, ROUND_UP, RUMOUR, REACTION, CONSEQUENCE = "explainer", "live", "rumour", "reaction", "consequence"
MARKET, ASIDE = "market", "aside"
_KNOWN_TO_CODE = (
    ("actions", JOB_CUT),
    *(("markers", marker) for marker in (EXPLAINER, ROUND_UP, RUMOUR, REACTION, CONSEQUENCE, ASIDE)),
)

_BLOCKS = ("actions", "things", "names", "markers")
_LISTS = ("common", "mass", "counted", "service", "background", "tail", "speech")

Phrases = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]
Words = Mapping[Language, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """`phrases`: by language and first stem, the stems of each phrase (longest first) with the notion it means.
    `common` holds stems; the other word lists hold words as written. `combined`: notions that make another one.
    `names`: notions that are names. `brands`: products by their maker. `general`: notions of any day, which two stories
    may well share."""

    phrases: Mapping[Language, Phrases] = field(default_factory=dict)
    actions: frozenset[str] = frozenset({DISMISSAL})
    names: frozenset[str] = frozenset()
    markers: frozenset[str] = frozenset()
    turning: frozenset[str] = frozenset()
    general: frozenset[str] = frozenset({DISMISSAL})
    combined: tuple[tuple[frozenset[str], str], ...] = ()
    common: Words = field(default_factory=dict)
    mass: Words = field(default_factory=dict)
    counted: Words = field(default_factory=dict)
    service: Words = field(default_factory=dict)
    background: Words = field(default_factory=dict)
    tail: Words = field(default_factory=dict)
    brands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    speech: Words = field(default_factory=dict)

    def at(self, stems: Sequence[str], place: int, language: Language) -> tuple[str, int] | None:
        """The notion that begins at `place`, and how many words it takes."""
        for phrase, notion in self.phrases.get(language, {}).get(stems[place], ()):
            if tuple(stems[place : place + len(phrase)]) == phrase:
                return notion, len(phrase)
        return None


def read_wording(header: Table, faults: Faults) -> Wording:
    """The table [same_story] of a rule file, `header` being all of the file; what is wrong goes to `faults`."""
    top = Table(header.table("same_story"), faults, at="same_story", line=0)
    notions = {name: _notions(top, name) for name in _BLOCKS}
    for block, needed in _KNOWN_TO_CODE:
        if needed not in notions[block]:
            top.fault(f"has no {needed!r}, which the comparison asks for", block)
    known = {PEOPLE} | {notion for block in notions.values() for notion in block}
    combined = _combined(_part(top, "combined"), known)
    turned = _named(top, "turning", "actions", notions["actions"], "which is no action")
    general = _named(top, "general", "notions", known, "which is defined nowhere above")
    lists = {name: _by_language(top, name) for name in _LISTS}
    brands = Table(top.table("brands"), faults, at="same_story.brands")
    top.finish()
    return Wording(
        phrases={language: _phrases(language, notions.values()) for language in Language},
        actions=frozenset(notions["actions"]) | {DISMISSAL},
        names=frozenset(notions["names"]),
        markers=frozenset(notions["markers"]) | {means for _, means in combined if means not in known},
        turning=turned,
        general=general | {DISMISSAL},
        combined=combined,
        common={
            language: frozenset(stem(one, language) for one in words) for language, words in lists["common"].items()
        },
        mass=lists["mass"],
        counted=lists["counted"],
        service=lists["service"],
        background=lists["background"],
        tail=lists["tail"],
        brands={maker: brands.names(maker) for maker in brands.data},
        speech=lists["speech"],
    )


def _part(top: Table, name: str) -> Table:
    at = f"same_story.{name}"
    line = next(iter(top.faults.lines_of(f"[{at}]")), None)
    return Table(top.table(name, needed=True), top.faults, at=at, line=line)


def _notions(top: Table, name: str) -> dict[str, dict[Language, tuple[str, ...]]]:
    block = _part(top, name)
    found: dict[str, dict[Language, tuple[str, ...]]] = {}
    for notion in block.data:
        table = Table(block.table(notion), top.faults, at=f"{block.at}.{notion}", line=block.line)
        found[notion] = {language: table.names(language.value) for language in Language}
        table.finish()
    return found


def _named(top: Table, name: str, key: str, known: Collection[str], what: str) -> frozenset[str]:
    """The notions of a table that only lists some of those above."""
    table = _part(top, name)
    found = table.names(key)
    for notion in found:
        if notion not in known:
            table.fault(f"names {notion!r}, {what}", key)
    table.finish()
    return frozenset(found)


def _by_language(top: Table, name: str) -> dict[Language, frozenset[str]]:
    """Words in a list or, where there are many, in one long text."""
    table = _part(top, name)
    found = {
        language: frozenset(word for text in table.names(language.value, needed=True) for word in tokenise(text).words)
        for language in Language
    }
    table.finish()
    return found


def _combined(table: Table, known: Collection[str]) -> tuple[tuple[frozenset[str], str], ...]:
    found = []
    for means in table.data:
        for written in table.names(means):
            of = frozenset(part.strip() for part in written.split("+"))
            for part in sorted(of - set(known)):
                table.fault(f"names {part!r}, which is defined nowhere above", means)
            found.append((of, means))
    return tuple(found)


def _phrases(language: Language, blocks: Iterable[Mapping[str, Mapping[Language, Sequence[str]]]]) -> Phrases:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for block in blocks:
        for notion, words in block.items():
            for written in words[language]:
                stems = tuple(stem(word, language) for word in tokenise(written).words)
                if stems:
                    found.setdefault(stems[0], []).append((stems, notion))
    return {first: sorted(entries, key=lambda entry: -len(entry[0])) for first, entries in found.items()}
