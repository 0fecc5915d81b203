"""What hostile or broken servers say on the wire and in their pages, beside the attacks of attacks.py: by name, with
the causes that each may end with ("": read, with whatever could be read)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from tests.adapters.attacks import ITEM, MEGABYTE, claims, redirect, rss
from tests.adapters.feedserver import Answer

GOOD = rss(ITEM)
JSON_FEED = b'{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[%s]}'


def raw(head: bytes, body: bytes = b"") -> Answer:
    return Answer(raw=b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body)


def chunked(*chunks: bytes) -> Answer:
    return raw(b"Transfer-Encoding: chunked", b"".join(chunks))


def page(inner: bytes) -> Answer:
    return Answer(
        body=b"<!doctype html><html><body>" + inner + b"</body></html>", headers={"Content-Type": "text/html"}
    )


def layers(body: bytes, count: int) -> bytes:
    for _ in range(count):
        body = gzip.compress(body)
    return body


def deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15, level=9)
    return b"".join((*(packer.compress(body) for _ in range(600)), packer.flush()))


WIRE: dict[str, tuple[Callable[[], Answer], set[str]]] = {
    "a header line of 1 MB": (lambda: raw(b"X: " + b"y" * MEGABYTE), {"bad_http"}),
    "a status line of 1 MB": (lambda: Answer(raw=b"HTTP/1.1 200 " + b"y" * MEGABYTE + b"\r\n\r\n"), {"bad_http"}),
    "a header that is no text": (lambda: raw(b"X: \0\xff\x01"), {"bad_http", ""}),
    "two lengths": (lambda: raw(b"Content-Length: 3\r\nContent-Length: 900", GOOD), {"bad_http"}),
    "a negative length": (lambda: raw(b"Content-Length: -1", GOOD), {"bad_http"}),
    "a length with a plus": (lambda: raw(b"Content-Length: +3", GOOD), {"bad_http"}),
    "a length too short": (lambda: raw(b"Content-Length: 20", GOOD), {"bad_http", "unreadable", ""}),
    "length and chunks": (
        lambda: raw(b"Content-Length: 3\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        {"bad_http", "empty_body"},
    ),
    "HTTP/1.0 without a length": (lambda: Answer(raw=b"HTTP/1.0 200 OK\r\n\r\n" + GOOD), {""}),
    "HTTP/0.9": (lambda: Answer(raw=GOOD), {"bad_http"}),
    "HTTP/1.0 without an end": (lambda: Answer(raw=b"HTTP/1.0 200 OK\r\n\r\n" + b" " * (8 * MEGABYTE)), {"too_big"}),
    "chunk extensions": (
        lambda: chunked(b"%x;a=b;c=d\r\n" % len(GOOD), GOOD, b"\r\n0;x=y\r\n\r\n"),
        {""},
    ),
    "a chunk extension of 1 MB": (lambda: chunked(b"5;" + b"x" * MEGABYTE), {"bad_http", "truncated", "too_big"}),
    "a chunk of all bytes there are": (lambda: chunked(b"f" * 40 + b"\r\n"), {"bad_http", "truncated", "timeout"}),
    "a chunk of negative size": (lambda: chunked(b"-5\r\nabcde\r\n"), {"bad_http", "truncated"}),
    "trailers without end": (
        lambda: chunked(b"1\r\n \r\n0\r\n", *(b"X-%d: y\r\n" % n for n in range(20_000))),
        {"bad_http", "truncated", "empty_body"},
    ),
    "continues without end": (
        lambda: Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000),
        {"timeout", "bad_http", "network", "truncated"},
    ),
    "another protocol": (lambda: Answer(raw=b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), {"http_101"}),
    "no content": (lambda: Answer(raw=b"HTTP/1.1 204 No Content\r\n\r\n"), {"http_204"}),
    "a part only": (lambda: Answer(status=206, body=GOOD), {"http_206"}),
    "a redirect with a body of 5 MB": (
        lambda: Answer(status=302, headers={"Location": "/good0"}, body=b"x" * 5 * MEGABYTE),
        {""},
    ),
    "a redirect without a place": (lambda: Answer(status=302), {"bad_redirect"}),
    "a redirect of 1 MB": (lambda: redirect("/" + "a" * MEGABYTE), {"bad_http"}),
    "a redirect that splits lines": (lambda: redirect("/x%0d%0aX-Evil: 1"), {"http_404"}),
    "a redirect to a script": (lambda: redirect("javascript:alert(1)"), {"bad_redirect"}),
    "a redirect to ftp": (lambda: redirect("ftp://files.example/feed"), {"bad_redirect"}),
    "a redirect to one number": (lambda: redirect("http://167772161/"), {"private_address", "bad_url"}),
    "a redirect to octal numbers": (lambda: redirect("http://012.0.0.1/"), {"private_address", "bad_url"}),
    "a redirect behind a name": (lambda: redirect("http://paper.example@10.0.0.1/"), {"private_address"}),
    "gzip with rubbish behind it": (
        lambda: Answer(body=gzip.compress(GOOD) + b"rubbish" * 99, headers={"Content-Encoding": "gzip"}),
        {""},
    ),
    "gzip in gzip in gzip": (
        lambda: Answer(body=layers(GOOD, 12), headers={"Content-Encoding": "gzip"}),
        {"not_a_feed", "unreadable", "bad_encoding"},
    ),
    "gzip upon gzip, declared": (
        lambda: Answer(body=layers(GOOD, 2), headers={"Content-Encoding": "gzip, gzip"}),
        {"bad_encoding"},
    ),
    "many small gzips": (
        lambda: Answer(body=gzip.compress(b" ") * 5_000, headers={"Content-Encoding": "gzip"}),
        {"bad_encoding"},
    ),
    "deflate bomb": (
        lambda: Answer(body=deflated(b" " * MEGABYTE), headers={"Content-Encoding": "deflate"}),
        {"too_big"},
    ),
    "brotli, so it says": (lambda: Answer(body=GOOD, headers={"Content-Encoding": "br"}), {"bad_encoding"}),
    "an encoding of 4 kB": (lambda: Answer(body=GOOD, headers={"Content-Encoding": "x" * 4_000}), {"bad_encoding"}),
    "a thousand cookies": (lambda: Answer(body=GOOD, headers=[("Set-Cookie", f"a{n}=b") for n in range(90)]), {""}),
}

PAGES: dict[str, tuple[Callable[[], Answer], set[str]]] = {
    "an empty 200": (Answer, {"empty_body"}),
    "a page that sends on": (
        lambda: page(b"<meta http-equiv='refresh' content='0;url=http://169.254.169.254/'>"),
        {"not_a_feed"},
    ),
    "a hotel's own page": (
        lambda: page(b"<h1>Welcome to the hotel Wi-Fi</h1><form action=/ok></form>"),
        {"not_a_feed"},
    ),
    "a login page": (lambda: page(b"<form><input type=password name=p></form>"), {"login_page"}),
    "a browser check": (lambda: page(b"<script>window._cf_chl_opt={}</script>"), {"challenge"}),
    "a browser check as 503": (
        lambda: Answer(status=503, body=b"<title>Just a moment...</title>", headers={"Retry-After": "5"}),
        {"challenge"},
    ),
    "a page of links": (lambda: page(b"<link rel=x " * 20_000), {"not_a_feed"}),
    "a page of half links": (lambda: page((b"<link " + b"a=" * 900) * 100), {"not_a_feed"}),
    "a file of the system": (
        lambda: Answer(
            body=rss(b"<item><title>&x;</title></item>", b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>")
        ),
        {"", "unreadable"},
    ),
    "entities in attributes": (
        lambda: Answer(
            body=rss(
                b"<item><title a='&x;&x;&x;'>a</title></item>",
                b"<!DOCTYPE r [<!ENTITY y '" + b"y" * 60_000 + b"'><!ENTITY x '" + b"&y;" * 9_000 + b"'>]>",
            )
        ),
        {"", "unreadable", "not_a_feed", "parse_memory", "parse_crashed"},
    ),
    "a DTD without end": (
        lambda: Answer(body=b"<!DOCTYPE r [" + b"<!ENTITY a 'b'>" * 200_000),
        {"not_a_feed", "unreadable"},
    ),
    "CDATA in CDATA": (
        lambda: Answer(body=rss(b"<item><title>" + b"<![CDATA[" * 50_000 + b"a]]></title></item>")),
        {""},
    ),
    "NUL bytes": (lambda: Answer(body=rss(b"<item><title>a\0b\0c</title></item>" + ITEM)), {""}),
    "an encoding nobody knows": (lambda: Answer(body=claims("klingon-8", GOOD)), {""}),
    "an encoding of 1 MB": (lambda: Answer(body=claims("x" * MEGABYTE, GOOD)), {"", "not_a_feed"}),
    "a title of 5 MB": (lambda: Answer(body=rss(b"<item><title>" + b"x" * (5 * MEGABYTE) + b"</title></item>")), {""}),
    "a link of 5 MB": (
        lambda: Answer(
            body=rss(b"<item><title>a</title><link>http://a.example/" + b"x" * (5 * MEGABYTE) + b"</link></item>")
        ),
        {""},
    ),
    "30,000 categories": (
        lambda: Answer(body=rss(b"<item><title>a</title>" + b"<category>c</category>" * 30_000 + b"</item>")),
        {"", "parse_memory", "parse_timeout"},
    ),
    "a date of 1 MB": (
        lambda: Answer(body=rss(b"<item><title>a</title><pubDate>Mon, " + b"9" * MEGABYTE + b"</pubDate></item>")),
        {""},
    ),
    "a guid of 1 MB": (
        lambda: Answer(body=rss(b"<item><title>a</title><guid>" + b"g" * MEGABYTE + b"</guid></item>")),
        {""},
    ),
    "JSON with a huge number": (
        lambda: Answer(body=JSON_FEED % (b'{"id":' + b"9" * 100_000 + b',"title":"a"}')),
        {"", "unreadable"},
    ),
    "JSON with huge exponents": (
        lambda: Answer(body=JSON_FEED % b'{"id":1e999999,"title":"a","date_published":-1e400}'),
        {""},
    ),
    "JSON with no numbers": (
        lambda: Answer(body=JSON_FEED % b'{"id":NaN,"title":"a","x":-Infinity}'),
        {"", "unreadable"},
    ),
    "JSON with halves of letters": (
        lambda: Answer(body=JSON_FEED % rb'{"id":"1","title":"\ud800 a \udfff","content_text":"\u0000"}'),
        {""},
    ),
    "JSON objects 100,000 deep": (
        lambda: Answer(body=JSON_FEED % (b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
        {"unreadable", "parse_crashed", "not_a_feed"},
    ),
    "JSON that is a list": (lambda: Answer(body=b"[1,2,3]"), {"not_a_feed"}),
    "JSON of the wrong shapes": (
        lambda: Answer(body=b'{"version":"https://jsonfeed.org/version/1.1","items":{"0":1},"title":[],"hubs":7}'),
        {"", "not_a_feed", "unreadable"},
    ),
    "a list of feeds": (lambda: Answer(body=b"<opml version='2.0'><body/></opml>"), {"not_a_feed"}),
    "a sitemap": (lambda: Answer(body=b"<urlset><url><loc>http://a.example/</loc></url></urlset>"), {"not_a_feed"}),
    "a picture": (lambda: Answer(body=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 999), {"not_a_feed", "unreadable"}),
}
