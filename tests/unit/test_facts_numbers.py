"""How many go and how large a share: numbers in both languages' writing, and the numbers that say something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.story import Language
from bot.editorial.facts.quantities import quantities
from bot.editorial.facts.reading import Reading
from tests.unit.facts import event, lexicon


def values(text: str, language: Language = Language.EN) -> list[tuple[float, bool]]:
    found = quantities(Reading(text, lexicon(), language))
    return [(one.value, one.share) for one in found if not one.money]


@pytest.mark.parametrize(
    ("text", "value", "share"),
    [
        ("1,300", 1_300, False),
        ("1.300", 1_300, False),
        ("12.500 orang", 12_500, False),
        ("1,234,567", 1_234_567, False),
        ("145 ribu", 145_000, False),
        ("1,3 juta", 1_300_000, False),
        ("15.3 thousand", 15_300, False),
        ("10k", 10_000, False),
        ("1.5k", 1_500, False),
        ("30K", 30_000, False),
        ("two hundred", 200, False),
        ("twenty-five", 25, False),
        ("three thousand five hundred", 3_500, False),
        ("dua ratus lima puluh", 250, False),
        ("sebelas ribu", 11_000, False),
        ("seratus", 100, False),
        ("2,5 persen", 2.5, True),
        ("2.5%", 2.5, True),
        ("12 per cent", 12, True),
        ("ten percent", 10, True),
        ("half", 50, True),
        ("a third", 100 / 3, True),
        ("two-thirds", 200 / 3, True),
        ("three quarters", 75, True),
        ("one in five", 20, True),
        ("3 out of 10", 30, True),
        ("seperempat", 25, True),
        ("tiga perempat", 75, True),
        ("setengah", 50, True),
        ("satu dari lima", 20, True),
        ("15-20 percent", 20, True),
        ("5 to 10 percent", 10, True),
        ("15,3 ribu hingga 20,3 ribu", 20_300, False),
        ("between 500 and 700", 700, False),
    ],
)
def test_a_number_is_read(text: str, value: float, share: bool) -> None:
    assert values(text) == [(pytest.approx(value), share)]


@pytest.mark.parametrize(
    "text", ["COVID-19", "H-21", "5G", "hundreds", "ratusan", "puluhan", "$40 million", "Rp 2 miliar"]
)
def test_what_is_no_number_of_people(text: str) -> None:
    assert values(text) == []


@pytest.mark.parametrize(
    ("title", "summary", "headcount", "percent"),
    [
        ("Vestrel to cut 1,300 jobs", "", 1_300, None),
        ("Vestrel lays off 85 of its 300 employees", "", 85, None),
        ("Vestrel lays off 230", "", 230, None),
        ("Vestrel to shrink staff by half", "", None, 50),
        ("Vestrel halves its workforce", "", None, 50),
        ("Vestrel lays off nearly a quarter of its staff", "", None, 25),
        ("One in five Vestrel employees to be laid off", "", None, 20),
        ("Vestrel to cut up to 900 jobs, or 12% of its workforce", "", 900, 12),
        ("Vestrel cuts hundreds of jobs", "", None, None),
        ("Vestrel lays off a dozen engineers", "", None, None),
        ("Vestrel cuts jobs", "The firm said 410 people would lose their jobs, 8.5 percent of its staff.", 410, 8.5),
        ("Vestrel cuts more than 1,000 jobs", "It said 1,140 posts would go.", 1_140, None),
        ("Vestrel lays off 15-20 percent of its staff", "", None, 20),
        ("Job cuts at Vestrel: 170 posts to go", "", 170, None),
        ("1,500 were laid off at Vestrel", "", 1_500, None),
        ("Vestrel layoffs reach 2,400", "", 2_400, None),
        ("Vestrel doubles job cuts to 20,000", "", 20_000, None),
        ("Vestrel in 400-plus layoffs", "", None, None),
        ("Vestrel sends layoff notices to 400-plus workers", "", 400, None),
    ],
)
def test_english_figures(title: str, summary: str, headcount: int | None, percent: float | None) -> None:
    found = event(title, summary)
    assert found is not None
    assert (found.headcount, found.percent) == (headcount, percent)


@pytest.mark.parametrize(
    ("title", "summary", "headcount", "percent"),
    [
        ("Vestrel PHK 1.300 karyawan", "", 1_300, None),
        ("Vestrel PHK 2,5 persen karyawan", "", None, 2.5),
        ("Vestrel PHK Hampir Seperempat Karyawannya", "", None, 25),
        ("Separuh Karyawan Vestrel Kena PHK", "", None, 50),
        ("Vestrel Pangkas 145 Ribu Pekerja", "", 145_000, None),
        ("1,3 Juta Buruh Terancam PHK", "", 1_300_000, None),
        ("Vestrel PHK Ratusan Karyawan", "", None, None),
        ("Vestrel PHK Belasan Pegawai", "", None, None),
        ("Satu dari Sepuluh Pegawai Vestrel Di-PHK", "", None, 10),
        ("Vestrel PHK 4.250 Karyawan, Setara 5 Persen", "", 4_250, 5),
        ("Vestrel PHK Karyawan", "Perusahaan memangkas hingga 350 orang, atau 7 persen dari total karyawan.", 350, 7),
        ("Vestrel PHK 500 Karyawan Awal 2026", "", 500, None),
        ("Vestrel Tutup 47 Gerai dan PHK 2.274 Karyawan", "", 2_274, None),
        ("Jumlah Korban PHK 2024 Sebanyak 77.965 Orang", "", 77_965, None),
    ],
)
def test_indonesian_figures(title: str, summary: str, headcount: int | None, percent: float | None) -> None:
    found = event(title, summary, language=Language.ID)
    assert found is not None
    assert (found.headcount, found.percent) == (headcount, percent)


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Vestrel plans layoffs", "It has more than 12,000 employees and 48 offices."),
        ("Vestrel plans new layoffs after cutting 11,000 jobs last year", ""),
        ("Vestrel layoffs: shares fall 17%", "Sales fell 9 percent."),
        ("Vestrel announces layoffs", "Rival Boeing cut 2,000 jobs last month."),
        ("Vestrel announces layoffs", "It hired 400 engineers in March."),
        ("Vestrel announces layoffs", "It will save $40 million a year and close 300 open roles."),
        ("Vestrel announces layoffs", "The 43-member studio was founded in 2014, 11 years ago."),
        ("Vestrel announces layoffs", "About 100 former employees sued in 2023."),
        ("Vestrel announces layoffs", "Around 40 percent of last month's job cuts were in trade."),
        ("Vestrel announces layoffs", "In a survey 41% of workers say they fear for their jobs."),
    ],
)
def test_numbers_that_are_not_the_cut(title: str, summary: str) -> None:
    found = event(title, summary)
    assert found is not None
    assert (found.headcount, found.percent) == (None, None)


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("Vestrel PHK Karyawan, Saham Anjlok 30 Persen", ""),
        ("Vestrel PHK Massal Terbesar dalam 31 Tahun", ""),
        ("Vestrel PHK Karyawan", "Perusahaan itu mempekerjakan 12.000 karyawan di 17 negara."),
        ("Kena PHK di Usia 45, Buruh Vestrel Berjualan", ""),
    ],
)
def test_indonesian_numbers_that_are_not_the_cut(title: str, summary: str) -> None:
    found = event(title, summary, language=Language.ID)
    assert found is None or (found.headcount, found.percent) == (None, None)


@given(st.text(alphabet="0123456789.,%kK -ribujutapersen", max_size=60))
def test_any_run_of_digits_is_read(text: str) -> None:
    for value, _ in values(text):
        assert value >= 0
