"""The quick ways of reading give what the thorough ones give; an instruction about links behind a document is
all it takes to be sent the thorough way."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import SourceError
from bot.sources.formats import read_document
from bot.sources.plaintext import body_text, title_text
from bot.sources.quick import read_entries
from bot.sources.sections import split
from tests.adapters.test_documents import COLLECTION, NOW

BASE = "https://news.example/feeds/main.xml"
SPACES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:content='http://purl.org/rss/1.0/modules/content/' "
    "xmlns:media='http://search.yahoo.com/mrss/' xmlns:slash='http://purl.org/rss/1.0/modules/slash/' "
    "xmlns:o='https://of.its.own/'"
)


def is_quick(body: bytes) -> bool:
    pieces = split(body)
    return pieces is not None and read_entries(body, pieces) is not None


def agree(body: bytes) -> None:
    """Read as it is, and with something behind it that is no document's."""
    assert read_document(body, None, BASE, NOW) == read_document(body + b"<?xlink?>", None, BASE, NOW)


@pytest.mark.skipif(not (COLLECTION / "index.json").exists(), reason="the collection of real feeds is not here")
def test_real_documents_are_read_the_same_quickly_and_thoroughly() -> None:
    quick = 0
    for path in sorted(COLLECTION.glob("*.*")):
        body = path.read_bytes()
        if not is_quick(body):
            continue
        try:
            agree(body)
        except SourceError:
            continue
        quick += 1
    assert quick >= 30


RSS_PARTS = [
    "<title>A &amp; B</title>",
    "<title>&lt;b&gt;C&lt;/b&gt;</title>",
    "<title/>",
    "<title><![CDATA[D <i>e</i>]]></title>",
    "<title>Ã©tÃ© 50\x80</title>",
    "<link>https://a.example/1?a=1&amp;b=2</link>",
    "<link>/relative</link>",
    "<link/>",
    "<link>  https://a.example/3\n</link>",
    "<link>javascript:alert(1)</link>",
    "<link>http:////a.example/x</link>",
    "<guid>https://a.example/1</guid>",
    "<guid isPermaLink='false'>g-1</guid>",
    "<guid isPermaLink='true'>/p/1</guid>",
    "<pubDate>Mon, 02 Nov 2026 07:30:00 GMT</pubDate>",
    "<pubDate>Senin, 02 Nopember 2026 14:30 WIB</pubDate>",
    "<pubDate>Κυρ, 01 Οκτ 2026</pubDate>",
    "<pubDate>30 Feb 2026</pubDate>",
    "<pubDate>2099-01-01</pubDate>",
    "<pubDate/>",
    "<description>plain text</description>",
    "<description>&lt;p&gt;one&lt;/p&gt;&lt;p&gt;two&lt;/p&gt;</description>",
    "<description><![CDATA[<p>three<br/>four &amp; five</p>]]></description>",
    "<description/>",
    "<description type='text'>six</description>",
    "<description><p>nested</p></description>",
    "<content:encoded><![CDATA[<p>whole article</p>]]></content:encoded>",
    "<content:encoded/>",
    "<category>news</category>",
    "<category domain='x'>tech</category>",
    "<category/>",
    "<category>news</category>",
    "<dc:creator>Ana</dc:creator>",
    "<dc:creator>ana@a.example (Ana)</dc:creator>",
    "<author>Bo</author>",
    "<dc:creator/>",
    "<dc:date>2026-11-01T10:00:00Z</dc:date>",
    "<source url='https://o.example'>Outlet</source>",
    "<comments>x</comments>",
    "<slash:comments>3</slash:comments>",
    "<media:content url='https://a.example/p.jpg' medium='image'/>",
    "<media:title>other title</media:title>",
    "<media:thumbnail url='x'/>",
    "<enclosure url='x' length='1' type='y'/>",
    "<x>unknown</x>",
    "<x type='html'>again</x>",
    "<slash:section>of its own</slash:section>",
    "<media:x url='y'>z</media:x>",
    "<o:modified>2026-11-05T10:00:00Z</o:modified>",
    "<o:extra>o</o:extra>",
    "<links>l</links>",
    "<thumbnail>t</thumbnail>",
    "<slash:title>of a part</slash:title>",
    "<o:title>of its own</o:title>",
    "<created>2026-11-04T10:00:00Z</created>",
    "<title_detail>d</title_detail>",
    "<svg>s</svg>",
    "<!-- a comment -->",
    "<!-- </item> -->",
    "<description>a<!-- b -->c</description>",
    "<description><![CDATA[<!-- b --> d <!-- e]]></description>",
    "text",
]
ATOM_PARTS = [
    "<id>tag:1</id>",
    "<id>https://a.example/1</id>",
    "<title>A</title>",
    "<title type='html'>&lt;b&gt;B&lt;/b&gt;</title>",
    "<title type='text'>C &lt;d&gt;</title>",
    "<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>e</div></title>",
    "<link href='https://a.example/1'/>",
    "<link rel='alternate' type='text/html' href='/2'/>",
    "<link rel='self' href='/3'/>",
    "<link rel='alternate' type='application/json' href='/4'/>",
    "<link rel='enclosure' href='/5'/>",
    "<link/>",
    "<published>2026-11-01T10:00:00Z</published>",
    "<updated>2026-11-02T10:00:00+07:00</updated>",
    "<updated>soon</updated>",
    "<summary>plain &lt;p&gt;</summary>",
    "<summary type='html'>&lt;p&gt;one&lt;/p&gt;</summary>",
    "<summary type='x'/>",
    "<content type='html'>&lt;p&gt;two&lt;/p&gt;</content>",
    "<content>three</content>",
    "<content type='text'/>",
    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>four</p></div></content>",
    "<content src='x'/>",
    "<author><name>Ana</name><uri>https://a.example</uri></author>",
    "<author><email>a@b.example</email></author>",
    "<author><name/></author>",
    "<author>Bo</author>",
    "<category term='t'/>",
    "<category term='t' label='L'/>",
    "<category label='only'/>",
    "<category/>",
    "<category term='u'>text</category>",
    "<rights>r</rights>",
]


def document(parts: list[list[str]], *, atom: bool) -> bytes:
    if atom:
        entries = "".join(f"<entry>{''.join(some)}</entry>" for some in parts)
        return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><id>f</id>{entries}</feed>".encode()
    entries = "".join(f"<item>{''.join(some)}</item>" for some in parts)
    channel = "<title>t</title><link>https://news.example/</link><language>en</language>"
    return f"<rss version='2.0' {SPACES}><channel>{channel}{entries}</channel></rss>".encode()


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(st.sampled_from(RSS_PARTS), max_size=7), min_size=1, max_size=3))
def test_any_rss_entry_is_read_the_same(parts: list[list[str]]) -> None:
    agree(document(parts, atom=False))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(st.sampled_from(ATOM_PARTS), max_size=7), min_size=1, max_size=3))
def test_any_atom_entry_is_read_the_same(parts: list[list[str]]) -> None:
    agree(document(parts, atom=True))


@pytest.mark.parametrize("name", ["links", "authors", "tags", "content", "author_detail", "title_detail", "source"])
def test_an_element_of_a_publishers_own_may_have_the_name_of_a_list(name: str) -> None:
    own = f"<{name}>word</{name}>"
    body = f"<rss version='2.0'><channel>{own}<item><title>A</title>{own}</item></channel></rss>".encode()
    assert [item.title for item in read_document(body, None, BASE, NOW).items] == ["A"]


@pytest.mark.parametrize(
    ("atom", "parts", "quick"),
    [
        (False, RSS_PARTS[:1] + RSS_PARTS[5:6] + RSS_PARTS[11:12] + RSS_PARTS[14:15] + RSS_PARTS[21:22], True),
        (False, ["<title>a</title>", "<title>b</title>"], False),
        (False, ["<title>a</title>", "<dc:creator>b</dc:creator>", "<author>c</author>"], False),
        (False, ["<title>a</title>", "<x>b</x>", "<media:community><x/></media:community>"], False),
        (False, ["<title>a</title>", "<x>b</x>", "<x y='z'>c</x>"], True),
        (False, ["<title>a</title>", "<x>b</x>", "<links>c</links>"], False),
        (False, ["<title>a</title>", "<thumbnail>b</thumbnail>", "<slash:title>c</slash:title>"], True),
        (False, ["<title>a</title>", "<o:thumbnail>b</o:thumbnail>"], False),
        (False, ["<title>a</title>", "<!-- a comment -->", "<description><![CDATA[<!-- b -->]]></description>"], True),
        (False, ["<description><p>a</p></description>"], False),
        (False, ["<title>a</title>", "<link xml:base='https://b.example/'>c</link>"], False),
        (True, ["<id>1</id>", "<title>a</title>", "<link href='/b'/>", "<author><name>c</name></author>"], True),
        (True, ["<id>1</id>", "<title type='xhtml'><div>a</div></title>"], False),
    ],
)
def test_which_documents_are_plain(atom: bool, parts: list[str], quick: bool) -> None:
    assert is_quick(document([parts], atom=atom)) is quick


TAGS = [
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<a href='x'>",
    "</a>",
    "<br>",
    "<br/>",
    "</br>",
    '<div class="a b">',
    "</div>",
    "<ul>",
    "<li>",
    "</li>",
    "</ul>",
    "text",
    " ",
    "\n",
    "  two words ",
    "&amp;",
    "&lt;",
    "&gt;b",
    "&nbsp;",
    "&#8217;",
    "&#39;",
    "&#160;",
    "&amp;lt;",
    "<h2>",
    "</h2>",
    "<em>",
    "</em>",
    "<img src='x' alt=\"y\">",
    "<blockquote>",
    "</blockquote>",
    "<pre>",
    "</pre>",
    "<hr>",
    ">",
    "é",
    "\xa0",
    "\u2028",
    "<i>",
    "</i>",
    "<dl>",
    "<dt>",
    "<dd>",
    "</dl>",
    "&#38;amp;",
    "&#60;b>",
    "<P>",
    "</P>",
    "&AMP;",
    "<a b=c/>",
    "<table>",
    "<td>",
    "</table>",
    "<script>x</script>",
    "<svg>",
    "&copy;",
    "&#x41;",
    "<",
    "&",
    "\x00",
    "\x1b",
]


def test_simple_mark_up_is_left_out_as_a_browser_would() -> None:
    chance = random.Random(7)
    for _ in range(6_000):
        value = "<i></i>" + "".join(chance.choices(TAGS, k=chance.randint(1, 14)))
        if value.rstrip(" \n").endswith(("<", "&")) or "<script>" in value or "<svg>" in value:
            continue  # what follows would become part of it
        assert body_text(value, 5_000, markup=True) == body_text(value + "<!---->", 5_000, markup=True), value
        assert title_text(value, 500, markup=True) == title_text(value + "<!---->", 500, markup=True), value
