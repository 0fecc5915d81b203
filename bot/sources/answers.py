"""What a publisher's answer means: its status as an error of ours, its caching headers as a wish for quiet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.domain.errors import Forbidden, Gone, SourceError, Unavailable
from bot.sources.links import absolute

LONGEST_WAIT = timedelta(hours=24)
PERMANENT = {301, 308}
REDIRECTS = {301, 302, 303, 307, 308}

_MAX_AGE = re.compile(r"""(?:^|[,\s])max-age\s*=\s*["']?(\d+)""", re.IGNORECASE)
_OF_SOME_FIELDS = re.compile(r"""\b(no-cache|private)\s*=\s*"[^"]{0,500}\"""", re.IGNORECASE)
_SECONDS = re.compile(r"(\d+)(?:\.\d*)?", re.ASCII)
_CLOUDFLARE = re.compile(
    rb"just a moment\.\.\.|cf-chl|challenge-platform|_cf_chl_opt|attention required! \| cloudflare", re.I
)
_OTHER_GUARDIANS = re.compile(
    rb"captcha-delivery|_incapsula_resource|ddos-guard|sgcaptcha|px-captcha|awswafcaptcha", re.I
)
_LINK = re.compile(r"<([^<>]{1,2000})>\s*;([^<>]{1,500})")
_RELATIONS = re.compile(r"""^.*?\brel\s*=\s*["']?([^"';,]{1,100}).*$""", re.DOTALL | re.IGNORECASE)
_LONGEST_LINKS = 8_000
_LOGIN = re.compile(rb"<input\b[^<>]{0,500}type\s*=\s*[\"']?password", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """ETag and Last-Modified letter for letter as the server sent them; None: it sent none."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A good answer. `body` is None when nothing has changed (304); `url` is where it came from in the end; `headers`
    holds the few that readers need, names in lower case; `min_interval`: how long it says it stays fresh, `is_dated`:
    whether it says anything of that; `retry_after`: the longest wait that it or a redirect on the way asks for;
    `moved_to`: every redirect on the way was permanent."""

    status: int
    body: bytes | None
    headers: Mapping[str, str]
    url: str
    validators: Validators
    min_interval: timedelta | None = None
    is_dated: bool = False
    retry_after: timedelta | None = None
    moved_to: str | None = None


def validators_of(headers: Mapping[str, str], sent: Validators | None, *, unchanged: bool) -> Validators:
    """What to send next time. A 304 without validators keeps the old ones, a full answer without them drops them, as
    does one whose bytes cannot be sent back as they were."""
    etag, modified = _sendable(headers.get("ETag")), _sendable(headers.get("Last-Modified"))
    if unchanged and sent is not None:
        return Validators(etag=etag or sent.etag, last_modified=modified or sent.last_modified)
    return Validators(etag=etag, last_modified=modified)


def _sendable(value: str | None) -> str | None:
    return value if value and value.isprintable() else None


def failure(status: int, headers: Mapping[str, str], body: bytes, host: str, now: datetime) -> SourceError:
    """What a status that is neither success, 304 nor redirect means. `body` is the beginning of the answer. Whatever
    the status, a Retry-After beside it is to be obeyed."""
    wait = retry_after(headers.get("Retry-After"), now)
    error = _meaning(status, headers, body, host, wait)
    error.retry_after = wait
    return error


def _meaning(status: int, headers: Mapping[str, str], body: bytes, host: str, wait: timedelta | None) -> SourceError:
    cause = f"http_{status}"
    if (guardian := _guardian(status, headers, body)) is not None:
        return Forbidden(
            "challenge",
            f"{host} asks for a browser check ({guardian}HTTP {status}), which a program cannot pass: "
            "ask the publisher to let feed readers in, or use another address of the feed",
        )
    if status == 410:
        return Gone(cause, f"{host} says that this feed is gone for good (HTTP 410): remove it or find its new address")
    if status in {401, 403, 451}:
        return Forbidden(cause, _why_forbidden(status, body, host))
    if status == 404:
        return Unavailable(cause, f"{host} has no document at this address (HTTP 404): look up the feed's new address")
    if status in {429, 503}:
        asked = f"; it asks to wait {_spoken(wait)}" if wait else ""
        busy = "finds that we ask too often" if status == 429 else "is overloaded or under maintenance"
        return Unavailable(cause, f"{host} {busy} (HTTP {status}){asked}")
    if status == 304:
        return Unavailable(cause, f"{host} says that nothing has changed since nothing (HTTP 304): wait for its repair")
    whose = "its own trouble, wait" if status >= 500 else "check the address"
    return Unavailable(cause, f"{host} answered with HTTP {status}: {whose}")


def _guardian(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Who wants to see a browser, as a part of a sentence ("" where that cannot be told); None where nobody does."""
    if headers.get("x-amzn-waf-action", "").lower() in {"challenge", "captcha"}:
        return "AWS, "
    if status not in {401, 403, 405, 406, 429, 503}:
        return None
    if headers.get("cf-mitigated") == "challenge" or _CLOUDFLARE.search(body):
        return "Cloudflare, "
    return "" if _OTHER_GUARDIANS.search(body) else None


def _why_forbidden(status: int, body: bytes, host: str) -> str:
    if status == 451:
        return f"{host} may not show this feed here for legal reasons (HTTP 451): remove the feed"
    if status == 401 or _LOGIN.search(body):
        return (
            f"{host} asks for a login (HTTP {status}): the feed is not public; use an address with access, or remove it"
        )
    return f"{host} refuses us (HTTP {status}): the feed may be closed to programs; ask the publisher or remove it"


def _spoken(wait: timedelta) -> str:
    seconds = int(wait.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Seconds or an HTTP date, between 0 and 24 h; nonsense and the past are None."""
    if not value:
        return None
    text = value.strip()
    if match := _SECONDS.fullmatch(text):
        seconds = int(match[1]) if len(match[1]) < 10 else int(LONGEST_WAIT.total_seconds())
        wait = timedelta(seconds=seconds)
    else:
        moment = _http_date(text)
        wait = moment - now if moment else timedelta()
    return min(wait, LONGEST_WAIT) if wait > timedelta() else None


def min_interval(headers: Mapping[str, str], control: str, now: datetime) -> timedelta | None:
    """How long the publisher says the answer stays fresh: max-age less Age, else Expires; 24 h at most. `control`: all
    its Cache-Control lines. A directive that names fields speaks of these only."""
    control = _OF_SOME_FIELDS.sub("", control)
    if "no-cache" in control.lower() or "no-store" in control.lower():
        return None
    age = headers.get("Age", "")
    elapsed = timedelta(seconds=int(age)) if age.isascii() and age.isdigit() and len(age) < 10 else timedelta()
    if match := _MAX_AGE.search(control):
        fresh = timedelta(seconds=int(match[1])) if len(match[1]) < 10 else LONGEST_WAIT + elapsed
    else:
        expires = _http_date(headers.get("Expires", ""))
        if expires is None:
            return None
        fresh = expires - (_http_date(headers.get("Date", "")) or now)
    wait = min(fresh - elapsed, LONGEST_WAIT)
    return wait if wait > timedelta() else None


def is_dated(headers: Mapping[str, str]) -> bool:
    """Whether an answer says how long it stays fresh, be it not at all. One that does not, of a document that has not
    changed, leaves standing what was said before."""
    return "Cache-Control" in headers or "Expires" in headers


def linked(header: str | None, relation: str, base: str) -> str | None:
    """The http(s) address that a Link header names for a relation (`hub`, `self`)."""
    for target, parameters in _LINK.findall((header or "")[:_LONGEST_LINKS]):
        if relation in _RELATIONS.sub(r"\1", parameters).lower().split():
            return absolute(target, (base,))
    return None


def _http_date(text: str) -> datetime | None:
    if not text or len(text) > 60:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
