"""Words, sentences, snippets, language and boilerplate, on texts made up for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.story import Language
from bot.editorial.boilerplate import story_paragraphs, without_teasers
from bot.editorial.language import detect
from bot.editorial.text import SNIPPET_LENGTH, normalise, snippet, tokenise, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Lay-offs at the mill", ["lay", "offs", "at", "the", "mill"]),
        ("mem‑PHK 1.300 orang", ["mem", "phk", "1.300", "orang"]),
        ("A.I. in U.S. schools", ["ai", "in", "us", "schools"]),
        ("the mill’s owner won’t say", ["the", "mill", "owner", "won't", "say"]),
        ("ＡＩ and ﬁber", ["ai", "and", "fiber"]),
        ("lay\u00adoffs", ["layoffs"]),
        ("café / café", ["café", "café"]),
        ("5.5% or 9k, #3", ["5.5", "or", "9k", "3"]),
        ("Stability.ai_x", ["stability", "ai", "x"]),
        ("", []),
    ],
)
def test_words_are_the_same_however_they_are_written(text: str, words: list[str]) -> None:
    assert list(tokenise(text).words) == words


def test_the_written_form_is_kept_beside_the_folded_one() -> None:
    assert list(tokenise("Ai Weiwei on A.I.").forms) == ["Ai", "Weiwei", "on", "AI"]


@given(st.text(max_size=300))
def test_every_word_has_its_place_in_the_original(text: str) -> None:
    tokens = tokenise(text)
    spans = tokens.spans()
    assert len(spans) == len(tokens.words) == len(tokens.forms)
    assert all(word for word in tokens.words)
    for start, end in spans:
        assert 0 <= start < end <= len(text)


# Letters, digits and every kind of mark between them.
MARKED = st.text("abAB19.,'_ -\n\"(`’“é·\u00ad", max_size=60)


@given(MARKED)
def test_every_word_is_what_stands_in_its_place(text: str) -> None:
    tokens = tokenise(text)
    for form, word, (start, end) in zip(tokens.forms, tokens.words, tokens.spans(), strict=True):
        written = tokens.plain[start:end].replace("\u00ad", "") or tokens.plain[start:end]
        bare = written.removesuffix("'s").removesuffix("'S")
        assert form in (written, bare.replace(".", "")), written
        assert word == form.casefold()


@given(MARKED, MARKED)
def test_words_of_two_texts_are_those_of_one(title: str, text: str) -> None:
    assert list(words_of(title, text)) == list(tokenise(f"{title}\n{text}").words)


@given(st.text(max_size=400), st.integers(0, 400), st.integers(1, 30))
def test_a_snippet_is_verbatim_and_short(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    if any(mark in text[start:end] for mark in "\r\n"):
        return
    cut = snippet(text, start, end)
    assert cut.removeprefix("…").removesuffix("…") in text
    assert text[start:end].strip() in cut or "…" in text
    assert len(cut) <= max(SNIPPET_LENGTH, end - start) + 2


def test_a_snippet_is_cut_at_words_with_an_ellipsis() -> None:
    text = "word " * 30 + "the mill cuts jobs " + "word " * 30
    at = text.index("mill")
    cut = snippet(text, at, at + 14)
    assert cut.startswith("…word")
    assert cut.endswith("word…")
    assert "mill cuts jobs" in cut


def test_normalise_joins_what_looks_the_same() -> None:
    assert normalise("The  mill’s\u00a0lay–off") == "The mill's lay-off"


@pytest.mark.parametrize(
    ("text", "prior", "language"),
    [
        ("The mill is to close in June", None, Language.EN),
        ("Pabrik itu akan tutup pada Juni", None, Language.ID),
        ("Pabrik itu akan tutup pada bulan Juni", Language.EN, Language.ID),
        ("The mill is to close in the spring", Language.ID, Language.EN),
        ("Startup layoff", Language.ID, Language.ID),
        ("Startup layoff", None, Language.EN),
    ],
)
def test_language(text: str, prior: Language | None, language: Language) -> None:
    assert detect(tokenise(text).words, prior) is language


BODY = "Pabrik kaca di tepi kota berhenti beroperasi pada Senin, kata pemiliknya."
MORE = "Warga sekitar mengaku kaget mendengar kabar itu dari tetangga mereka."


@pytest.mark.parametrize(
    "teaser",
    [
        "Baca juga: Gelombang PHK melanda pabrik sepatu",
        "BACA JUGA:\nGelombang PHK melanda pabrik sepatu",
        "Simak juga: Daftar perusahaan yang PHK karyawan",
        "Read also: Layoffs hit the shoe trade",
        "Related: Layoffs hit the shoe trade",
        "Also read\nLayoffs hit the shoe trade",
        "-\nApa penyebab PHK di pabrik sepatu? Pabrik sepatu melakukan PHK karena sepi pesanan.",
        "Home\nBisnis\nPHK\nTekno\nOlahraga",
        "Home | Layoffs | Tech | Sport",
        "Follow us for more layoffs news",
        "© 2026 Layoffs Daily",
        'Simak Video "PHK di pabrik sepatu"',
        "Saksikan video: PHK di pabrik sepatu",
        "Lihat Juga :\nPHK di pabrik sepatu",
        "Pilihan Redaksi\nPHK di pabrik sepatu",
        'Artikel ini telah tayang di Harian Kota dengan judul "PHK di pabrik sepatu"',
        "Ilustrasi PHK di pabrik sepatu. (Foto: Kantor Berita)",
        "Laid-off workers leave the mill. Photograph: Jane Roe/Wire",
        "(Photo by Jane Roe/Getty Images)",
        "Image credits: Layoff Pictures",
        "RELATED ARTICLE Layoffs hit the shoe trade",
        "More on this story: Layoffs hit the shoe trade",
        "Most popular\nLayoffs hit the shoe trade\nRobots hit the shoe trade",
        "Advertisement – story of layoffs continues below",
        "Get our free newsletter on layoffs in your inbox",
        "Enjoying this story? Subscribe to the layoff letter",
        "Home > Business > Layoffs",
        "Kata kunci: PHK, sepatu",
        "Editor’s note: a story on layoffs was corrected",
    ],
)
def test_what_is_not_the_story_does_not_count(teaser: str) -> None:
    assert story_paragraphs(f"{BODY}\n{teaser}\n{MORE}") == [BODY, MORE]


def test_a_teaser_inside_a_paragraph_is_cut_out() -> None:
    assert story_paragraphs(f"{BODY} (Baca juga: PHK di pabrik sepatu) Polisi datang.\n{MORE}") == [
        f"{BODY} Polisi datang.",
        MORE,
    ]


@pytest.mark.parametrize(
    "line",
    [
        "More than 300 people came to see the new hall of the mill.",
        "More-efficient machines are the talk of the town – and of the mill.",
        "Editors of the paper mill’s journal met on Monday.",
        "Watching the mill burn, the mayor said it would be rebuilt.",
        "He said (after a long pause) that photographs would follow.",
    ],
)
def test_what_only_looks_like_one_stays(line: str) -> None:
    assert story_paragraphs(f"{BODY}\n{line}\n{MORE}") == [BODY, line, MORE]


def test_a_teaser_in_a_summary_is_cut_out() -> None:
    assert without_teasers(f"{BODY} Baca juga: PHK di pabrik sepatu. {MORE}") == f"{BODY} {MORE}"
    assert without_teasers(BODY) == BODY


def test_a_question_of_the_writer_stays() -> None:
    question = "Apa yang terjadi? Tidak seorang pun tahu pasti."
    assert story_paragraphs(f"{BODY}\n{question}\n{MORE}") == [BODY, question, MORE]


def test_an_article_made_of_questions_stays() -> None:
    lines = ["What is a mill? A place to grind grain.", "Who owns it? The town does."]
    assert story_paragraphs("\n".join(lines)) == lines


@given(st.text(max_size=500))
def test_boilerplate_takes_any_text(text: str) -> None:
    kept = story_paragraphs(text)
    assert sum(map(len, kept)) <= len(text) + len(kept)
