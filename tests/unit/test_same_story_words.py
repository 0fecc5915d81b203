"""How words and numbers are read for comparing: stems, quantities, main clauses, and the file of notions."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.story import Language
from bot.editorial.rules.table import Faults, Table
from bot.editorial.same_story.quantities import quantities
from bot.editorial.same_story.stems import stem
from bot.editorial.same_story.wording import Wording, read_wording
from tests.builders import NOW, patient
from tests.unit.test_same_story import sketcher

EN, ID = Language.EN, Language.ID
SHIPPED = (Path(__file__).resolve().parents[2] / "config" / "rules" / "same_story.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        (EN, "cut cuts cutting"),
        (EN, "slash slashes slashed slashing"),
        (EN, "layoff layoffs"),
        (EN, "company companies"),
        (EN, "release releases released releasing"),
        (EN, "acquire acquires acquired acquiring"),
        (ID, "pangkas memangkas dipangkas pemangkasan"),
        (ID, "pecat memecat dipecat pemecatan"),
        (ID, "tutup menutup ditutup penutupan"),
        (ID, "gugat menggugat digugat penggugatan"),
        (ID, "larang melarang dilarang pelarangan"),
        (ID, "luncurkan meluncurkan diluncurkan peluncuran"),
        (ID, "ganti mengganti diganti gantikan menggantikan"),
        (ID, "rumahkan merumahkan dirumahkan"),
    ],
)
def test_forms_of_one_word(language: Language, forms: str) -> None:
    assert len({stem(form, language) for form in forms.split()}) == 1


@pytest.mark.parametrize("name", ["nokia", "northwind", "gemini", "bandung", "anthropic", "silverman"])
def test_a_name_has_one_stem_in_both_languages(name: str) -> None:
    assert stem(name, EN) == stem(name, ID)


@pytest.mark.parametrize("pair", [("bus", "busy"), ("ban", "bank"), ("model", "modern"), ("data", "date")])
def test_different_words_stay_apart(pair: tuple[str, str]) -> None:
    assert stem(pair[0], EN) != stem(pair[1], EN)


@patient
@given(st.text(), st.sampled_from(Language))
def test_a_stem_is_never_empty(word: str, language: Language) -> None:
    assert bool(stem(word, language)) == bool(word)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cuts 1,300 jobs", "1300 people"),
        ("PHK 1.300 karyawan", "1300 people"),
        ("lays off about 900", "900 people"),
        ("19K workers go", "19000 people"),
        ("55 ribu buruh", "55000 people"),
        ("up to 3,000 call centre staff", "3000 people"),
        ("cuts 15% of staff", "15 % of staff"),
        ("a 15 percent reduction of its workforce", "15 % of staff"),
        ("shrinks its workforce by 2.5%", "2.5 % of staff"),
        ("pangkas 2,5 persen karyawan", "2.5 % of staff"),
        ("half of the workforce", "50 % of staff"),
        ("separuh dari karyawan", "50 % of staff"),
        ("sales fell 26%", "26 %"),
        ("raises $145m", "145000000 money"),
        ("US$145 juta", "145000000 money"),
        ("Rp6,3 miliar", "6300000000 money"),
        ("2.4 billion dollars", "2400000000 money"),
        ("31,000 books", "31000"),
        ("in 2023", ""),
        ("3 things", ""),
        ("version 2.0", ""),
        ("1.2.3.4", ""),
        ("no numbers", ""),
    ],
)
def test_numbers_with_their_units(text: str, found: str) -> None:
    assert ", ".join(sorted(map(str, quantities(text)))) == found


@pytest.mark.parametrize(
    ("language", "title", "main"),
    [
        (EN, "Workers sue Asus after layoffs in Taipei", {"~sue", "~worker", "@Asus"}),
        (EN, "Asus lays off over 700", {"@Asus", "~job_cut"}),
        (EN, "After layoffs, Asus hires a chief", {"@Asus", "~hire", "~chief"}),
        (EN, "Tech layoffs: Asus cuts 700 jobs in Taipei", {"@Asus", "~reduce", "~worker", "~job_cut", "taipei"}),
        (ID, "Buruh Gugat Asus usai PHK", {"~worker", "~sue", "@Asus"}),
    ],
)
def test_the_main_clause(language: Language, title: str, main: set[str]) -> None:
    read = sketcher().sketch(id="a", when=NOW, language=language, title=title)
    assert set(read.head.words) == main


def read(text: str) -> tuple[Wording, list[str]]:
    faults = Faults("same_story.toml", text)
    wording = read_wording(Table(tomllib.loads(text), faults, at="header", line=0), faults)
    return wording, [str(problem) for problem in faults.problems]


def test_the_shipped_file_has_no_faults() -> None:
    assert read(SHIPPED)[1] == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("[same_story.mass]", "[same_story.mess]"), ["same_story", "`mess`", "unknown"]),
        (("[same_story.mass]", "[same_story.mess]"), ["same_story", "`mass`", "missing"]),
        (('sue.id = ["gugat"', 'sue.fr = ["gugat"'), ["same_story.actions.sue", "`fr`", "unknown"]),
        (('"reduce + worker"', '"reduce + wroker"'), ["same_story.combined", "`job_cut`", "wroker"]),
        (('["deny", "refuse"', '["denny", "refuse"'), ["same_story.turning", "`actions`", "denny"]),
        (("\nrumour.", "\nrumor."), ["same_story", "`markers`", "'rumour'"]),
    ],
)
def test_what_is_wrong_with_the_file_is_named(change: tuple[str, str], named: list[str]) -> None:
    assert change[0] in SHIPPED
    problems = read(SHIPPED.replace(*change))[1]
    assert any(all(part in problem for part in named) for problem in problems), problems


def test_no_word_of_a_language_stands_for_two_notions() -> None:
    for phrases in read(SHIPPED)[0].phrases.values():
        entries = [(phrase, notion) for found in phrases.values() for phrase, notion in found]
        twice = {phrase for phrase, notion in entries if any(phrase == p and notion != n for p, n in entries)}
        assert not twice
