"""What a reader sees, word for word, in both languages; and where a long text is cut."""

from __future__ import annotations

from datetime import date
from textwrap import dedent

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.digest import compose
from bot.domain.message import Message, Role, Style
from bot.domain.story import Topic
from bot.services.present import BUTTONS_A_ROW, SUMMARY_LENGTH, Presenter, clip
from bot.texts import Texts
from tests.builders import DAY, NOW, a_reason, a_score, a_story, patient

STORY = a_story(
    7,
    source="The Wire",
    title="Acme cuts 1,300 jobs",
    summary="Half of them engineers. The rest in sales.",
    content="First paragraph.\n\nSecond paragraph.",
)
OLDER = a_story(8, source="Kabar Satu", title="Model baru dibuka", summary="", published=NOW - 2 * DAY)


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
    assert [button.action for row in message.buttons for button in row] == ["/more s7", "/why s7"]
    assert [p.role for p in message.paragraphs] == [Role.FOOTER, Role.BODY, Role.BODY, Role.FOOTER]


def test_an_alert_of_a_bare_story_says_its_title_once() -> None:
    bare = a_story(1, summary="Only a title", title="Only a title", url=None)
    reads(presenter("en").alert(bare, []), "Only a title\n\nThe Wire · 15:30 WIB")


def test_a_story_without_any_words_still_has_a_name() -> None:
    assert presenter("en").alert(a_story(title="", summary=""), []).text.startswith("Untitled\n")
    assert presenter("id").alert(a_story(title="", summary=""), []).text.startswith("Tanpa judul\n")
    assert (
        presenter("en")
        .numbered("H", [a_story(title="", summary="Its summary")])
        .text.startswith("H\n\n1. Its summary\n")
    )


def test_a_long_summary_is_cut() -> None:
    alert = presenter("en").alert(a_story(summary="word " * 200), [])
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
    message = presenter("en").numbered("H", [a_story(n) for n in range(1, 13)])
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


@pytest.mark.parametrize(
    ("language", "golden"),
    [
        (
            "en",
            """
            Acme cuts 1,300 jobs

            The Wire · 15:30 WIB

            First paragraph.

            Second paragraph.

            Also in Kabar Satu and Warta.

            Topics: AI · Layoffs
            """,
        ),
        (
            "id",
            """
            Acme cuts 1,300 jobs

            The Wire · 15.30 WIB

            First paragraph.

            Second paragraph.

            Juga dimuat di Kabar Satu dan Warta.

            Topik: AI · PHK
            """,
        ),
    ],
)
def test_an_opened_story(language: str, golden: str) -> None:
    outlets = ["The Wire", "Kabar Satu", "Warta"]
    message = presenter(language).opened(STORY, outlets, [Topic.AI, Topic.LAYOFFS])
    reads(message, golden)
    assert message.preview
    assert message.stories == (7,)


def test_an_opened_story_without_text_shows_the_way() -> None:
    assert "The feed has no text for this story." in presenter("en").opened(a_story(summary=""), [], []).text
    assert "Feed ini tidak menyertakan isi" in presenter("id").opened(a_story(summary=""), [], []).text


SCORES = {
    Topic.AI: a_score(score=6.5, reasons=[a_reason("ai.word", -1.5, "source", ""), a_reason(points=8.0)]),
    Topic.LAYOFFS: a_score(Topic.LAYOFFS, 0),
    Topic.TECH_LAYOFFS: a_score(Topic.TECH_LAYOFFS, 2.0),
}


@pytest.mark.parametrize(
    ("language", "golden"),
    [
        (
            "en",
            """
            Acme cuts 1,300 jobs

            AI: 6.5 points, 5 needed – chosen

            +8  a new model · title: “new model” ai.model
            −1.5  a new model ai.word

            Tech layoffs: 2 points, 5 needed – not chosen

            +2  a new model · title: “new model” ai.model

            My rules are plain text files in config/rules. Whoever runs me can change them.
            """,
        ),
        (
            "id",
            """
            Acme cuts 1,300 jobs

            AI: 6,5 poin, minimal 5 – lolos

            +8  model kecerdasan baru · judul: “new model” ai.model
            −1,5  model kecerdasan baru ai.word

            PHK teknologi: 2 poin, minimal 5 – tidak lolos

            +2  model kecerdasan baru · judul: “new model” ai.model

            Aturan saya berupa berkas teks biasa di config/rules dan bisa diubah pengelola bot.
            """,
        ),
    ],
)
def test_reasons(language: str, golden: str) -> None:
    message = presenter(language).reasons(STORY, SCORES)
    reads(message, golden)
    assert [b.action for row in message.buttons for b in row] == ["/more s7"]


def test_no_reason_is_said_too() -> None:
    assert "None of my rules matched this story." in presenter("en").reasons(STORY, {}).text
    assert "Tidak ada aturan saya yang cocok" in presenter("id").reasons(STORY, {}).text


def test_every_field_a_reason_can_name_has_words() -> None:
    for field in ("title", "summary", "content", "source", "feed"):
        for language in ("en", "id"):
            score = {Topic.AI: a_score(reasons=[a_reason(field=field)])}
            assert "new model" in presenter(language).reasons(STORY, score).text


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
