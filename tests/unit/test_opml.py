"""Other readers' feed lists come in whole, files that are none are refused, and ours go out and come back."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.feed import FeedSpec
from bot.domain.story import Language
from bot.services.opml import LARGEST, NotOpml, feed_id, read, write
from tests.builders import a_spec, patient

NESTED = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.1">
  <head><title>My feeds</title></head>
  <body>
    <outline text="Tech">
      <outline text="Deep">
        <outline type="rss" text="The Wire" xmlUrl="https://www.wire.example/feeds/news.xml" htmlUrl="https://x.example"/>
      </outline>
      <outline title="Kabar Satu" text="ignored" xmlUrl=" https://satu.example/rss " language="id-ID"/>
    </outline>
    <outline text="The Wire once more" xmlUrl="https://www.wire.example/feeds/news.xml"/>
    <outline xmlurl="https://lower.example/"/>
    <outline text="a folder"/>
    <outline text="mail" xmlUrl="mailto:a@b.example"/>
    <outline text="script" xmlUrl="javascript:alert(1)"/>
    <outline text="no host" xmlUrl="https:///feed"/>
    <outline text="broken" xmlUrl="https://[::1/feed"/>
    <outline text="French" language="fr" xmlUrl="https://fr.example/feed"/>
  </body>
</opml>"""


def test_every_feed_once_however_deep() -> None:
    assert [(f.id, f.url, f.title, f.language) for f in read(NESTED)] == [
        ("wire-example-news", "https://www.wire.example/feeds/news.xml", "The Wire", None),
        ("satu-example", "https://satu.example/rss", "Kabar Satu", Language.ID),
        ("lower-example", "https://lower.example/", "lower.example", None),
        ("fr-example", "https://fr.example/feed", "French", None),
    ]


def test_a_list_without_feeds_is_an_empty_list() -> None:
    assert read(b"<opml><body/></opml>") == []


def test_other_encodings() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?><opml><body><outline text="\u00e9" xmlUrl="https://a.example/f"/></body></opml>'
    assert [feed.title for feed in read(text.encode("utf-16"))] == ["\u00e9"]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "not an OPML file"),
        (b"not xml", "not an OPML file"),
        (b"<opml><body>", "not an OPML file"),
        (b'<rss version="2.0"><channel/></rss>', "first element is <rss>"),
        (b"<html><body></body></html>", "first element is <html>"),
        (b'<?xml version="1.0" encoding="nonsense"?><opml/>', "not an OPML file"),
        (b'<?xml version="1.0" encoding="gb18030"?><opml/>', "not an OPML file"),
        (b"\xff\xfe\x00", "not an OPML file"),
        (b'<!DOCTYPE o [<!ENTITY a "x">]><opml><body><outline text="&a;" xmlUrl="https://a.example"/></body></opml>',
         "declares entities"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE o [<!ENTITY a "x">]><opml/>'.encode("utf-16"),
         "declares entities"),
        (b"<opml>" + b" " * LARGEST + b"</opml>", "too big"),
    ],
    ids=["empty", "words", "cut off", "a feed", "a page", "encoding", "multi-byte", "bytes", "entities",
         "entities in utf-16", "huge"],
)  # fmt: skip
def test_what_is_no_feed_list(document: bytes, says: str) -> None:
    with pytest.raises(NotOpml, match=re.escape(says)):
        read(document)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    with suppress(NotOpml):
        assert isinstance(read(document), list)


printable = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])
titles = st.text(printable, min_size=1, max_size=120).filter(lambda t: t.strip() == t)
specs = st.builds(
    a_spec,
    st.text("abc123", min_size=1, max_size=10),
    url=st.text("abc&<>\"'=?/", max_size=20).map("https://news.example/".__add__),
    title=titles,
    language=st.sampled_from([None, Language.EN, Language.ID]),
)


@patient
@given(st.lists(specs, max_size=6, unique_by=lambda spec: spec.url))
def test_what_is_written_comes_back(feeds: list[FeedSpec]) -> None:
    back = read(write(feeds))
    assert [(f.url, f.title, f.language) for f in back] == [(f.url, f.title, f.language) for f in feeds]


@pytest.mark.parametrize(
    ("url", "taken", "name"),
    [
        ("https://www.wire.example/feed", [], "wire-example"),
        ("https://www.wire.example/feed", ["wire-example"], "wire-example-2"),
        ("https://www.wire.example/feed", ["wire-example", "wire-example-2"], "wire-example-3"),
        ("https://rss.wire.example/tech/ai.xml", [], "wire-example-tech-ai"),
        ("https://wire.example/?feed=rss2&cat=7", [], "wire-example-rss2-cat-7"),
        ("https://feeds/", [], "feed"),
        ("https://\u65b0\u805e/", [], "feed"),
    ],
)
def test_an_id_for_an_address(url: str, taken: list[str], name: str) -> None:
    assert feed_id(url, taken) == name


@patient
@given(st.text(max_size=200).map("https://a.example/".__add__), st.lists(st.sampled_from(["a-example", "feed"])))
def test_an_id_always_fits_the_feed_list(url: str, taken: list[str]) -> None:
    name = feed_id(url, taken)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name)
    assert name not in taken
