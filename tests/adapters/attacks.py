"""What hostile publishers send: every attack that a feed must survive, by name."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache

from tests.adapters.feedserver import Answer

MEGABYTE = 1 << 20
ITEM = b"<item><title>a</title><link>https://a.example/1</link></item>"


def rss(inner: bytes, before: bytes = b"") -> bytes:
    return before + b"<rss version='2.0'><channel><title>t</title>" + inner + b"</channel></rss>"


@cache
def bomb() -> bytes:
    """1 GiB of blanks inside a feed, in about 1 MB of gzip."""
    packer = zlib.compressobj(wbits=31, level=9)
    blanks = b" " * MEGABYTE
    parts = [packer.compress(b"<rss version='2.0'><channel>"), *(packer.compress(blanks) for _ in range(1024))]
    return b"".join((*parts, packer.flush()))


def laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    return rss(b"<item><title>&l11;</title></item>", b'<!DOCTYPE r [<!ENTITY l0 "lol">' + entities + b"]>")


def swelling() -> bytes:
    """One large entity, used often: quadratic growth without nesting."""
    head = b'<!DOCTYPE r [<!ENTITY x "' + b"x" * 100_000 + b'">]>'
    return rss(b"<item><title>" + b"&x;" * 50_000 + b"</title></item>", head)


def claims(encoding: str, body: bytes) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + body


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


# name → the answer, and the causes it may end with ("" : read, with whatever could be read)
ATTACKS: dict[str, tuple[Callable[[], Answer], set[str]]] = {
    "gzip bomb of 1 GB": (lambda: Answer(body=bomb(), headers={"Content-Encoding": "gzip"}), {"too_big"}),
    "gzip bomb undeclared": (lambda: Answer(body=bomb()), {"too_big"}),
    "body of 200 MB": (lambda: Answer(body=b" " * MEGABYTE, repeat=200), {"too_big"}),
    "a byte at a time": (lambda: Answer(body=rss(ITEM), drip=1, pause=0.5), {"timeout"}),
    "a header byte at a time": (lambda: Answer(raw=b"HTTP/1.1 200 OK\r\nX: y\r\n", drip=1, pause=0.5), {"timeout"}),
    "headers without end": (
        lambda: Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100_000))),
        {"bad_http"},
    ),
    "no answer at all": (lambda: Answer(wait=60), {"timeout"}),
    "chunks without end": (lambda: Answer(body=b" " * 4096, drip=4096, pause=0, endless=True), {"too_big", "timeout"}),
    "small chunks without end": (lambda: Answer(body=b" ", drip=1, pause=0, endless=True), {"timeout", "too_big"}),
    "redirect to itself": (lambda: redirect("/attack"), {"bad_redirect"}),
    "redirect to a file": (lambda: redirect("file:///etc/passwd"), {"bad_redirect"}),
    "redirect to a data address": (lambda: redirect("data:text/xml,<rss/>", 301), {"bad_redirect"}),
    "redirect to the cloud's own address": (lambda: redirect("http://169.254.169.254/"), {"private_address"}),
    "redirect to a private network": (lambda: redirect("http://192.168.1.1/"), {"private_address"}),
    "redirect to a mapped address": (lambda: redirect("http://[::ffff:10.0.0.1]/"), {"private_address"}),
    "redirect through NAT64": (lambda: redirect("http://[64:ff9b::a00:1]/"), {"private_address"}),
    "redirect through 6to4": (lambda: redirect("http://[2002:a00:1::]/"), {"private_address"}),
    "redirect to a mail server": (lambda: redirect("http://93.184.216.34:25/"), {"private_address"}),
    "a name that turns private": (lambda: redirect("http://rebinding.example/"), {"private_address"}),
    "billion laughs": (lambda: Answer(body=laughs()), {"", "unreadable", "not_a_feed"}),
    "quadratic entities": (lambda: Answer(body=swelling()), {"", "unreadable", "not_a_feed"}),
    "40,000 attributes": (
        lambda: Answer(body=rss(b"<item %s>" % b" ".join(b"a%d='x'" % n for n in range(40_000)) + ITEM[6:])),
        {""},
    ),
    "400 kB of comments opened": (lambda: Answer(body=rss(ITEM + b"<!--" * 100_000)), {""}),
    "400 kB of comments in a title": (
        lambda: Answer(body=rss(b"<item><title><![CDATA[" + b"<!--" * 100_000 + b"]]></title></item>")),
        {""},
    ),
    "300,000 items": (lambda: Answer(body=rss(ITEM + b"<item><a/></item>" * 300_000)), {""}),
    "300,000 items of JSON": (
        lambda: Answer(
            body=b'{"version":"https://jsonfeed.org/version/1","items":[' + b'{"id":"1"},' * 300_000 + b'{"id":"2"}]}'
        ),
        {"", "parse_memory", "parse_crashed"},
    ),
    "two million empty objects": (
        lambda: Answer(body=b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * 2_000_000 + b"{}]}"),
        {"", "parse_memory", "parse_crashed", "parse_timeout"},
    ),
    "elements 200,000 deep": (
        lambda: Answer(body=rss(b"<item><title>a</title>" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</item>")),
        {""},
    ),
    "elements 900,000 deep, unclosed": (
        lambda: Answer(body=rss(b"<item>" + b"<a>" * 900_000)),
        {"", "parse_timeout", "parse_memory", "parse_crashed"},
    ),
    "JSON 200,000 deep": (
        lambda: Answer(body=b'{"items":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        {"unreadable", "not_a_feed", "parse_crashed"},
    ),
    "mark-up 200,000 deep": (
        lambda: Answer(body=rss(b"<item><description><![CDATA[" + b"<div>" * 200_000 + b"]]></description></item>")),
        {""},
    ),
    "claims UTF-7": (lambda: Answer(body=claims("utf-7", rss(ITEM))), {""}),
    "claims UTF-16": (lambda: Answer(body=claims("utf-16", rss(ITEM))), {""}),
    "claims UTF-32": (lambda: Answer(body=claims("utf-32", rss(ITEM))), {""}),
    "claims a codec that unpacks": (lambda: Answer(body=claims("zlib_codec", rss(ITEM))), {""}),
    "5 MB that turn wide": (
        lambda: Answer(body=rss(ITEM + b"<item><title>\xf0\x9f\x98\x80" + b"x" * 5_500_000 + b"</title></item>")),
        {"", "parse_memory", "parse_crashed"},
    ),
    "invalid bytes": (lambda: Answer(body=rss(b"<item><title>\xff\xfe\xed\xa0\x80 a</title></item>")), {""}),
    "nothing but invalid bytes": (lambda: Answer(body=b"\xff\xfe\xfd" * 100_000), {"not_a_feed", "unreadable"}),
    "zeros": (lambda: Answer(body=b"\0" * MEGABYTE), {"empty_body", "not_a_feed", "unreadable"}),
    "a damaged gzip": (
        lambda: Answer(body=b"\x1f\x8b\x08\0" + b"\xff" * 9_000, headers={"Content-Encoding": "gzip"}),
        {"bad_encoding"},
    ),
    "a length that is a lie": (lambda: Answer(body=rss(ITEM), claimed_length=1 << 40), {"timeout", "truncated"}),
}
