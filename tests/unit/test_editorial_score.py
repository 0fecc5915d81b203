"""The shipped rules: they load, do what their examples say, and hold on any text. All texts are made up for it."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.story import Item, Language, Topic
from bot.domain.verdict import Verdict
from bot.editorial.rules.loader import load
from bot.editorial.score import Rulebook

RULES = Path(__file__).parents[2] / "config" / "rules"


@cache
def shipped() -> Rulebook:
    return load({path.name: path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.toml"))})


def hits(title: str, summary: str = "", content: str = "", language: Language | None = None) -> set[str]:
    verdict = shipped().judge(Item(title=title, summary=summary, content=content), language)
    return {topic.value for topic in verdict.hits}


def test_the_shipped_examples_hold() -> None:
    assert [str(problem) for problem in shipped().run_examples()] == []


def test_the_company_table_is_broad() -> None:
    companies = shipped().companies
    assert len(companies.groups["technology"]) >= 250
    for name, employer in {
        "google": "Alphabet",
        "TikTok": "ByteDance",
        "Tokopedia": "GoTo",
        "Facebook": "Meta",
    }.items():
        found = companies.named(name)
        assert found is not None
        assert found.name == employer


TECH = {"layoffs", "tech-layoffs"}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Atlassian lays off a fifth of its support team", TECH),
        ("Okta to eliminate 300 roles", TECH),
        ("Game studio lets go of 40 developers", TECH),
        ("Chipmaker sheds 2,000 positions as orders dry up", TECH),
        ("Dairy co-operative furloughs 400 workers", {"layoffs"}),
        ("Museum offers buyouts to a third of its staff", {"layoffs"}),
        ("Shoe factory to make 250 people redundant", {"layoffs"}),
        ("Duolingo cuts contractors and blames AI", TECH | {"ai"}),
        ("Traveloka PHK 200 karyawan", TECH),
        ("Perusahaan rintisan logistik pangkas separuh karyawan", TECH),
        ("Pabrik sepatu merumahkan 500 buruh", {"layoffs"}),
        ("Ribuan pekerja tekstil terancam PHK", {"layoffs"}),
        ("Startup gim mem-PHK 30 persen staf demi AI", TECH | {"ai"}),
        ("OpenAI opens an office in Jakarta", {"ai"}),
        ("Guru belajar memakai kecerdasan buatan", {"ai"}),
        ("Painter Ai Weiwei said rain will remain", set()),
        ("Home side win the play-offs", set()),
        ("Club sacks its head coach after a cup defeat", set()),
        ("Pelatih dipecat usai kalah telak", set()),
        ("Army fires 40 missiles at dawn", set()),
        ("Both sides agree on a ceasefire", set()),
        ("Central bank cuts rates by a quarter point", set()),
        ("Carmaker cuts the price of its van", set()),
        ("Ministry freezes hiring until June", set()),
        ("Brewery denies layoffs", set()),
        ("Pabrik kaca membantah PHK", set()),
        ("Direktur: tidak ada PHK tahun ini", set()),
        ("Pemerintah pangkas anggaran perjalanan", set()),
        ("Bank fires 9 clerks for cheating customers", set()),
        ("", set()),
    ],
)
def test_what_is_news(title: str, expected: set[str]) -> None:
    assert hits(title) == expected


def test_teasers_between_paragraphs_do_not_count() -> None:
    content = "\n".join(
        [
            "Koki itu diberhentikan karena resepnya, kata pemilik restoran.",
            "-",
            "Apa itu PHK massal? Ratusan perusahaan teknologi melakukan PHK massal tahun ini, seperti Dell dan Tesla.",
            "Pemilik restoran mengatakan dapur tetap buka seperti biasa.",
            "-",
            "Apa kegunaan AI? ChatGPT membantu pekerjaan menjadi lebih cepat.",
            "Restoran itu buka setiap hari hingga malam.",
        ]
    )
    verdict = shipped().judge(Item(title="Restoran berhentikan koki", content=content), Language.ID)
    assert verdict.hits == ()
    assert all(not score.reasons for score in verdict.topics.values())


def test_a_verdict_has_every_topic_and_its_score_is_the_sum_of_its_reasons() -> None:
    item = Item(title="Okta lays off 400 after AI push", summary="The software maker cut 400 jobs.")
    verdict = shipped().score(item, language=Language.EN, source="Harbour Gazette", weight=1.3, hints=(Topic.LAYOFFS,))
    assert set(verdict.topics) == set(Topic)
    for topic in (Topic.AI, Topic.LAYOFFS):
        score = verdict.topics[topic]
        assert score.score == pytest.approx(sum(reason.points for reason in score.reasons))
        assert all(set(reason.why) == {"en", "id"} for reason in score.reasons)
    assert {reason.field for reason in verdict.topics[Topic.LAYOFFS].reasons} >= {"title", "feed"}


@given(st.text(max_size=200), st.text(max_size=600), st.text(max_size=600), st.sampled_from(Language))
@settings(max_examples=150)
def test_no_text_makes_it_fail(title: str, summary: str, content: str, language: Language) -> None:
    item = Item(title=title, summary=summary, content=content)
    verdict = shipped().score(item, language=language, source=title, weight=1.2, hints=tuple(Topic))
    assert shipped().score(item, language=language, source=title, weight=1.2, hints=tuple(Topic)) == verdict
    assert all(score.score >= 0 for score in verdict.topics.values())
    assert shipped().detect(item, None) in Language


TITLES = ["Okta lays off 400", "Brewery denies layoffs", "New A.I. rules", "Pabrik kaca PHK 90 buruh", "Rain on Monday"]


def scores(verdict: Verdict) -> dict[Topic, float]:
    return {topic: score.score for topic, score in verdict.topics.items()}


@given(st.sampled_from(TITLES), st.text("\"'“”‘’«»()[]!?…:;*~ ", max_size=6), st.text('"”’»)]!?…:;*~ ', max_size=6))
def test_punctuation_around_it_changes_nothing(title: str, before: str, after: str) -> None:
    plain = shipped().judge(Item(title=title), Language.EN)
    assert scores(shipped().judge(Item(title=f"{before}{title}{after}"), Language.EN)) == scores(plain)


@given(
    st.sampled_from(TITLES),
    st.lists(st.sampled_from(["zorf", "blick", "Quandle", "vrimmed"]), max_size=12),
    st.booleans(),
)
def test_words_of_no_rule_never_raise_a_score(title: str, words: list[str], as_summary: bool) -> None:
    more = " ".join(words)
    changed = Item(title=title, summary=more) if as_summary else Item(title=f"{title} {more}")
    plain = scores(shipped().judge(Item(title=title), Language.EN))
    assert all(value <= plain[topic] for topic, value in scores(shipped().judge(changed, Language.EN)).items())


def test_it_is_linear_in_the_length_of_the_text() -> None:
    shuffled = random.Random(5)
    words = ["layoffs", "cut", "not", "no", "jobs", "AI", "deny", "PHK", "tidak", "#", "9", "of", "the", "staff"]
    text = " ".join(shuffled.choice(words) for _ in range(20_000))
    verdict = shipped().judge(Item(title=text[:2_000], summary=text, content=text), Language.EN)
    assert set(verdict.topics) == set(Topic)
