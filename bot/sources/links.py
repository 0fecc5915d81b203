"""Which address of a feed is a link that can be followed, and what an id may be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from bot.sources.invisible import invisible_removed

MAX_LINK = 4_000
MAX_ID = 1_000

_BREAKS = re.compile(r"[\t\r\n]+")
_UNSAFE = {" ": "%20", '"': "%22", "<": "%3C", ">": "%3E", "\u00a0": "%20"}
# What nearly every link is: nothing to mend, nothing to resolve.
_USUAL = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[/?#][!#-;=?-~]*)?", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def absolute(value: object, bases: Iterable[str | None]) -> str | None:
    """`value` as an http(s) address, resolved against the first usable base when it is relative; else None."""
    if not isinstance(value, str):
        return None
    if len(value) <= MAX_LINK and _USUAL.fullmatch(value):
        return value
    address = _BREAKS.sub("", invisible_removed(value)).strip()
    if not address or len(address) > MAX_LINK:
        return None
    if address.lower().startswith("www."):
        address = "https://" + address
    if not _SCHEME.match(address):
        base = next((base for base in bases if base and _is_web(base)), None)
        address = _joined(base, address)
    for character, quoted in _UNSAFE.items():
        address = address.replace(character, quoted)
    return address if _is_web(address) else None


def identifier(value: object) -> str | None:
    """An id as it was given (only white space around it and control characters are not part of it); very long ones by
    their hash. Numbers count as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = " ".join(invisible_removed(str(value)).split())
    if len(text) > MAX_ID:
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return text or None


def _joined(base: str | None, address: str) -> str:
    if address.startswith("//"):
        return ("https:" if base is None else base.partition("//")[0]) + address
    try:
        return urljoin(base, address) if base else ""
    except ValueError:
        return ""


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
