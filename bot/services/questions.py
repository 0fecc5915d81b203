"""Which words of a question or a headline tell something, and the stored stories that a question is answered with."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from itertools import combinations

from bot.domain.story import Item, Language
from bot.editorial.rules.company import Companies, Company
from bot.editorial.text import tokenise
from bot.ports import Judge, Stories

# What people wrap a question in, in either language; a story is not found by it.
_ENGLISH = """
    a about after all also am an and any anything are as at be because been before but by can could did do does for from
    get give got had has have he her here him his how i if in into is it its just know latest let me more most much my
    new news no not now of on one or our out over please read really recent recently say says she show so some something
    stories story such tell than that the their them then there these they thing think this those to today too up us was
    we were what whats when where which who whom why will with would yesterday you your
    happen happened happening happens going week month year find look search article articles update updates
    company companies firm
"""
_INDONESIAN = """
    ada adalah agar akan aku anda apa apakah atau bagaimana bagi baca bahwa baru begini begitu belum berapa berita bila
    bisa boleh buat bukan carikan cerita dalam dan dari dengan di dia dong dulu gimana hari hingga ia ingin ini itu iya
    jadi jika juga kabar kah kalau kami kamu kan kapan karena kasih ke kenapa kepada ketika kita kok kini lagi lah lain
    lalu lebih maka mana mau melihat mengapa mereka minta mohon nih nya oleh pada para pernah pun saat saja saya
    sebagai sebuah secara sedang sekarang semua seperti serta siapa sih soal sudah tahu tak tampilkan tapi telah
    tentang tentu terakhir terbaru terhadap terjadi terkini tidak tolong tunjukkan untuk yaitu yang
    kemarin minggu bulan tahun bagaimanakah cari info informasi perusahaan
"""
SMALL = frozenset((*_ENGLISH.split(), *_INDONESIAN.split()))
# Half of all job cuts have these in their headline: nobody means to hear no more of them.
_OF_CUTS = """
    employee employees worker workers staff jobs people workforce layoff layoffs cuts lays sheds percent
    karyawan pegawai pekerja buruh orang persen pemutusan hubungan kerja
"""
OF_CUTS = frozenset(_OF_CUTS.split())
MOST_WORDS = 7
MOST_QUERIES = 12
PHRASES, PHRASE_WORDS, NAME_WORDS = 3, 3, 3
TITLE_CASE = 0.6  # as many words in capitals, and capitals say nothing any more
SHORTEST_ALONE = 4
POSSESSIVE = re.compile("['\u2019]s?$")


def telling(text: str) -> list[str]:
    """The words that are not small, folded, each once."""
    return list(dict.fromkeys(word for word in tokenise(text).words if word not in SMALL))


async def answers(text: str, *, stories: Stories, judge: Judge, language: Language, limit: int) -> list[int]:
    """The ids of stories that have all telling words of the question, newest first; where none has, of those that have
    as many of them as any has, but more than half."""
    stems = judge.index(Item(title=" ".join(telling(text)[:MOST_WORDS])), language).split()
    queries = 0
    for size in range(len(stems), len(stems) // 2, -1):
        found: dict[int, datetime] = {}
        for some in combinations(stems, size):
            queries += 1
            if queries > MOST_QUERIES:
                break
            for hit in await stories.search(" ".join(some), limit=limit):
                found.setdefault(hit.coverage_id or hit.story.id, hit.story.when)
        if found:
            return sorted(found, key=lambda one: (found[one], one), reverse=True)[:limit]
    return []


def phrases_of(title: str, *, but: Collection[str] = ()) -> list[str]:
    """Names and telling words of a headline, as they are written there, a few at most: what somebody may be tired of.
    Names are words in capitals in a row; in a headline that has capitals everywhere, or no name, the longest words are
    taken. `but`: words (folded) that are none of these."""
    tokens = tokenise(title)
    spans = tokens.spans()
    words = [POSSESSIVE.sub("", title[start:end]) for start, end in spans]
    tells = [word not in SMALL and word not in OF_CUTS and word not in but for word in tokens.words]
    capital = [word[:1].isupper() and tells[n] for n, word in enumerate(words)]
    if words and sum(capital) < TITLE_CASE * len(words):
        names = [name for name in _runs(title, spans, capital) if name.lower() not in but]
        if names:
            return names[:PHRASES]
    longest = [word for n, word in enumerate(words) if tells[n] and len(word) >= SHORTEST_ALONE and word.isalpha()]
    return sorted(dict.fromkeys(longest), key=len, reverse=True)[:PHRASES]


def named_in(title: str, companies: Companies) -> list[str]:
    """The companies of the table that a headline names, as it writes them; in small letters they are ordinary words."""
    known = {company.name for group in companies.groups.values() for company in group}
    spans = tokenise(title).spans()
    found: list[str] = []
    for at, (start, _end) in enumerate(spans):
        for _first, end in spans[at : at + NAME_WORDS]:
            name = POSSESSIVE.sub("", title[start:end])
            company = companies.named(key) if name[:1].isupper() and (key := companies.key(name)) in known else None
            if company is not None and (name in company.names or name.casefold() not in _careful(company)):
                found.append(name)
                break
    return found


def _careful(company: Company) -> set[str]:
    return {name.casefold() for name in company.as_written}


def _runs(title: str, spans: list[tuple[int, int]], wanted: list[bool]) -> list[str]:
    """Wanted words that stand in a row, nothing but a space or a hyphen between them; the first word of the headline
    does not count alone, since it has a capital anyway."""
    runs: list[list[int]] = []
    for n, is_wanted in enumerate(wanted):
        joined = runs and runs[-1][-1] == n - 1 and title[spans[n - 1][1] : spans[n][0]] in (" ", "-")
        if is_wanted and joined and len(runs[-1]) < PHRASE_WORDS:
            runs[-1].append(n)
        elif is_wanted:
            runs.append([n])
    return [POSSESSIVE.sub("", title[spans[run[0]][0] : spans[run[-1]][1]]) for run in runs if run != [0]]
