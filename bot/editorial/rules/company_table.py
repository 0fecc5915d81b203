"""What config/rules/companies.toml says: employers by group, each with its other names and brands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.editorial.rules.company import Company, Groups, phrases_of
from bot.editorial.rules.notation import BadPhrase, Phrase
from bot.editorial.rules.table import Faults, Table

_NONE: frozenset[str] = frozenset()  # one for all: each empty set would take 200 bytes


def read_companies(data: Mapping[str, Any], faults: Faults) -> tuple[dict[str, tuple[Company, ...]], Groups]:
    """[companies.GROUP] tables of `Name = ["other name", …]`; `also_words` lists names that count only as written."""
    top = Table(data, faults, at="header", line=0)
    careful = frozenset(top.names("also_words"))
    tables = top.table("companies", needed=True)
    top.finish()
    owner: dict[str, str] = {}
    found: dict[str, tuple[Company, ...]] = {}
    groups: dict[str, tuple[list[Phrase], list[Phrase]]] = {}
    for group in tables:
        entries = Table(tables, faults, at="companies").table(group)
        line = next(iter(faults.lines_of(f"[companies.{group}]")), None)
        table = Table(entries, faults, at=f"companies.{group}", line=line)
        companies = tuple(_company(name, group, table, careful, owner) for name in table.data)
        found[group] = companies
        plain, as_written = groups.setdefault(group, ([], []))
        for company in companies:
            for name in company.names:
                (as_written if name in careful else plain).extend(_phrases(name, company.name, table))
    known = {alias for group in found.values() for company in group for alias in company.names}
    for name in sorted(careful - known):
        top.fault(f"{name!r} is not the name of any employer below", "also_words")
    return found, groups


def _company(name: str, group: str, table: Table, careful: frozenset[str], owner: dict[str, str]) -> Company:
    entry = table.data[name]
    others = table.names(name) if entry != [] else ()
    names = tuple(dict.fromkeys((name, *others)))
    for one in names:
        previous = owner.setdefault(one.casefold(), name)
        if previous != name:
            table.fault(f"{one!r} belongs to {previous!r} already", name)
    return Company(name=name, group=group, names=names, as_written=careful & frozenset(names) or _NONE)


def _phrases(written: str, company: str, table: Table) -> list[Phrase]:
    try:
        return phrases_of(written)
    except BadPhrase as fault:
        table.fault(str(fault), company)
        return []
