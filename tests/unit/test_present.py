"""What a reader sees, word for word, in both languages; and where a long text is cut."""

from __future__ import annotations

from datetime import date
from textwrap import dedent

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.coverage import Change, ChangeKind, Coverage, Unit
from bot.domain.digest import compose
from bot.domain.event import AiCause, EventKind, Grade
from bot.domain.message import Message, Role, Style
from bot.domain.story import Topic
from bot.domain.subscription import Style as Amount
from bot.services.present import BUTTONS_A_ROW, SUMMARY_LENGTH, Presenter, clip
from bot.texts import Texts
from tests.builders import DAY, HOUR, NOW, a_coverage, a_story, an_event, patient

LEAD = a_story(
    7,
    source="The Wire",
    title="Acme cuts 1,300 jobs",
    summary="Half of them engineers. The rest in sales.",
    content="First paragraph.\n\nSecond paragraph.",
)
STORY = a_coverage(7, lead=LEAD)
OLDER = a_coverage(
    8, lead=a_story(8, source="Kabar Satu", title="Model baru dibuka", summary="", published=NOW - 2 * DAY)
)


def told(story_id: int = 1, **values: object) -> Coverage:
    return a_coverage(story_id, lead=a_story(story_id, **values))


def presenter(language: str, zone: str = "Asia/Jakarta") -> Presenter:
    return Presenter(Texts(language), zone, NOW)


def reads(message: Message, golden: str) -> None:
    assert message.text == dedent(golden).strip()


@pytest.mark.parametrize(
    ("language", "golden"),
    [
        (
            "en",
            """
            Tech layoffs · Layoffs

            Acme cuts 1,300 jobs

            Half of them engineers. The rest in sales.

            The Wire · 15:30 WIB
            """,
        ),
        (
            "id",
            """
            PHK teknologi · PHK

            Acme cuts 1,300 jobs

            Half of them engineers. The rest in sales.

            The Wire · 15.30 WIB
            """,
        ),
    ],
)
def test_an_alert(language: str, golden: str) -> None:
    message = presenter(language).alert(STORY, [Topic.TECH_LAYOFFS, Topic.LAYOFFS])
    reads(message, golden)
    (title,) = message.paragraphs[1].spans
    assert (title.link, title.styles) == ("https://wire.example/7", {Style.BOLD})
    assert message.stories == (7,)
    assert [button.action for row in message.buttons for button in row] == [
        "/more s7",
        "/why s7",
        "/mute s7",
        "/good s7",
        "/bad s7",
    ]
    assert [p.role for p in message.paragraphs] == [Role.FOOTER, Role.BODY, Role.BODY, Role.FOOTER]


def test_an_alert_of_a_bare_story_says_its_title_once() -> None:
    bare = told(1, summary="Only a title", title="Only a title", url=None)
    reads(presenter("en").alert(bare, []), "Only a title\n\nThe Wire · 15:30 WIB")


def test_a_story_without_any_words_still_has_a_name() -> None:
    assert presenter("en").alert(told(title="", summary=""), []).text.startswith("Untitled\n")
    assert presenter("id").alert(told(title="", summary=""), []).text.startswith("Tanpa judul\n")
    assert (
        presenter("en").numbered("H", [told(title="", summary="Its summary")]).text.startswith("H\n\n1. Its summary\n")
    )


def test_a_long_summary_is_cut() -> None:
    alert = presenter("en").alert(told(summary="word " * 200), [])
    assert len(alert.paragraphs[1].text) <= SUMMARY_LENGTH
    assert alert.paragraphs[1].text.endswith("word …")


@pytest.mark.parametrize(
    ("language", "golden"),
    [
        (
            "en",
            """
            Latest: AI

            1. Acme cuts 1,300 jobs
            The Wire · 15:30 WIB

            2. Model baru dibuka
            Kabar Satu · 12 Mar, 16:30 WIB

            Reply with a number to open its story.
            """,
        ),
        (
            "id",
            """
            Latest: AI

            1. Acme cuts 1,300 jobs
            The Wire · 15.30 WIB

            2. Model baru dibuka
            Kabar Satu · 12 Mar, 16.30 WIB

            Balas dengan nomor untuk membuka beritanya.
            """,
        ),
    ],
)
def test_a_numbered_list(language: str, golden: str) -> None:
    message = presenter(language).numbered("Latest: AI", [STORY, OLDER])
    reads(message, golden)
    assert message.stories == (7, 8)
    assert [(b.label, b.action) for row in message.buttons for b in row] == [("1", "/more s7"), ("2", "/more s8")]


def test_number_buttons_stand_in_rows() -> None:
    message = presenter("en").numbered("H", [told(n) for n in range(1, 13)])
    assert [len(row) for row in message.buttons] == [BUTTONS_A_ROW, BUTTONS_A_ROW, 2]
    assert [b.label for row in message.buttons for b in row] == [str(n) for n in range(1, 13)]


@pytest.mark.parametrize(
    ("language", "golden"),
    [
        (
            "en",
            """
            Your digest, Saturday 14 March 2026

            Tech layoffs

            1. Acme cuts 1,300 jobs
            The Wire · 15:30 WIB
            Half of them engineers. The rest in sales.

            AI

            2. Model baru dibuka
            Kabar Satu · 12 Mar, 16:30 WIB

            You’ll find 1,218 more stories in /latest.

            Feeds read: 1,300, with problems: 2. New items: 4,000, stories for you: 1,220.

            Reply with a number to open its story.
            """,
        ),
        (
            "id",
            """
            Ringkasan Sabtu, 14 Maret 2026

            PHK teknologi

            1. Acme cuts 1,300 jobs
            The Wire · 15.30 WIB
            Half of them engineers. The rest in sales.

            AI

            2. Model baru dibuka
            Kabar Satu · 12 Mar, 16.30 WIB

            Masih ada 1.218 berita lagi di /terbaru.

            Feed dibaca: 1.300, bermasalah: 2. Artikel baru: 4.000, berita untuk Anda: 1.220.

            Balas dengan nomor untuk membuka beritanya.
            """,
        ),
    ],
)
def test_a_digest(language: str, golden: str) -> None:
    ranked = [(OLDER, Topic.AI), (STORY, Topic.TECH_LAYOFFS)]
    digest = compose(day=date(2026, 3, 14), ranked=ranked, found=1220, feeds=1300, failing=2, items=4000)
    message = presenter(language).digest(digest, {7: STORY, 8: OLDER})
    reads(message, golden)
    assert message.stories == (7, 8)


@pytest.mark.parametrize(
    ("language", "golden"),
    [
        (
            "en",
            """
            Your digest, Saturday 14 March 2026

            All quiet: nothing new on your topics.

            Feeds read: 40, with problems: 2. New items: 300, stories for you: 0.
            """,
        ),
        (
            "id",
            """
            Ringkasan Sabtu, 14 Maret 2026

            Sepi. Tidak ada berita baru untuk topik Anda.

            Feed dibaca: 40, bermasalah: 2. Artikel baru: 300, berita untuk Anda: 0.
            """,
        ),
    ],
)
def test_a_quiet_day_explains_itself(language: str, golden: str) -> None:
    digest = compose(day=date(2026, 3, 14), ranked=[], found=0, feeds=40, failing=2, items=300)
    message = presenter(language).digest(digest, {})
    reads(message, golden)
    assert (message.stories, message.buttons) == ((), ())


def test_a_digest_numbers_only_what_it_still_has() -> None:
    ranked = [(STORY, Topic.AI), (OLDER, Topic.AI)]
    digest = compose(day=date(2026, 3, 14), ranked=ranked, found=3, feeds=1, failing=0, items=2)
    message = presenter("en").digest(digest, {8: OLDER})
    assert "1. Model baru dibuka" in message.text
    assert "There is one more story in /latest." in message.text
    assert message.stories == (8,)


def test_times_are_the_readers() -> None:
    assert "09:30 CET" in presenter("en", "Europe/Berlin").alert(STORY, []).text
    assert "14:15 UTC+5:45" in presenter("en", "Asia/Kathmandu").alert(STORY, []).text


# --- cutting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("Short.", 20, "Short."),
        ("  Short.  ", 20, "Short."),
        ("Exactly twenty chars", 20, "Exactly twenty chars"),
        ("One sentence here. And another one that is too long.", 30, "One sentence here."),
        ("Is it so? Yes, it is, and it goes on and on.", 14, "Is it so?"),
        ("Ends just here. More", 15, "Ends just here."),
        ("A. but then a very long sentence follows", 20, "A. but then a very …"),
        ("a word, and another, cut", 20, "a word, and …"),
        ("x" * 50, 10, "xxxxxxxx …"),
        ("", 10, ""),
        ("   ", 10, ""),
    ],
)
def test_where_a_text_is_cut(text: str, length: int, cut: str) -> None:
    assert clip(text, length) == cut


texts = st.one_of(
    st.text(max_size=200),
    st.text("ab .!?\n,", max_size=200),
    st.lists(st.text("ab", min_size=1), max_size=40).map(" ".join),
)


@patient
@given(texts, st.integers(4, 120))
@example("x" * 50, 10)
@example("a b " * 50, 10)
def test_a_cut_text_fits_and_is_a_beginning(text: str, length: int) -> None:
    cut = clip(text, length)
    whole = text.strip()
    assert len(cut) <= length
    if len(whole) <= length:
        assert cut == whole
        return
    assert cut.endswith((" …", ".", "!", "?"))
    kept = cut.removesuffix(" …")
    assert whole.startswith(kept)
    assert len(kept) > length // 2 - 2 or not whole[len(kept) : length // 2 - 1].strip(" ,;:.-\n")


# --- facts, changes, lists that go on ----------------------------------------------------------------------------

CUTS = an_event(
    "Acme",
    1300,
    percent=12.5,
    kind=EventKind.RUMOUR,
    ai_cause=AiCause(grade=Grade.MIXED, quote="AI and the weather did it, the company said."),
)
NOW_MORE = Change(
    kind=ChangeKind.NEW_NUMBER,
    story_id=9,
    source="Kabar Satu",
    at=NOW - HOUR / 2,
    unit=Unit.PEOPLE,
    before=1300,
    after=1600,
)


@pytest.mark.parametrize(
    ("language", "golden"),
    [
        (
            "en",
            """
            Layoffs

            Acme cuts 1,300 jobs

            Half of them engineers. The rest in sales.

            Acme · 1,300 people · 12.5% of staff · not confirmed

            AI is one reason among others: “AI and the weather did it, the company said.”

            16:00 WIB, Kabar Satu: now 1,600 people (1,300 people before)

            The Wire · 15:30 WIB · Reported by 4 outlets
            """,
        ),
        (
            "id",
            """
            PHK

            Acme cuts 1,300 jobs

            Half of them engineers. The rest in sales.

            Acme · 1.300 orang · 12,5% karyawan · belum dikonfirmasi

            AI hanya salah satu alasan: “AI and the weather did it, the company said.”

            16.00 WIB, Kabar Satu: kini 1.600 orang (sebelumnya 1.300 orang)

            The Wire · 15.30 WIB · Diberitakan 4 media
            """,
        ),
    ],
)
def test_an_alert_with_its_facts(language: str, golden: str) -> None:
    story = a_coverage(7, lead=LEAD, outlets=4, event=CUTS)
    reads(presenter(language).alert(story, [Topic.LAYOFFS], changes=[NOW_MORE]), golden)


def test_a_compact_alert_leaves_the_summary_and_the_quote_out() -> None:
    story = a_coverage(7, lead=LEAD, event=CUTS)
    message = presenter("en").alert(story, [], style=Amount.COMPACT, silent=True, preview=True)
    reads(
        message,
        """
        Acme cuts 1,300 jobs

        Acme · 1,300 people · 12.5% of staff · not confirmed

        The Wire · 15:30 WIB
        """,
    )
    assert (message.silent, message.preview) == (True, True)


def test_an_alert_by_name_says_whose_name_it_was() -> None:
    assert presenter("en").alert(STORY, [], watch="acme").text.startswith("You watch “acme”\n")
    assert presenter("id").alert(STORY, [], watch="acme").text.startswith("Anda memantau “acme”\n")


@pytest.mark.parametrize(
    ("language", "kind", "words"),
    [
        ("en", ChangeKind.CONFIRMED, "16:00 WIB, Kabar Satu: confirmed"),
        ("id", ChangeKind.CONFIRMED, "16.00 WIB, Kabar Satu: dikonfirmasi"),
        ("en", ChangeKind.DENIED, "16:00 WIB, Kabar Satu: the cuts are denied"),
        ("id", ChangeKind.DENIED, "16.00 WIB, Kabar Satu: PHK dibantah"),
        ("en", ChangeKind.FIRST_NUMBER, "16:00 WIB, Kabar Satu: 1,600 people"),
        ("id", ChangeKind.FIRST_NUMBER, "16.00 WIB, Kabar Satu: 1.600 orang"),
    ],
)
def test_a_change_tells_who_said_it_and_when(language: str, kind: ChangeKind, words: str) -> None:
    change = Change(kind=kind, story_id=9, source="Kabar Satu", at=NOW - HOUR / 2, unit=Unit.PEOPLE, after=1600)
    message = presenter(language).changed(STORY, [change])
    assert message.text.endswith(words)
    assert message.stories == (7,)


def test_a_fact_of_one_person_is_not_many() -> None:
    assert presenter("en").wording.facts(an_event("Acme", 1)) == "Acme · one person"
    assert presenter("en").wording.facts(an_event("Acme")) == "", "a name alone is no fact: the title has it"


def test_what_is_told_in_one_is_a_list_with_pages() -> None:
    stories = [told(n, title=f"Story {n}") for n in range(1, 44)]
    first, second = (presenter("en").caught_up(stories, 7, page) for page in (1, 2))
    assert first.text.startswith("43 stories in one go\n\n1. Story 1\n")
    assert first.stories == tuple(range(1, 41))
    assert second.stories == (41, 42, 43)
    *numbers, turn = first.buttons
    assert sum(map(len, numbers)) == 10, "more would fill a phone"
    assert [button.action for button in turn] == ["/catchup d7 2"]
    assert [button.action for button in second.buttons[-1]] == ["/catchup d7 1"]


def test_a_long_digest_has_pages() -> None:
    ranked = [(told(n, title=f"Story {n}"), Topic.AI) for n in range(1, 24)]
    digest = compose(day=date(2026, 3, 14), ranked=ranked, found=23, feeds=1, failing=0, items=30)
    stories = {coverage.id: coverage for coverage, _topic in ranked}
    pages = [presenter("en").digest(digest, stories, page) for page in (1, 2, 3, 99)]
    assert [page.stories for page in pages[:3]] == [tuple(range(1, 11)), tuple(range(11, 21)), (21, 22, 23)]
    assert pages[3] == pages[2], "past the end is the end"
    turns = [[(b.label, b.action) for b in page.buttons[-1]] for page in pages]
    assert turns[0] == [("2 ›", "/digest 2026-03-14 2")]
    assert turns[1] == [("‹ 1", "/digest 2026-03-14 1"), ("3 ›", "/digest 2026-03-14 3")]
    assert turns[2] == [("‹ 2", "/digest 2026-03-14 2")]
