"""Who cuts, what kind of event it is and whether AI is blamed, on made-up stories; and that any text is safe."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import ConfigError
from bot.domain.event import EventKind, Grade
from bot.domain.story import Language
from bot.editorial.rules.loader import load
from tests.unit.facts import RULES, event

EN, ID = Language.EN, Language.ID


@pytest.mark.parametrize(
    ("title", "summary", "company"),
    [
        ("Vestrel to cut 300 jobs", "", "Vestrel"),
        ("Microsoft is reportedly planning to lay off staff", "", "Microsoft"),
        ("Facebook parent to cut jobs", "", "Meta"),
        ("TikTok owner lays off staff", "", "ByteDance"),
        ("Meta Platforms lays off 40 people", "", "Meta"),
        ("Twitter lays off its cleaners", "", "Twitter"),
        ("Alphabet's Waymo lays off 40 people", "", "Waymo"),
        ("Crypto exchange Vestrel lays off 40 people", "", "Vestrel"),
        ("Vestrel Inc. lays off 40 people", "", "Vestrel"),
        ("Software Maker Vestrel Lays Off 40 People", "", "Vestrel"),
        ("Layoffs at Vestrel hit engineers", "", "Vestrel"),
        ("Hundreds laid off by Vestrel", "", "Vestrel"),
        ("Vestrel layoffs, explained", "", "Vestrel"),
        ("As profits sink, chip firm Vestrel sheds 90 workers", "", "Vestrel"),
        ("Two hundred workers laid off as Vestrel shuts plant", "", "Vestrel"),
        ("Vestrel smelter in Ohio to close with loss of 300 jobs", "", "Vestrel"),
        ("Toy maker plans job cuts", "Vestrel, the firm behind the wooden duck, said it would cut 40 jobs.", "Vestrel"),
        ("Vestrel plans job cuts, unlike Google", "", "Vestrel"),
        ("Vestrel plans job cuts, Bloomberg reports", "", "Vestrel"),
        ("Job cuts loom at carmakers in Germany", "", None),
        ("Layoffs at Google, Microsoft and PayPal compared", "", None),
        ("How to cope with layoff anxiety", "", None),
        ("US employers cut 48,000 jobs in June", "", None),
    ],
)
def test_the_employer_in_english(title: str, summary: str, company: str | None) -> None:
    found = event(title, summary)
    assert found is not None
    assert found.company == company


@pytest.mark.parametrize(
    ("title", "summary", "company"),
    [
        ("Vestrel PHK 300 Karyawan", "", "Vestrel"),
        ("Vestrel Dikabarkan Bakal PHK Karyawan", "", "Vestrel"),
        ("Rugi Besar, Vestrel Pangkas 300 Pekerja", "", "Vestrel"),
        ("Tokopedia PHK Karyawan", "", "Tokopedia"),
        ("Induk TikTok Pecat 300 Karyawan", "", "ByteDance"),
        ("Gelombang PHK Google Berlanjut", "", "Google"),
        ("PHK di Tokopedia, Ratusan Karyawan Terdampak", "", "Tokopedia"),
        ("Menteri Minta Shell Tak Lakukan PHK", "", "Shell"),
        ("PT Vestrel Jaya Tutup, 300 Buruh Kena PHK", "", "PT Vestrel Jaya"),
        ("Pabrik Panci PHK 300 Buruh", "PT Vestrel Jaya melakukan PHK terhadap 300 buruh.", "PT Vestrel Jaya"),
        ("Pabrik Panci di Bekasi PHK 300 Buruh", "", None),
        ("Perusahaan Logistik Terbesar di Dunia PHK 300 Karyawan", "", None),
        ("Kemnaker: 30.000 Pekerja Kena PHK", "", None),
    ],
)
def test_the_employer_in_indonesian(title: str, summary: str, company: str | None) -> None:
    found = event(title, summary, language=ID)
    assert found is not None
    assert found.company == company


@pytest.mark.parametrize(
    ("title", "language", "kind"),
    [
        ("Vestrel to cut 300 jobs", EN, EventKind.LAYOFF),
        ("Vestrel reportedly plans to cut 300 jobs", EN, EventKind.RUMOUR),
        ("Vestrel may cut 300 jobs", EN, EventKind.RUMOUR),
        ("Vestrel to cut 300 jobs in May", EN, EventKind.LAYOFF),
        ("Vestrel furloughs 300 workers", EN, EventKind.FURLOUGH),
        ("Vestrel denies layoffs", EN, EventKind.DENIED),
        ("Vestrel fires CEO over expenses", EN, EventKind.SINGLE_DISMISSAL),
        ("Club sacks coach after five defeats", EN, EventKind.SINGLE_DISMISSAL),
        ("Vestrel PHK 300 Karyawan", ID, EventKind.LAYOFF),
        ("Vestrel Dikabarkan Akan PHK 300 Karyawan", ID, EventKind.RUMOUR),
        ("300 Karyawan Vestrel Dirumahkan", ID, EventKind.FURLOUGH),
        ("Vestrel Bantah PHK Karyawan", ID, EventKind.DENIED),
        ("Vestrel Pecat Karyawan Magang", ID, EventKind.SINGLE_DISMISSAL),
    ],
)
def test_the_kind(title: str, language: Language, kind: EventKind) -> None:
    found = event(title, language=language)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Army fires two rockets at the sea", EN),
        ("Home side reach the playoffs", EN),
        ("Vestrel opens an office with 300 jobs", EN),
        ("Candidate: I'll fire half of the clerks", EN),
        ("Police open fire on a man in Leeds", EN),
        ("Vestrel Buka 300 Lowongan", ID),
        ("Jadwal Playoff Pekan Ini", ID),
        ("Menteri: Kalau Malas, Saya Pecat 300 Pegawai!", ID),
    ],
)
def test_nobody_loses_a_job(title: str, language: Language) -> None:
    assert event(title, language=language) is None


@pytest.mark.parametrize(
    ("title", "language", "grade"),
    [
        ("Vestrel lays off 300 workers, citing AI", EN, Grade.EXPLICIT),
        ("Vestrel says AI replaced 300 employees it laid off", EN, Grade.EXPLICIT),
        ("Vestrel lays off 300 workers, replaced by AI", EN, Grade.BLAMED),
        ("Vestrel lays off 300 workers because of AI and weak demand, partly for tax reasons", EN, Grade.MIXED),
        ("Vestrel lays off 300 workers but says AI is not to blame", EN, Grade.DISPUTED),
        ("Are the Vestrel layoffs due to AI?", EN, Grade.DISPUTED),
        ("Vestrel lays off 300 workers in its AI unit", EN, None),
        ("Vestrel lays off 300 workers as AI spending grows", EN, None),
        ("Vestrel Akui PHK 300 Karyawan karena AI", ID, Grade.EXPLICIT),
        ("Vestrel PHK 300 Karyawan, Diganti AI", ID, Grade.BLAMED),
        ("Vestrel PHK 300 Karyawan, Salah Satunya karena AI", ID, Grade.MIXED),
        ("Vestrel PHK 300 Karyawan, Bukan karena AI", ID, Grade.DISPUTED),
        ("Vestrel PHK 300 Karyawan di Unit AI", ID, None),
        ("Vestrel lays off 300 workers to fund AI data centres", EN, Grade.MIXED),
        ("Vestrel lays off 300 workers as it shifts money to AI", EN, Grade.MIXED),
        ("Vestrel lays off 300 workers, citing AI and weak demand", EN, Grade.MIXED),
        ("Analysts say AI is behind layoffs at Vestrel", EN, Grade.BLAMED),
        ("Union says Vestrel layoffs were driven by AI", EN, Grade.BLAMED),
        ("Vestrel layoffs were about culture, not AI, boss says", EN, Grade.DISPUTED),
        ("Vestrel lays off 300 who trained its AI", EN, None),
        ("AI startup Vestrel lays off 300 workers", EN, None),
        ("Laid-off workers of Vestrel turn to ChatGPT for comfort", EN, None),
        ("Vestrel PHK 300 Karyawan Imbas Belanja AI", ID, Grade.MIXED),
        ("Vestrel PHK 300 Karyawan, Dipicu Tarif dan AI", ID, Grade.MIXED),
        ("Analis Sebut AI Biang PHK di Vestrel", ID, Grade.BLAMED),
        ("AI Dijadikan Kambing Hitam PHK di Vestrel", ID, Grade.DISPUTED),
        ("Benarkah AI Penyebab PHK di Vestrel?", ID, Grade.DISPUTED),
        ("Vestrel Bantah PHK 300 Karyawan karena AI", ID, Grade.DISPUTED),
        ("Vestrel PHK Karyawan yang Melatih AI", ID, None),
    ],
)
def test_ai_as_the_cause(title: str, language: Language, grade: Grade | None) -> None:
    found = event(title, language=language)
    assert found is not None
    assert (found.ai_cause.grade if found.ai_cause else None) is grade
    assert found.ai_cause is None or found.ai_cause.quote == title


def test_the_lowest_grade_of_all_sentences_counts() -> None:
    found = event(
        "Vestrel lays off 300 workers, replaced by AI", "The firm also cut jobs because of AI and weak demand."
    )
    assert found is not None
    assert found.ai_cause is not None
    assert found.ai_cause.grade is Grade.MIXED
    assert found.ai_cause.quote == "The firm also cut jobs because of AI and weak demand."


def test_the_quote_is_the_sentence_that_says_so() -> None:
    content = (
        "Staff were told on Monday.\nVestrel will cut 320 jobs, it said, because AI plans its routes.\nShares rose."
    )
    found = event("Vestrel confirms layoffs", "Staff were told on Monday.", content)
    assert found is not None
    assert found.ai_cause is not None
    assert found.ai_cause.quote == "Vestrel will cut 320 jobs, it said, because AI plans its routes."
    assert found.headcount == 320


def test_content_gives_no_number_of_another_employer() -> None:
    content = "Vestrel spoke of a hard year.\nRead also: Amazon cuts 18,000 jobs\nBoeing laid off 2,000 workers in May."
    found = event("Vestrel confirms layoffs", "Staff were told on Monday.", content)
    assert found is not None
    assert (found.headcount, found.percent) == (None, None)


def test_whether_the_employer_is_in_technology() -> None:
    known, other, by_words = (
        event("Spotify to cut jobs"),
        event("Nike to cut jobs"),
        event("Software firm Vestrel cuts jobs"),
    )
    assert known is not None
    assert other is not None
    assert by_words is not None
    assert (known.tech, other.tech, by_words.tech) == (True, False, True)


WORDS = """
    Vestrel Google lays off 300 1.300 half of its staff 12% karyawan PHK dipecat tidak AI because karena fires CEO
    denies layoffs a third PT Tbk , . : ; ( ) ' - – 2,5 persen ribu juta hingga to jobs 's were $5 million after last
    year ? Meta's
""".split()  # noqa: SIM905
WILD = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))


@settings(max_examples=300, deadline=None)
@given(title=WILD, summary=WILD, content=WILD, language=st.sampled_from(Language))
def test_any_text_is_safe(title: str, summary: str, content: str, language: Language) -> None:
    found = event(title, summary, content, language=language)
    if found is None:
        return
    assert found.headcount is None or found.headcount > 0
    assert found.percent is None or 0 < found.percent <= 100
    assert found.company is None or found.company.strip()
    if not found.kind.has_numbers:
        assert (found.headcount, found.percent, found.ai_cause) == (None, None, None)
    if found.ai_cause is not None:
        assert found.ai_cause.quote
        assert any(found.ai_cause.quote in text for text in (title, summary, content))


def test_without_the_words_no_facts_are_read_and_half_of_them_is_an_error() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in RULES.glob("*.toml")}
    assert load({name: text for name, text in files.items() if name != "facts.toml"}).lexicon is None
    with pytest.raises(ConfigError, match=r"facts\.toml"):
        load({**files, "facts.toml": '[facts]\npeople = ["worker(s)"]\nextra = ["x"]\n'})
    with pytest.raises(ConfigError, match="already"):
        load({**files, "more.toml": files["facts.toml"]})
