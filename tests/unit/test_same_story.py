"""Which reports tell one event: pairs with the reason, groups that do not depend on the order, a window of 72 hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.story import Language
from bot.editorial.rules.company import Companies
from bot.editorial.rules.loader import load
from bot.editorial.same_story.compare import WINDOW, Verdict, compare
from bot.editorial.same_story.sketch import Sketch
from bot.editorial.same_story.sketcher import Sketcher
from bot.editorial.same_story.window import Placed, Window
from bot.editorial.same_story.wording import Wording
from tests.builders import DAY, HOUR, NOW, patient

RULES = Path(__file__).resolve().parents[2] / "config" / "rules"
EN, ID = Language.EN, Language.ID
SAME, UNLIKE, OTHER = Verdict.SAME, Verdict.UNLIKE, Verdict.OTHER


@cache
def sketcher() -> Sketcher:
    rulebook = load({path.name: path.read_text("utf-8") for path in RULES.glob("*.toml")})
    return Sketcher.of(rulebook.wording, rulebook.companies)


def a_report(
    title: str,
    summary: str = "",
    *,
    id: str = "a",
    when: datetime = NOW,
    language: Language = EN,
    source: str = "",
) -> Sketch:
    return sketcher().sketch(id=id, when=when, language=language, title=title, summary=summary, source=source)


def usual(_word: str) -> float:
    return 1.0


# --- pairs ------------------------------------------------------------------------------------------------------------

CUT = "Nokia to cut 2,400 jobs as orders shrink"
PAIRS = {
    "same number": (SAME, CUT, "Finland's Nokia lays off 2,400 workers", "same number"),
    "rounded number": (SAME, CUT, "Nokia sheds 2,350 staff", "same number"),
    "number in the lead": (SAME, CUT, "Nokia axes staff|About 2,400 employees will go.", "same number"),
    "share and number": (SAME, CUT, "Nokia cuts 11% of its workforce", "the number and the other the share"),
    "no numbers": (SAME, "Asus lays off staff in Taipei", "Asus announces layoffs in Taipei", "Asus: job cuts"),
    "brand and parent": (SAME, "TikTok to cut 700 jobs", "ByteDance lays off 700 employees", "ByteDance"),
    "unknown employer": (SAME, "Velmora to lay off 310 people", "Velmora cuts 310 jobs in Linden", "velmora"),
    "other number": (OTHER, CUT, "Nokia cuts 90 jobs in Oulu", "numbers differ"),
    "other share": (OTHER, "Nokia cuts 11% of its staff", "Nokia cuts 4% of its staff", "numbers differ"),
    "other company": (OTHER, CUT, "Ericsson to cut 2,400 jobs as orders shrink", "no employer"),
    "two companies": (UNLIKE, "Asus lays off staff in Taipei", "Asus and Acer announce layoffs in Taipei", "company"),
    "shares": (OTHER, CUT, "Nokia shares jump 6% on plan to cut 2,400 jobs", "shares"),
    "why": (OTHER, CUT, "Why Nokia cuts 2,400 jobs while orders shrink", "explainer"),
    "question": (OTHER, CUT, "Nokia cuts 2,400 jobs: who is next?", "explainer"),
    "list": (OTHER, CUT, "5 things to know about the 2,400 jobs Nokia will cut", "explainer"),
    "memo": (OTHER, CUT, "Nokia job cuts: read the letter the chief executive sent to 2,400 workers", "explainer"),
    "round-up": (OTHER, CUT, "Business live: Nokia to cut 2,400 jobs as orders shrink", "round-up"),
    "denial": (OTHER, "Asus lays off staff in Taipei", "Asus denies it lays off staff in Taipei", "deny"),
    "reaction": (OTHER, CUT, "Union slams plan by Nokia to cut 2,400 jobs", "said of it"),
    "suit": (UNLIKE, "Asus lays off staff in Taipei", "Workers sue Asus after layoffs in Taipei", "main clauses"),
    "rumour": (UNLIKE, "Asus lays off staff in Taipei", "Asus could lay off staff in Taipei", "may happen"),
    "one person": (UNLIKE, "Asus lays off staff in Taipei", "Asus lays off designer Mei Lin", ""),
    "launch": (SAME, "Quorin unveils Tarn 3, an open AI model", "Tarn 3: Quorin releases new AI model", "tarn"),
    "review": (OTHER, "Quorin unveils Tarn 3, an open AI model", "Quorin Tarn 3 review: an open AI model", "explainer"),
    "halted": (OTHER, "Quorin launches Tarn 3 in Europe", "Quorin delays launch of Tarn 3 in Europe", "halt"),
    "lifted": (OTHER, "Fenwold bans Tarn chatbot", "Fenwold ban on Tarn chatbot: ban lifted today at noon", "restore"),
    "topic only": (UNLIKE, "AI is changing the work of hospitals", "AI is changing schools", ""),
    "names only": (UNLIKE, "Rowan Tull visits Dunmere shipyard", "Dunmere court fines Rowan Tull's cousin", ""),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_reports(name: str) -> None:
    verdict, first, second, why = PAIRS[name]
    one, other = (a_report(*text.split("|")) for text in (first, second))
    there, back = compare(one, other, usual), compare(other, one, usual)
    assert (there.verdict, there.why) == (verdict, there.why)
    assert why in there.why
    assert back.verdict is there.verdict


ACROSS = {
    "number": (SAME, CUT, "Nokia PHK 2.400 Karyawan, Pesanan Menyusut"),
    "thousands": (SAME, "Nokia to cut 14,000 jobs", "Pangkas 14 Ribu Pekerjaan, Nokia Lakukan Efisiensi"),
    "percent": (SAME, "Nokia cuts 11 percent of staff", "Nokia Pangkas 11 Persen Karyawan"),
    "money": (SAME, "Kirana Pay raises $145m", "Kirana Pay Kantongi Pendanaan US$145 Juta"),
    "place": (
        SAME,
        "Brontes plans 300-megawatt data centre on Batam",
        "Brontes Bangun Pusat Data 300 Megawatt di Batam",
    ),
    "other number": (OTHER, CUT, "Nokia PHK 310 Karyawan di Jakarta"),
    "explainer": (OTHER, CUT, "Kenapa Nokia PHK 2.400 Karyawan"),
    "shares": (OTHER, CUT, "Saham Nokia Naik usai PHK 2.400 Karyawan"),
    "denial": (OTHER, "Asus lays off staff", "Asus Bantah PHK Karyawan"),
}


@pytest.mark.parametrize("name", ACROSS)
def test_two_reports_in_two_languages(name: str) -> None:
    verdict, english, indonesian = ACROSS[name]
    assert compare(a_report(english), a_report(indonesian, language=ID), usual).verdict is verdict


INDONESIAN = {
    "words": (SAME, "Pabrik Sepatu Lintang PHK 1.900 Buruh", "1.900 Pekerja Pabrik Sepatu Lintang Di-PHK"),
    "actor": (UNLIKE, "Dinas Tenaga Kerja Sidak Asus Buntut PHK", "Kata Serikat Mandiri soal PHK di Asus"),
    "list": (OTHER, "Asus PHK 900 Karyawan", "3 Fakta PHK 900 Karyawan Asus"),
    "how to": (OTHER, "Asus PHK 900 Karyawan", "Asus PHK 900 Karyawan, Begini Cara Menghitung Pesangon"),
    "no job lost": (OTHER, "Asus PHK Karyawan", "Asus Pastikan Tidak Ada PHK Karyawan"),
}


@pytest.mark.parametrize("name", INDONESIAN)
def test_two_reports_in_indonesian(name: str) -> None:
    verdict, first, second = INDONESIAN[name]
    assert compare(a_report(first, language=ID), a_report(second, language=ID), usual).verdict is verdict


def test_the_outlet_behind_a_dash_is_no_part_of_the_headline() -> None:
    bare = a_report(CUT)
    assert a_report(f"{CUT} - The Wire", source="The Wire").weights == bare.weights
    assert a_report(f"{CUT} - The Wire").weights != bare.weights


def test_a_copied_explainer_is_the_same_story() -> None:
    title = "Why robot firms keep cutting staff in spring"
    assert compare(a_report(title), a_report(title), usual).same


def test_later_reports_need_more_in_common() -> None:
    first, second = "Asus lays off staff in Taipei", "Asus lays off more staff in Taipei office and Hsinchu"
    assert compare(a_report(first), a_report(second), usual).same
    late = compare(a_report(first), a_report("Asus layoffs reach Hsinchu office", when=NOW + 2 * DAY), usual)
    assert late.verdict is UNLIKE
    assert compare(a_report(first), a_report(first, when=NOW + WINDOW + HOUR), usual).verdict is OTHER


# --- the window -------------------------------------------------------------------------------------------------------

DAY_OF_NEWS = (
    ("Nokia to cut 2,400 jobs as orders shrink", EN, 0),
    ("Nokia lays off 2,400 people", EN, 1),
    ("Nokia PHK 2.400 Karyawan", ID, 2),
    ("Nokia raises its job cuts from 2,400 to 3,100 positions", EN, 9),
    ("Nokia shares jump after job cuts", EN, 3),
    ("Why Nokia is cutting 2,400 jobs", EN, 4),
    ("Ericsson to cut 2,400 jobs", EN, 4),
    ("Kirana Pay raises $145m", EN, 5),
    ("Kirana Pay Kantongi US$145 Juta", ID, 6),
    ("Bus route 14 to run every ten minutes", EN, 7),
    ("Nokia to cut 800 jobs in Oulu", EN, 60),
)


def news() -> list[Sketch]:
    return [
        a_report(title, id=f"n{number}", language=language, when=NOW + hours * HOUR)
        for number, (title, language, hours) in enumerate(DAY_OF_NEWS)
    ]


def groups(sketches: list[Sketch]) -> set[frozenset[str]]:
    window, found = Window(), dict[str, set[str]]()
    for sketch in sketches:
        placed = window.add(sketch)
        found.setdefault(placed.group, set()).add(sketch.id)
        for joined in placed.joined:
            found[placed.group] |= found.pop(joined)
    return {frozenset(ids) for ids in found.values()}


def test_a_day_of_news() -> None:
    told = sorted(news(), key=lambda sketch: sketch.when)
    alone = {frozenset({f"n{number}"}) for number in (4, 5, 6, 9, 10)}
    assert groups(told) == {frozenset({"n0", "n1", "n2", "n3"}), frozenset({"n7", "n8"})} | alone


@patient
@given(st.permutations(range(len(DAY_OF_NEWS))))
def test_the_order_of_arrival_hardly_matters(order: list[int]) -> None:
    """A live bot cannot sort. What may come out apart is only what needs a report in between that is not there yet."""
    came = news()
    found = groups([came[number] for number in order])
    for ids in ({"n0", "n1", "n2"}, {"n7", "n8"}, {"n4"}, {"n5"}, {"n6"}, {"n9"}, {"n10"}):
        assert any(ids <= group for group in found)
    assert all(not {"n4", "n5", "n6", "n9", "n10"} & group or len(group) == 1 for group in found)


def test_the_id_is_that_of_the_first_and_stays() -> None:
    window = Window()
    first = window.add(a_report(CUT, id="first"))
    assert (first.group, first.is_new, first.like) == ("first", True, None)
    second = window.add(a_report("Nokia lays off 2,400 people", id="earlier", when=NOW - HOUR))
    assert (second.group, second.is_new, second.like) == ("first", False, "first")
    assert "same number" in second.why


def test_a_report_that_fits_two_groups_joins_them_under_the_older_id() -> None:
    window = Window()
    window.add(a_report("Vandal Systems closes Dunmere office", id="a"))
    assert window.add(a_report("Linden campus shut by firm, 310 staff leave", id="b")).is_new
    placed = window.add(
        a_report(
            "Vandal Systems closes Dunmere office and Linden campus, 310 staff leave firm", id="c", when=NOW + HOUR
        )
    )
    assert placed == Placed(group="a", is_new=False, why=placed.why, like=placed.like, joined=("b",))
    assert window.add(a_report("Linden campus shut by firm, 310 staff leave town", id="d")).group == "a"


def test_restored_stories_are_found_under_the_group_they_had() -> None:
    window = Window()
    window.restore(a_report(CUT, id="a"), "s12")
    window.restore(a_report("Ericsson opens lab in Linden", id="b"), "s13")
    placed = window.add(a_report("Nokia lays off 2,400 people", id="c", when=NOW + HOUR))
    assert (placed.group, placed.is_new, placed.like, placed.joined) == ("s12", False, "a", ())
    assert window.add(a_report("Bus route 14 to run every ten minutes", id="d")).group == "d"
    window.forget(NOW + 9 * DAY)
    assert len(window) == 0


def test_restoring_places_nothing() -> None:
    window = Window()
    for number in range(3):
        window.restore(a_report(CUT, id=str(number), when=NOW + number * HOUR), f"s{number}")
    assert len(window) == 3
    assert window.add(a_report("Bus route 14 to run every ten minutes", id="x")).is_new


@pytest.mark.parametrize(("order", "kept", "joined"), [("ab", "s2", "s1"), ("ba", "s1", "s2")])
def test_of_restored_groups_that_are_one_the_first_restored_keeps_its_id(order: str, kept: str, joined: str) -> None:
    reports = {
        "a": (a_report("Vandal Systems closes Dunmere office", id="a"), "s2"),
        "b": (a_report("Linden campus shut by firm, 310 staff leave", id="b"), "s1"),
    }
    window = Window()
    for name in order:
        window.restore(*reports[name])
    both = "Vandal Systems closes Dunmere office and Linden campus, 310 staff leave firm"
    placed = window.add(a_report(both, id="c", when=NOW + HOUR))
    assert (placed.group, placed.joined) == (kept, (joined,))
    assert window.add(a_report("Linden campus shut by firm, 310 staff leave town", id="d")).group == kept


def test_what_is_forgotten_is_not_found_again() -> None:
    window = Window()
    window.add(a_report(CUT, id="old", when=NOW - 71 * HOUR))
    window.add(a_report("Bus route 14 to run every ten minutes", id="young"))
    window.forget(NOW - WINDOW)
    assert len(window) == 2
    window.forget(NOW - 70 * HOUR)
    assert len(window) == 1
    assert window.add(a_report(CUT, id="new", when=NOW - 71 * HOUR)).is_new
    window.forget(NOW + timedelta(days=9))
    assert len(window) == 0


def test_the_window_alone_keeps_reports_of_four_days_apart() -> None:
    window = Window()
    window.add(a_report(CUT, id="monday"))
    assert window.add(a_report(CUT, id="friday", when=NOW + 4 * DAY)).is_new


def test_no_drift_from_one_story_to_the_next() -> None:
    """Each is like the one before it, the last is nothing like the first."""
    window = Window()
    chain = (
        "Vandal Systems opens Dunmere robot lab",
        "Dunmere robot lab of Vandal Systems draws students from Linden",
        "Students from Linden visit robot fair",
        "Robot fair in Linden ends with prize for students",
    )
    placed = [window.add(a_report(title, id=str(number))).group for number, title in enumerate(chain)]
    assert placed[-1] != placed[0]


ODD = [
    "Nokia",
    "cuts",
    "2,400",
    "jobs",
    "—",
    "PHK",
    "50%",
    "Rp6,3",
    "miliar",
    "after",
    ":",
    "?",
    "'",
    "\u200b",
    "٣٤",
    "9.9.9",
]
texts = st.text(max_size=120) | st.lists(st.sampled_from(ODD), max_size=14).map(" ".join)


@patient
@given(st.lists(st.tuples(texts, texts, st.sampled_from(Language)), max_size=6))
def test_no_text_is_too_odd(stories: list[tuple[str, str, Language]]) -> None:
    window = Window()
    for number, (title, summary, language) in enumerate(stories):
        window.add(a_report(title, summary, id=str(number), language=language, when=NOW + number * DAY))
        window.forget(NOW + number * DAY - WINDOW)
    window.forget(NOW + 99 * DAY)
    assert len(window) == 0


def test_without_words_of_its_own_only_copies_are_one_story() -> None:
    bare = Sketcher.of(Wording(), Companies())
    told = [bare.sketch(id=str(n), when=NOW, language=EN, title=CUT) for n in range(2)]
    assert compare(*told, usual).same
