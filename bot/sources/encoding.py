"""Which characters the bytes of a document mean, when declarations are missing, wrong or hostile.

Order: byte order mark, UTF-16/32 by their zero bytes, UTF-8 when the bytes are valid UTF-8 (nothing else looks like
it by accident), then what the header or the document declares, then windows-1252. UTF-7 and Python's own codecs are
never believed."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first character of a document is `<`, `{` or `[`: where its zero bytes are tells the width and the order.
_ZEROS = (
    (re.compile(rb"\x00\x00\x00[<{\[\s]", re.DOTALL), "utf-32-be"),
    (re.compile(rb"[<{\[\s]\x00\x00\x00", re.DOTALL), "utf-32-le"),
    (re.compile(rb"\x00[<{\[\s]\x00.", re.DOTALL), "utf-16-be"),
    (re.compile(rb"[<{\[\s]\x00.\x00", re.DOTALL), "utf-16-le"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z][\w.:-]{0,39})""", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
# As browsers read them: the name on the left in practice means its larger relative on the right.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
}
_NEVER = {"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
_DIRECT = {"x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "unicode": "utf-8"}
_SHOWN = {"cp1252": "windows-1252", "cp1254": "windows-1254", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be"}
_SEVEN_BIT = {"iso2022_jp", "iso2022_kr", "hz"}
_EBCDIC = b"\x4c\x6f\xa7\x94"
_TOO_MANY_BAD = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text, the encoding it was read with, and what had to be repaired to get there."""

    text: str
    encoding: str
    repairs: tuple[str, ...] = ()


def decode(body: bytes, content_type: str | None) -> Decoded:
    """Never fails: what cannot be read becomes U+FFFD, and `repairs` says so."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _by_mark(body[len(mark) :], encoding)
    for pattern, encoding in _ZEROS:
        if pattern.match(body):
            return _by_mark(body, encoding)
    if body.startswith(_EBCDIC):
        return _by_mark(body, "cp037")
    named = _named(body, content_type)
    declared = next((known for name in named if (known := _known(name))), None)
    if declared in _SEVEN_BIT and body.isascii():
        return _by_mark(body, declared)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(body, declared, named)
    pure = declared in {None, "utf-8"} or body.isascii()
    repairs = () if pure else (f"declared as {named[0]} but is utf-8",)
    return Decoded(text=text, encoding="utf-8", repairs=repairs)


def _by_mark(body: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(text=body.decode(encoding), encoding=_SHOWN.get(encoding, encoding))
    except UnicodeDecodeError:
        if encoding == "utf-8":
            return _mostly_utf8(body)
        text = body.decode(encoding, "replace")
        return Decoded(text=text, encoding=_SHOWN.get(encoding, encoding), repairs=("undecodable bytes replaced",))


def _not_utf8(body: bytes, declared: str | None, named: list[str]) -> Decoded:
    if declared and declared != "utf-8":
        text = body.decode(declared, "replace")
        bad = text.count("\ufffd")
        if bad <= len(text) * _TOO_MANY_BAD:
            repairs = ("undecodable bytes replaced",) if bad else ()
            return Decoded(text=text, encoding=_SHOWN.get(declared, declared), repairs=repairs)
    foreign = len(body) - sum(map(len, _ASCII.findall(body)))
    valid = sum(map(len, _SEQUENCES.findall(body)))
    if valid * 2 > foreign:
        return _mostly_utf8(body)
    why = f"declared as {named[0]}" if named else "no encoding declared"
    return Decoded(text=body.decode("cp1252", "kabar.latin"), encoding="windows-1252", repairs=(why,))


_ASCII = re.compile(rb"[\x00-\x7f]+")
_SEQUENCES = re.compile(rb"(?:[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})+")


def _mostly_utf8(body: bytes) -> Decoded:
    """UTF-8 with some bytes of something else in it: those are read as windows-1252, the rest stays whole."""
    text = body.decode("utf-8", "kabar.latin")
    return Decoded(text=text, encoding="utf-8", repairs=("some bytes were not utf-8",))


def _named(body: bytes, content_type: str | None) -> list[str]:
    """The encodings that the header and the XML declaration name, the header first."""
    charset = _CHARSET.search(content_type or "")
    declared = _DECLARED.search(body[:2_000])
    names = [charset[1]] if charset else []
    return [name.lower() for name in (*names, *([declared[1].decode("ascii")] if declared else []))]


def _known(name: str) -> str | None:
    if name in _DIRECT:
        return _DIRECT[name]
    try:
        found = codecs.lookup(name)
        b"a".decode(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    plain = found.name
    # Declared as wide, yet no zero bytes at the start: the declaration is wrong.
    if plain in _NEVER or plain.startswith(("utf-16", "utf-32", "utf-8-")):
        return None
    return _MEANT.get(plain, plain)


def _latin(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return bad.decode("cp1252", "replace"), error.end


codecs.register_error("kabar.latin", _latin)
