"""Two spellings of a page are one, two pages are two, and an item keeps its identity through what outlets do to it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.identity import Known, canonical_url, content_hash, is_front_page, is_same, keys_of, shown_link
from bot.domain.story import Item
from tests.builders import HOUR, NOW, an_item, patient

PAGE = "https://news.example/a/story"


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("https://news.example/a/story", PAGE),
        ("http://news.example/a/story", PAGE),
        ("  HTTPS://News.Example/a/story\n", PAGE),
        ("https://www.news.example/a/story", PAGE),
        ("https://www2.news.example/a/story", PAGE),
        ("https://m.news.example/a/story", PAGE),
        ("https://amp.news.example/a/story", PAGE),
        ("https://mobile.news.example/a/story", PAGE),
        ("https://www.m.news.example/a/story", PAGE),
        ("https://news.example./a/story", PAGE),
        ("https://user:secret@news.example/a/story", PAGE),
        # a host that is nothing but its first word keeps it
        ("https://www.com/x", "https://www.com/x"),
        ("https://m.example/x", "https://m.example/x"),
        # paths
        ("https://news.example/a/story/", PAGE),
        ("https://news.example//a///story", PAGE),
        ("https://news.example/a/story/amp", PAGE),
        ("https://news.example/a/story/amp/", PAGE),
        ("https://news.example/a/story/index.html", PAGE),
        ("https://news.example/a/story/amp/index.htm/", PAGE),
        ("https://news.example/a/%73tory", PAGE),
        ("https://news.example/", "https://news.example"),
        ("https://news.example/A/Story", "https://news.example/A/Story"),
        ("https://news.example/caf\u00e9 au lait", "https://news.example/caf%C3%A9%20au%20lait"),
        ("https://news.example/caf%c3%a9%20au%20lait", "https://news.example/caf%C3%A9%20au%20lait"),
        ("https://news.example/a%3Fb%23c", "https://news.example/a%3Fb%23c"),
        ("https://news.example/%ff", "https://news.example/%FF"),
        ("https://news.example/100%25", "https://news.example/100%25"),
        # fragments and ports
        ("https://news.example/a/story#comments", PAGE),
        ("http://news.example:80/a/story", PAGE),
        ("https://news.example:443/a/story", PAGE),
        ("https://news.example:8443/a/story", "https://news.example:8443/a/story"),
        # the query: where a reader came from goes, what is read stays, in one order
        (PAGE + "?utm_source=rss&utm_medium=feed&UTM_Campaign=x", PAGE),
        (PAGE + "?fbclid=1&gclid=2&mc_cid=3&at_medium=RSS&guce_referrer=q", PAGE),
        (PAGE + "?ref=rss", PAGE),
        (PAGE + "?source=newsletter", PAGE),
        (PAGE + "?ref=v1.2", PAGE + "?ref=v1.2"),
        (PAGE + "?source=reuters", PAGE + "?source=reuters"),
        (PAGE + "?b=2&a=1&utm_id=9", PAGE + "?a=1&b=2"),
        (PAGE + "?p=", PAGE + "?p="),
        (PAGE + "?q=%26b", PAGE + "?q=%26b"),
        (PAGE + "?", PAGE),
        # what names a visit
        (PAGE + ";jsessionid=0A1B.node-2?PHPSESSID=9", PAGE),
        (PAGE + "?sid=7", PAGE + "?sid=7"),
        # international names, addresses
        ("https://b\u00fccher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://XN--BCHER-KVA.example/x", "https://xn--bcher-kva.example/x"),
        ("https://\uff57\uff57\uff57.news.example/a/story", PAGE),
        ("http://[2001:DB8::1]/x", "https://[2001:db8::1]/x"),
        ("http://[::1]:8080/x/", "https://[::1]:8080/x"),
        ("http://127.0.0.1:80/x", "https://127.0.0.1/x"),
        # no page
        ("", None),
        ("news.example/a", None),
        ("//news.example/a", None),
        ("/a/story", None),
        ("ftp://news.example/a", None),
        ("mailto:a@news.example", None),
        ("javascript:alert(1)//http://x.example", None),
        ("urn:uuid:1", None),
        ("http://", None),
        ("http:///path", None),
        ("http://news.example:99999/", None),
        ("http://news.example:port/", None),
        ("http://[::1/", None),
        ("http://two words.example/", None),
        ('http://"><script>.example/', None),
        ("http://\u2100.example/", None),
    ],
)
def test_spellings(spelling: str, canonical: str | None) -> None:
    assert canonical_url(spelling) == canonical


wild = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too
hosts = st.sampled_from(
    ["news.example", "m.www.amp.a.b", "b\u00fccher.de", "[::1]", "a..b", "xn--a", "\u3002", "a%2eb"]
)
bits = st.sampled_from(
    ["/", "//", "amp", "index.html", "..", "%2F", "%", "%zz", "%25", "%ff", "\u00e9", "\udcff", "\ud800", " ", "\t",
     "\\", "?", "&", "=", "#", ";", "+", ":", "@", "www.", "a=1", "utm_source=1", "ref=rss"]
)  # fmt: skip
addresses = st.builds(
    lambda host, port, rest: f"http://{host}{port}{''.join(rest)}",
    hosts,
    st.sampled_from(["", ":80", ":", ":8080", ":0443"]),
    st.lists(bits, max_size=12),
)


@patient
@given(st.one_of(wild, wild.map("https://".__add__), addresses))
@example("http://www.m.a.com/")
@example("http://a.com/x/amp/amp")
@example("http://a.com/index.html/amp/index.htm")
@example("http://a.com/\ud800")
@example("http://a.com/?\ud800")
def test_canonical_twice_is_canonical_once(text: str) -> None:
    once = canonical_url(text)
    if once is not None:
        assert canonical_url(once) == once
        assert urlsplit(once).scheme == "https"
        assert once.isascii()
        assert not any(c.isspace() for c in once)


words = st.text("abcdefghijklmnop", min_size=1, max_size=8).filter(lambda w: w != "amp")
paths = st.lists(words, min_size=1, max_size=4).map("/".join)
queries = st.dictionaries(words.map("q".__add__), words, max_size=3)


def spelled(host: str, path: str, query: dict[str, str], draw: st.DataObject) -> str:
    """One of the many spellings of this page."""
    scheme, port = draw.draw(st.sampled_from([("http", ""), ("https", ""), ("http", ":80"), ("https", ":443")]))
    pairs = [f"{name}={value}" for name, value in query.items()]
    pairs += draw.draw(st.lists(st.sampled_from(["utm_source=x", "fbclid=9", "ref=rss", "cmpid=a"]), max_size=2))
    tail = draw.draw(st.sampled_from(["", "/", "/amp", "/index.html"]))
    prefix = draw.draw(st.sampled_from(["", "www.", "m.", "amp."]))
    fragment = draw.draw(st.sampled_from(["", "#top"]))
    order = draw.draw(st.permutations(pairs))
    asked = f"?{'&'.join(order)}" if order else ""
    return f"{scheme}://{prefix}{host}{port}/{path}{tail}{asked}{fragment}"


@patient
@given(paths, queries, st.data())
def test_two_spellings_of_one_page_agree(path: str, query: dict[str, str], data: st.DataObject) -> None:
    first, second = (spelled("news.example", path, query, data) for _ in range(2))
    assert canonical_url(first) == canonical_url(second)


@patient
@given(st.tuples(paths, queries), st.tuples(paths, queries), st.data())
def test_different_pages_differ(
    one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]], data: st.DataObject
) -> None:
    same = canonical_url(spelled("news.example", *one, data)) == canonical_url(spelled("news.example", *other, data))
    assert same == (one == other)


def test_a_page_at_another_outlet_differs() -> None:
    assert canonical_url("https://news.example/a") != canonical_url("https://news.test/a")


@pytest.mark.parametrize(
    ("url", "front"), [("https://a.example", True), ("https://a.example/x", False), ("https://a.example?p=1", False)]
)
def test_front_pages(url: str, front: bool) -> None:
    assert is_front_page(url) is front


# --- keys and identity -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("http://www.intranet.example:8080/x/index.html", "http://www.intranet.example:8080/x/index.html"),
        ("http://m.news.example/a/", "http://m.news.example/a/"),
        (PAGE + "?b=2&utm_source=rss&a=1%20x&fbclid=9#part-2", PAGE + "?b=2&a=1%20x#part-2"),
        (PAGE + "?utm_source=rss", PAGE),
        (PAGE + "#utm_source=rss", PAGE),
        (PAGE + ";jsessionid=0A1B?id=7", PAGE + "?id=7"),
        ("https://ana:hunter2@news.example/a", "https://news.example/a"),
        ("https://b\u00fccher.example/caf\u00e9?q=\u00e9", "https://xn--bcher-kva.example/caf%C3%A9?q=%C3%A9"),
        (" https://news.example/a ", "https://news.example/a"),
        ("javascript:alert(1)//http://x.example", None),
        ("http://news.example:99999/", None),
    ],
)
def test_readers_follow_the_outlets_own_address_without_tracking(link: str, shown: str | None) -> None:
    assert shown_link(link) == shown
    if shown is not None:
        assert canonical_url(shown) == canonical_url(link)


def known_as(item: Item, *, feed_id: str = "wire") -> Known:
    url = shown_link(item.link) if item.link else None
    return Known(
        story_id=1,
        feed_id=feed_id,
        url=url,
        title=item.title,
        content_hash=content_hash(item),
        published=item.published,
    )


def same(before: Item, after: Item, *, feed_id: str = "wire") -> bool:
    """Whether `after`, read alone from `feed_id`, is the story that `before` became when `wire` was read."""
    remembered = set(keys_of("wire", [before])[0].all)
    url = canonical_url(after.link) if after.link else None
    shared = [key for key in keys_of(feed_id, [after])[0].all if key in remembered]
    return any(is_same(after, url, feed_id, key, known_as(before)) for key in shared)


ITEM = an_item("Acme lays off three hundred people", id="tag:wire,1", link=PAGE, published=NOW)


@pytest.mark.parametrize(
    "after",
    [
        ITEM,
        an_item("Acme lays off 300 people: what we know", id="tag:wire,1", link=PAGE, published=NOW),
        an_item("Completely rewritten headline", id="tag:wire,1", link=PAGE, published=NOW + HOUR),
        an_item("Completely rewritten headline", link=PAGE),
        an_item("Acme lays off three hundred people", id="tag:wire,2", link=PAGE),
        an_item("Acme lays off many people", id="tag:wire,1", link=PAGE + "-updated"),
        an_item("ACME lays off three hundred people!", id="other", link="https://news.example/moved", published=NOW),
        an_item(ITEM.title, id="tag:wire,1", link=PAGE + "?utm_source=rss"),
        an_item(ITEM.title, id="tag:wire,1"),
    ],
)
def test_the_same_story(after: Item) -> None:
    assert same(ITEM, after)


@pytest.mark.parametrize(
    "after",
    [
        an_item("Something else altogether", id="tag:wire,9", link=PAGE + "/other", published=NOW),
        an_item("Bank opens branch in Bandung", id="tag:wire,1", link="https://news.example/other"),
        an_item("Bank opens branch in Bandung", id="tag:wire,9", link=PAGE),
    ],
    ids=["nothing shared", "a recycled guid", "a recycled address"],
)
def test_another_story(after: Item) -> None:
    assert not same(ITEM, after)


def test_a_story_that_gets_another_title_and_another_address_is_told_by_its_minute() -> None:
    minute = NOW + HOUR / 4
    before = an_item("Acme lays off three hundred people", id="tag:wire,1", link=PAGE, published=minute)
    after = an_item("Job cuts hit Bandung workshop", id="tag:wire,1", link=PAGE + "-renamed", published=minute)
    assert same(before, after)
    assert same(before, replace(after, id="tag:wire,9", link=PAGE))
    assert not same(before, replace(after, published=minute + HOUR))
    hour = minute.replace(minute=0, second=0)
    assert not same(replace(before, published=hour), replace(after, published=hour)), "a date without a time"


def test_a_guid_that_is_an_address_survives_the_move_to_https() -> None:
    before = an_item(id="http://wire.example/?p=7", link="http://wire.example/a")
    assert same(before, an_item(id="https://www.wire.example/?p=7", link="https://wire.example/b"))


def test_one_address_in_two_feeds_is_one_story_whatever_the_titles() -> None:
    assert same(ITEM, an_item("Judul lain sama sekali", id="x", link=PAGE + "/amp"), feed_id="other")


def test_a_guid_means_nothing_to_another_feed() -> None:
    assert not same(an_item("Short", id="1"), an_item("Short", id="1"), feed_id="other")


def test_a_feed_with_one_guid_for_everything_keeps_its_stories_apart() -> None:
    flood = [an_item(f"Story number {n} is long enough", id="same", link=f"{PAGE}/{n}") for n in range(50)]
    keys = keys_of("wire", flood)
    assert len({one.all for one in keys}) == 50
    assert not any(key.startswith("guid:") for one in keys for key in one.all)
    every = [key for one in keys for key in one.all]
    assert len(set(every)) == len(every)


def test_two_entries_with_one_guid_or_one_address_are_known_by_something_else() -> None:
    first, second = keys_of("wire", [an_item("One thing", id="1", link=PAGE), an_item("Another", id="1", link=PAGE)])
    assert not set(first.all) & set(second.all)


def test_a_feed_whose_items_all_link_to_one_page_keeps_its_stories_apart() -> None:
    items = [an_item(f"Story number {n} is long enough", link=PAGE, published=NOW) for n in range(20)]
    keys = keys_of("wire", items)
    assert all(one.url is None for one in keys)
    assert len({one.all for one in keys}) == 20


def test_the_front_page_is_no_storys_address() -> None:
    (only,) = keys_of("wire", [an_item(link="https://www.news.example/?utm_source=rss", id="1")])
    assert only.url is None
    assert only.others


def test_the_same_entry_twice_in_a_document_has_the_same_keys() -> None:
    first, second = keys_of("wire", [ITEM, ITEM])
    assert first == second
    assert first.url
    assert len(first.others) == 2


def test_without_guid_link_and_date_an_item_is_known_by_its_words() -> None:
    item = an_item("Short", summary="Words.", content="More words.")
    (one,) = keys_of("wire", [item])
    assert one.url is None
    assert [key.split(":")[0] for key in one.others] == ["words"]
    assert same(item, an_item("SHORT", summary="words", content="More  words!"))
    assert not same(item, an_item("Short", summary="Words.", content="Other words."))


def test_a_short_title_with_a_date_is_not_enough() -> None:
    assert not any(key.startswith("dated:") for key in keys_of("wire", [an_item("Live", published=NOW)])[0].all)


def test_an_undated_item_keeps_its_guid_and_address() -> None:
    (one,) = keys_of("wire", [an_item(id="1", link=PAGE)])
    assert [key.split(":")[0] for key in one.all] == ["url", "guid"]


items = st.builds(
    Item,
    id=st.none() | st.sampled_from(["", " ", "1", "2", "http://wire.example/1"]) | wild,
    title=wild,
    link=st.none() | st.sampled_from([PAGE, PAGE + "/2", "https://news.example"]) | wild,
    published=st.none() | st.just(NOW),
    summary=wild,
    content=wild,
)


@patient
@given(st.lists(items, max_size=8))
def test_every_item_of_any_document_is_known_by_something(document: list[Item]) -> None:
    keys = keys_of("wire", document)
    assert len(keys) == len(document)
    assert all(one.all for one in keys)
    assert keys == keys_of("wire", document)


@pytest.mark.parametrize(("field", "value"), [("title", "Other"), ("summary", "Other"), ("content", "Other")])
def test_the_content_hash_sees_every_word_and_no_punctuation(field: str, value: str) -> None:
    assert content_hash(an_item("A title, twice")) == content_hash(an_item("a TITLE twice!"))
    assert content_hash(an_item(**{field: value})) != content_hash(an_item())
