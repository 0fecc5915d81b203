"""What the log looks like, and that no secret gets into it."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.log import HIDDEN, JsonFormat, TextFormat, hide, redact
from tests.builders import patient

TOKEN = "123456789:AAExampleExampleExampleExample-_abc"
FORMATS = [TextFormat(), JsonFormat()]


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    trouble = None if error is None else (type(error), error, error.__traceback__)
    made = logging.LogRecord("kabar.poll", logging.WARNING, __file__, 1, message, args, trouble)
    made.created = 1_773_480_600.25  # 2026-03-14 09:30 UTC
    return made


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"token {TOKEN} refused", TOKEN),
        (f"POST https://api.telegram.org/bot{TOKEN}/getMe", TOKEN),
        (f"https://api.telegram.org/file/bot{TOKEN}/photo.jpg", TOKEN),
        ("https://api.telegram.org/bot1:short/getMe", "1:short"),
        ("xoxb-1234567890-abcdefABCDEF", "abcdefABCDEF"),
        ("xoxp-1234567890-abcdefABCDEF.", "abcdefABCDEF"),
        ("xapp-1-A0000-1234567890-abcdef", "1234567890"),
        ("xoxe-1-abcdefgh", "abcdefgh"),
        ("postgresql://kabar:hunter2@db/kabar", "hunter2"),
        ("postgresql://kabar:hun@ter2@db/kabar", "hun"),
        ("postgresql://kabar:hun@ter2@db/kabar", "ter2"),
        ("postgresql://:hunter2@db/kabar", "hunter2"),
        ("https://user:hunter2@feed.example/rss?x=1", "hunter2"),
        ("https://feed.example/rss?key=hunter2&x=1", "hunter2"),
        ("https://feed.example/rss?x=1&api_key=hunter2", "hunter2"),
        ("https://feed.example/rss?token=hunter2", "hunter2"),
        ("Authorization: Bearer hunter2", "hunter2"),
    ],
)
def test_secrets_are_known_by_their_looks(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert HIDDEN in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://feed.example:8080/rss",
        "https://feed.example:8080/@user/rss",
        "at 10:30 the feed https://feed.example/a?page=2 had 12345:short",
        "write to me@feed.example",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_the_rest_of_an_address_stays_readable() -> None:
    assert redact("postgresql://kabar:hunter2@db:5432/kabar") == f"postgresql://{HIDDEN}@db:5432/kabar"
    assert redact(f"https://api.telegram.org/bot{TOKEN}/getMe") == f"https://api.telegram.org/bot{HIDDEN}/getMe"


secrets = st.text("abcXYZ019-_:/+=\"\\'.", min_size=8, max_size=30).map("qz".__add__)  # registered for good
around = st.text(st.sampled_from("abcXYZ019-_:/ \"\\'.[hiden]\n"), max_size=40)


@patient
@given(st.lists(secrets, min_size=1, max_size=3), st.lists(around, min_size=4, max_size=4))
def test_a_registered_secret_never_survives(known: list[str], pieces: list[str]) -> None:
    hide(known)
    text = "".join(piece + secret for piece, secret in zip(pieces, [*known, *known], strict=False))
    for form in FORMATS:
        line = form.format(record("%s", text, error=ValueError(text)))
        shown = json.loads(line)["text"] if isinstance(form, JsonFormat) else line
        assert not [secret for secret in known if secret in shown or secret in line]


def test_what_is_too_short_to_be_a_secret_is_not_cut_out_of_every_line() -> None:
    hide(["a", None, ""])
    assert redact("a banana") == "a banana"


def test_a_text_line() -> None:
    assert FORMATS[0].format(record("feed %s: %s", "wire", "timed out")) == (
        "2026-03-14T09:30:00Z warning poll: feed wire: timed out"
    )


def test_a_json_line() -> None:
    line = FORMATS[1].format(record('feed "%s"', "caf\u00e9"))
    assert json.loads(line) == {
        "at": "2026-03-14T09:30:00.250000Z",
        "level": "warning",
        "part": "kabar.poll",
        "text": 'feed "caf\u00e9"',
    }
    assert "\u00e9" in line


def fails() -> None:
    raise ValueError("first line\nsecond line\r\x1b[2J\u2028third")


@pytest.mark.parametrize("form", FORMATS)
def test_an_exception_is_one_line_with_its_place(form: logging.Formatter) -> None:
    try:
        fails()
    except ValueError as error:
        caught = error
    line = form.format(record("could not be dealt with", error=caught))
    assert len(line.splitlines()) == 1
    assert (
        "ValueError: first line second line [2Jthird" in line or "ValueError: first line second line [2J third" in line
    )
    assert f"test_log.py:{fails.__code__.co_firstlineno + 1}" in line


@patient
@given(st.text(max_size=80))
def test_whatever_a_feed_says_stays_on_its_line(words: str) -> None:
    for form in FORMATS:
        line = form.format(record("feed: %s", words))
        assert len(line.splitlines()) == 1
        assert "\x1b" not in line
