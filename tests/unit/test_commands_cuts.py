"""Job cuts added up, shown as a table and a picture, and taken away as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.event import AiCause, EventKind, Grade
from bot.domain.message import Role
from bot.domain.story import Language, Topic
from bot.ports import JobCuts
from bot.services.export import as_csv, as_json
from bot.services.job_cuts import Period, overview, total
from bot.services.opml import read as read_opml
from bot.services.present_cuts import chart, short_number, table, totals
from bot.texts import Texts
from tests.builders import DAY, HOUR, NOW, TagGrouping, a_spec, an_event, an_item, patient, put
from tests.unit.askroom import LANGUAGES, PICTURE, Room, a_newsy_day, a_room, actions

ZONE = "Asia/Jakarta"


def cut(n: int = 1, headcount: int | None = None, **values: object) -> JobCuts:
    event = an_event(headcount=headcount, **values.pop("event", {}))  # type: ignore[arg-type]
    usual: dict[str, object] = {
        "title": f"Acme cuts {n}", "url": f"https://wire.example/{n}", "source": "The Wire", "language": Language.EN,
        "when": NOW - DAY, "outlets": 1, "employer": "acme", "event": event,
    }  # fmt: skip
    return JobCuts(coverage_id=n, **(usual | values))  # type: ignore[arg-type]


BLAMED = {"ai_cause": AiCause(grade=Grade.BLAMED, quote="Robots do it now.")}


# --- what counts ------------------------------------------------------------------------------------------------------


def test_a_sum_counts_each_confirmed_cut_once() -> None:
    found = total(
        [
            cut(1, 500, event=BLAMED),
            cut(2, 500, restates=1, event=BLAMED),
            cut(3, 200, event={"kind": EventKind.FURLOUGH}),
            cut(4, 9_000, event={"kind": EventKind.RUMOUR}),
            cut(5, event={"kind": EventKind.DENIED}),
            cut(6),
            cut(7, event={"ai_cause": AiCause(grade=Grade.DISPUTED, quote="No.")}),
        ]
    )
    assert (found.people, found.with_number, found.without) == (700, 2, 2)
    assert (found.ai, found.ai_people) == (1, 500)
    assert (found.rumoured, found.denied, found.restated) == (1, 1, 1)


def test_the_biggest_come_first_and_denied_or_restated_ones_not_at_all() -> None:
    cuts = [
        cut(1, event={"percent": 5.0}),
        cut(2, 10),
        cut(3, 900, event={"kind": EventKind.RUMOUR}),
        cut(4, event={"kind": EventKind.DENIED}),
        cut(5, 900, restates=3),
        cut(6),
        cut(7, event={"percent": 40.0}),
    ]
    assert [one.coverage_id for one in overview(cuts, Period.MONTH, NOW, ZONE).events] == [3, 2, 7, 1, 6]


@pytest.mark.parametrize(
    ("period", "first", "bars"),
    [(Period.WEEK, date(2026, 3, 8), 7), (Period.MONTH, date(2026, 2, 9), 5), (Period.YEAR, date(2025, 4, 1), 12)],
)
def test_every_bar_is_a_whole_one(period: Period, first: date, bars: int) -> None:
    since = period.since(NOW, ZONE)
    seen = overview(
        [cut(1, 7, when=since), cut(2, 5, when=NOW), cut(3, 3, when=since - timedelta(seconds=1))], period, NOW, ZONE
    )
    assert since.date() == first
    assert len(seen.buckets) == bars
    assert [bucket.people for bucket in seen.buckets] == [7, *[0] * (bars - 2), 5]


def test_a_day_is_the_readers_day() -> None:
    late = datetime(2026, 3, 13, 18, 0, tzinfo=UTC)  # one in the morning of the 14th in Jakarta
    seen = overview([cut(1, 7, when=late)], Period.WEEK, NOW, ZONE)
    assert seen.buckets[-1].people == 7
    assert overview([cut(1, 7, when=late)], Period.WEEK, NOW, "UTC").buckets[-2].people == 7


def test_cuts_of_one_employer_are_one_bar() -> None:
    cuts = [cut(1, 100), cut(2, 50, event={"company": "ACME Corp"}), cut(3, 120, employer="b", event={"company": "B"})]
    assert overview(
        [replace(one, event=replace(one.event, company=one.event.company)) for one in cuts], Period.WEEK, NOW, ZONE
    ).companies == (("Acme", 150), ("B", 120))


@given(st.integers(0, 6 * 365 * 24), st.sampled_from(list(Period)))
@patient
def test_every_moment_since_the_start_has_its_bar(hours: int, period: Period) -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    since = period.since(now, ZONE)
    seen = overview([cut(1, 3, when=since), cut(2, 4, when=now)], period, now, ZONE)
    assert sum(bucket.people for bucket in seen.buckets) == 7
    assert timedelta(days=6) <= now - since <= timedelta(days=366)


# --- how it reads -----------------------------------------------------------------------------------------------------


def test_the_table_in_english() -> None:
    cuts = [
        cut(1, 15_000, event={"percent": 12.5, "company": "Intel"}),
        cut(2, 145_000, event={"kind": EventKind.RUMOUR}),
    ]
    assert table(cuts, Texts("en"), ZONE).text.splitlines() == [
        "   Company      People    %   Date",
        " 1 Intel        15,000 12.5 13 Mar",
        " 2 Acme          145k?      13 Mar",
    ]


def test_the_table_in_indonesian() -> None:
    long = cut(2, None, when=NOW - 220 * DAY, event={"company": "PT Sri Rejeki Isman Tbk", "percent": 100.0})
    assert table(
        [cut(1, 1_300), long, cut(3, event={"company": None}, employer=None)], Texts("id"), ZONE
    ).text.splitlines() == [
        "   Perusahaan    Orang    %    Tgl",
        " 1 Acme          1.300      13 Mar",
        " 2 PT Sri Rej…          100  6 Agu",
        " 3 (tak diseb…              13 Mar",
    ]


@given(
    st.lists(
        st.tuples(
            st.text(max_size=60),
            st.none() | st.integers(1, 10**9),
            st.none() | st.floats(0.01, 100),
            st.sampled_from(list(EventKind)),
        ),
        max_size=12,
    ),
    st.sampled_from(LANGUAGES),
)
@patient
def test_no_line_of_the_table_is_wider_than_a_phone(
    rows: list[tuple[str, int | None, float | None, EventKind]], language: str
) -> None:
    cuts = [
        cut(1, people, event={"company": name, "percent": share, "kind": kind}) for name, people, share, kind in rows
    ]
    lines = table(cuts, Texts(language), ZONE).text.split("\n")
    assert len(lines) == len(rows) + 1
    assert max(map(len, lines)) <= 34


@pytest.mark.parametrize(
    ("value", "english", "indonesian"),
    [(0, "0", "0"), (950, "950", "950"), (9_540, "9.5k", "9,5 rb"), (15_400, "15k", "15 rb"), (2_000, "2k", "2 rb"),
     (1_250_000, "1.2m", "1,2 jt"), (12_000_000, "12m", "12 jt")],
)  # fmt: skip
def test_short_numbers(value: int, english: str, indonesian: str) -> None:
    assert (short_number(value, Texts("en")), short_number(value, Texts("id"))) == (english, indonesian)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sum_says_what_is_not_in_it(language: str) -> None:
    texts = Texts(language)
    everything = [
        cut(1, 500, event=BLAMED), cut(2, 500, restates=1), cut(3), cut(4, 9, event={"kind": EventKind.RUMOUR}),
        cut(5, event={"kind": EventKind.DENIED}),
    ]  # fmt: skip
    text = "\n".join(part.text for part in totals(total(everything), texts))
    for name in ("rumoured", "denied", "restated"):
        assert texts.say(f"cuts.left_out.{name}", count=1) in text
    assert texts.say("cuts.without", count=1) in text
    assert texts.say("cuts.ai_people", count=1, people=texts.say("facts.people", count=500)) in text
    bare = "\n".join(part.text for part in totals(total([cut(3, event=BLAMED)]), texts))
    assert bare == f"{texts.say('cuts.only_without', count=1)} {texts.say('cuts.ai', count=1)}"
    assert totals(total([]), texts) == []


@pytest.mark.parametrize("period", list(Period))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_speaks_the_readers_language(period: Period, language: str) -> None:
    seen = overview([cut(n, 100 * n, employer=f"e{n}") for n in range(1, 9)], period, NOW, ZONE)
    drawn = chart(seen, Texts(language), "PHK")
    assert drawn is not None
    assert len(drawn.upright.labels) == len(drawn.upright.values) == len(drawn.upright.shown) == len(seen.buckets)
    assert drawn.lying.values == (800.0, 700.0, 600.0, 500.0, 400.0)
    last = {Period.WEEK: {"en": "Sat", "id": "Sab"}, Period.MONTH: dict.fromkeys(LANGUAGES, "9 Mar")}
    assert drawn.upright.labels[-1] == last.get(period, {}).get(language, "Mar")
    assert chart(overview([cut(1)], period, NOW, ZONE), Texts(language), "PHK") is None


# --- /layoffs ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Room]:
    async with a_room(tmp_path) as room:
        yield room


@pytest.fixture
async def room(empty: Room) -> Room:
    await a_newsy_day(empty)
    return empty


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_cuts_is_an_answer_too(empty: Room, language: str) -> None:
    answer = await empty.ask("/layoffs week", language=language)
    assert Texts(language).say("cuts.nothing") in answer.text
    assert actions(answer) == ["/layoffs month", "/layoffs year"]
    assert answer.attachment is None
    assert empty.pencil.charts == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_table_its_numbers_and_the_picture(room: Room, language: str) -> None:
    answer = await room.ask("/layoffs", language=language)
    assert answer.stories == (1, 9, 3, 8)
    assert answer.attachment is not None
    assert (answer.attachment.content, answer.attachment.is_picture) == (PICTURE, True)
    assert answer.attachment.caption
    assert any(part.role is Role.TABLE and "Spotify" in part.text for part in answer.paragraphs)
    assert "Spotify" in (await room.ask("/more 2")).text


async def test_a_picture_that_cannot_be_drawn_is_left_out(room: Room) -> None:
    room.pencil.picture = None
    answer = await room.ask("/layoffs")
    assert answer.attachment is None
    assert answer.stories == (1, 9, 3, 8)
    assert room.pencil.charts


@pytest.mark.parametrize(
    ("asked", "stories"),
    [
        ("week", (1, 3, 8)),
        ("minggu", (1, 3, 8)),
        ("this week", (1, 3, 8)),
        ("week id", (3,)),
        ("id week", (3,)),
        ("English, WEEK!", (1, 8)),
        ("tahun teknologi", (1, 9, 3, 8)),
        ("tech layoffs year", (1, 9, 3, 8)),
    ],
)
async def test_words_in_any_order_and_language(room: Room, asked: str, stories: tuple[int, ...]) -> None:
    assert (await room.ask(f"/layoffs {asked}")).stories == stories


async def test_other_periods_keep_the_rest_of_the_question(room: Room) -> None:
    assert actions(await room.ask("/layoffs week en tech"))[-2:] == ["/layoffs month en tech", "/layoffs year en tech"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_wrong_word_is_asked_back(room: Room, language: str) -> None:
    texts = Texts(language)
    assert (await room.ask("/phk mont", language=language)).text == texts.say("cuts.close", word="mont", close="month")
    assert (await room.ask("/phk quux", language=language)).text == texts.say("cuts.unknown", word="quux")


async def test_only_job_cuts_by_technology_employers_on_request(empty: Room) -> None:
    grouping = TagGrouping()
    for n, tech in enumerate((True, False)):
        event = an_event(f"Acme{n}", 100, tech=tech)
        await put(
            empty.store, an_item(f"cuts {n}", id=str(n)), scores={Topic.LAYOFFS: 9.0}, event=event, grouping=grouping
        )
    assert (await empty.ask("/layoffs tech")).stories == (1,)
    assert len((await empty.ask("/layoffs")).stories) == 2


# --- /export ----------------------------------------------------------------------------------------------------------


def rows_of(document: bytes) -> list[dict[str, str]]:
    assert document.startswith(b"\xef\xbb\xbf"), "Excel needs the mark"
    return list(csv.DictReader(io.StringIO(document.decode("utf-8-sig"))))


def test_an_event_as_a_row() -> None:
    one = cut(7, 1_300, event={"percent": 12.5, **BLAMED}, restates=3)
    row = rows_of(as_csv([one]))[0]
    assert row == {
        "date": "2026-03-13T09:30:00+00:00", "company": "Acme", "employer": "acme", "headcount": "1300",
        "percent": "12.5", "kind": "layoff", "tech": "true", "ai_grade": "blamed", "ai_quote": "Robots do it now.",
        "outlets": "1", "title": "Acme cuts 7", "url": "https://wire.example/7", "source": "The Wire",
        "language": "en", "story": "s7", "restates": "s3",
    }  # fmt: skip
    told = json.loads(as_json([one]))[0]
    assert (told["headcount"], told["percent"], told["tech"], told["restates"]) == (1_300, 12.5, True, "s3")
    nothing = json.loads(as_json([cut(1)]))[0]
    assert (nothing["headcount"], nothing["ai_quote"], nothing["restates"]) == (None, None, None)


@given(st.text(max_size=40), st.sampled_from(["", "=", "+", "-", "@", "\t", "\r", "  =", "＝"]))
@patient
def test_no_cell_is_a_formula_and_no_row_is_two(text: str, start: str) -> None:
    document = as_csv([replace(cut(1), title=start + text, source=start + text), cut(2)])
    rows = rows_of(document)
    assert len(rows) == 2
    for cell in rows[0].values():
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    json.loads(as_json([replace(cut(1), title=start + text)]))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_files_of_job_cuts(room: Room, language: str) -> None:
    texts = Texts(language)
    answer = await room.ask("/export csv year", language=language)
    assert answer.text == texts.say("export.cuts", count=4)
    assert answer.attachment is not None
    assert (answer.attachment.name, answer.attachment.media_type) == ("kabar-layoffs-year-2026-03-14.csv", "text/csv")
    assert {row["company"] for row in rows_of(answer.attachment.content)} == {
        "Intel",
        "Tokopedia",
        "Spotify",
        "Dropbox",
    }
    week = await room.ask("/ekspor minggu json", language=language)
    assert week.attachment is not None
    assert len(json.loads(week.attachment.content)) == 3


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_feed_list_keeps_secrets_to_itself(empty: Room, language: str) -> None:
    assert (await empty.ask("/export opml", language=language)).text == Texts(language).say("export.no_feeds")
    specs = [a_spec("open"), a_spec("inside", url="https://me:secret@inside.example/feed")]
    await empty.store.feeds.synchronise(specs, NOW)
    answer = await empty.ask("/export opml", language=language)
    assert answer.attachment is not None
    assert [spec.url for spec in read_opml(answer.attachment.content)] == ["https://open.example/feed.xml"]
    assert b"secret" not in answer.attachment.content


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_export_without_or_with_wrong_words_asks_back(empty: Room, language: str) -> None:
    texts = Texts(language)
    answer = await empty.ask("/export", language=language)
    assert answer.text == texts.say("export.what")
    assert actions(answer) == ["/export csv", "/export json", "/export opml"]
    assert (await empty.ask("/export cvs", language=language)).text == texts.say(
        "export.close", word="cvs", close="csv"
    )
    assert (await empty.ask("/export quux", language=language)).text == texts.say("export.unknown", word="quux")
    assert (await empty.ask("/export csv", language=language)).text == texts.say("export.nothing")


def test_an_hour_is_not_lost() -> None:
    """What is dated within the last hour is in every period."""
    for period in Period:
        assert overview([cut(1, 5, when=NOW - HOUR)], period, NOW, ZONE).total.people == 5
