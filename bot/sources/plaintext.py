"""How mark-up becomes the plain text that rules judge and readers see: no tags, no entities, nothing invisible."""

from __future__ import annotations

import html
import re
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser

from bot.sources.invisible import invisible_removed

LONGEST_MARKUP = 400_000
MAX_TAGS = 5_000  # reading nested blocks takes quadratic time

_VOID = "br|hr|img|wbr|input|meta|link|source|embed"
_PAIRED = (
    "a|abbr|acronym|address|article|aside|audio|b|big|blockquote|body|button|caption|center|cite|code|dd|del|details|"
    "dfn|div|dl|dt|em|fieldset|figcaption|figure|font|footer|form|h[1-6]|head|header|html|i|iframe|ins|kbd|li|main|"
    "mark|nav|nobr|noscript|object|ol|p|picture|pre|q|s|samp|script|section|small|span|strike|strong|style|sub|summary|"
    "sup|svg|table|tbody|td|tfoot|th|thead|time|title|tr|tt|u|ul|var|video"
)
_TAG = re.compile(rf"<(?:(?:{_VOID})\b[^<>]*|/?(?:{_PAIRED})(?:\s[^<>]*|/)?)>", re.IGNORECASE)
_CLOSING = re.compile(rf"</(?:{_PAIRED})\s*>|<(?:{_VOID})\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
# Still there after one decoding: escaped twice. `&lt;` and `&gt;` may be what a text about mark-up means.
_LEFT_OVER = re.compile(r"&(?:#\d{2,7}|#[xX][0-9a-fA-F]{2,6}|(?!lt;|gt;)[a-zA-Z][a-zA-Z0-9]{1,10});")
_BLOCK = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|"
    r"header|hr|li|main|nav|ol|p|pre|section|table|tr|ul)\b)",
    re.IGNORECASE,
)
_LONG_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9]{0,20})\s[^<>]{2000,}>")
# UTF-8 that somebody once took for windows-1252 and encoded again: `CÃ´te dâ€™Ivoire`
_MANGLED = re.compile("[ÂÃâ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŽžŸ]")
_CELL = re.compile(r"<(?=/?t[dh]\b)", re.IGNORECASE)
# Mark-up that only has to be left out: a browser would show its text in this order, whatever is nested in what. Tables,
# forms and silent elements are not in it, nor references that browsers read in more than one way.
_SIMPLE_TAG = (
    r"</?(?:a|abbr|acronym|address|article|aside|b|big|blockquote|center|cite|code|dd|del|div|dl|dt|em|figcaption|figure|"
    r"font|footer|h[1-6]|header|i|ins|kbd|li|main|mark|nav|ol|p|pre|q|s|samp|section|small|span|strike|strong|sub|sup|"
    r"time|tt|u|ul|var|(?<!/)br|(?<!/)hr|(?<!/)img|(?<!/)wbr)"
    r"""(?:\s++[a-zA-Z][\w:.-]*+(?:=(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=`/]++))?+)*+\s*+/?>"""
)
_SIMPLE_REFERENCE = r"&(?:amp|lt|gt|quot|nbsp|#(?:3[2-9]|[4-9]\d|1[01]\d|1[6-9]\d|[2-9]\d\d|\d{4}|[1-4]\d{4}));"
_SIMPLE = re.compile(
    rf"(?:[^<&\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]++|{_SIMPLE_REFERENCE}|{_SIMPLE_TAG})*+",
    re.IGNORECASE | re.ASCII,
)
_TAGS = re.compile(r"<[^<>]*>")
_SILENT = "script, style, template, iframe, noembed, noframes, xmp, svg, math, object, textarea, select, title"
# A form feed is white space to HTML (so it may stand inside tables) and in no text: our mark for a line break.
_BREAK = "\f"
_SHORT = 100
_SPACES = re.compile(r"\s+")
# the five places that windows-1252 leaves empty
_BYTES = {chr(code): bytes([code]) for code in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}


def title_text(value: str, limit: int, *, markup: bool | None = None) -> str:
    """One line. `markup`: True when the feed says it is HTML, False when it says plain, None when it does not say;
    then only a complete known tag makes it HTML, so that `a < b` and `<T>` survive."""
    value = _bounded(value)
    text = _from_html(value) if _is_html(value, markup) else _entities(value)
    return _shorten(" ".join(invisible_removed(text).split()), limit)


def body_text(value: str, limit: int, *, markup: bool | None = None) -> str:
    """Lines of text: one a block element or `<br>`, none of them empty."""
    value = _bounded(value)
    is_html = _is_html(value, markup)
    text = _from_html(value) if is_html else _entities(value)
    if markup is not False and text.lstrip().startswith("<") and _is_html(text, None):
        text, is_html = _from_html(text), True  # escaped twice: what came out is mark-up again
    return _shorten(_lines(invisible_removed(text)), limit)


def plain(value: object, limit: int = 200) -> str:
    """A name or a label: one line of text, whatever was given."""
    if not isinstance(value, str):
        return ""
    return _label(value, limit) if len(value) <= _SHORT else title_text(value, limit)


@lru_cache(maxsize=1_024)
def _label(value: str, limit: int) -> str:
    """The same few authors and tags stand on all entries of a document."""
    return title_text(value, limit)


def _bounded(value: str) -> str:
    value = value[:LONGEST_MARKUP]
    if value.count("<") > MAX_TAGS:
        value = "<".join(value.split("<", MAX_TAGS)[:-1])
    return value if value.isascii() or not _MANGLED.search(value) else _unmangled(value)


def _unmangled(value: str) -> str:
    """The text as it was meant, if all of it was encoded twice; else as it is."""
    try:
        return b"".join(_BYTES.get(letter) or letter.encode("cp1252") for letter in value).decode("utf-8")
    except UnicodeError:
        return value


def _is_html(value: str, markup: bool | None) -> bool:
    if markup is False or "<" not in value:
        return False
    if markup and "</" not in value and not _TAG.search(value):
        return False
    return bool(markup) or bool(_CLOSING.search(value))


def _from_html(value: str) -> str:
    if _SIMPLE.fullmatch(value):
        text = _TAGS.sub("", _BLOCK.sub("\n<", " ".join(value.split())))
        return _decoded_again(html.unescape(text) if "&" in text else text)
    source = value.replace("<![CDATA[", "").replace("]]>", "") if "<![CDATA[" in value else value
    source = _BLOCK.sub(_BREAK + "<", _LONG_TAG.sub(r"<\1>", _SPACES.sub(" ", source)))
    source = _CELL.sub(" <", source)
    root = LexborHTMLParser(source).root
    if root is None:
        return ""
    for node in root.css(_SILENT):
        node.decompose()
    text = root.text().replace("\n", " ").replace(_BREAK, "\n")
    return _decoded_again(text)


def _entities(value: str) -> str:
    if "&" not in value:
        return value
    return _decoded_again(_ENTITY.sub(lambda match: html.unescape(match[0]), value))


def _decoded_again(text: str) -> str:
    return _LEFT_OVER.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def _lines(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "\n".join(line for line in (" ".join(words.split()) for words in text.split("\n")) if line)


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
