"""When two items are the same story: canonical addresses and the keys an item is known by."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from bot.domain.story import Item

# Parameters that say where a reader came from, never what is read.
TRACKING = re.compile(
    r"""^(utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|_hsenc|_hsmi|
    mkt_tok|oly_enc_id|oly_anon_id|ns_(mchannel|campaign|source|linkname|fee)|ito|at_(medium|campaign|custom.*|format|
    link.*|ptr.*|bbc_team)|cmpid|cmp|ncid|sr_share|ref_src|ref_url|guccounter|guce_.*|spm|vero_.*|wt_mc|xtor|
    soc_src|soc_trk|ftag|smid|smtyp|partner|traffic_source|fr|ocid|srsltid|_openstat|_g[al]|hsctatracking|gad_source|
    gclsrc|epik|li_fat_id|mbid|taid|__twitter_impression|(pk|piwik|mtm|matomo)_.*|hss_channel|elqtrackid|trkcampaign)$""",
    re.VERBOSE | re.IGNORECASE,
)
# `ref=` and `source=` name the sender on most sites, yet a document on some: dropped only with a value that says so.
SENDER_VALUES = re.compile(r"^(rss|feed|rss_?feed|atom|newsletter|twitter|facebook|social|homepage|hp)$", re.IGNORECASE)
SENDER_NAMES = frozenset({"ref", "source", "src", "from", "via", "medium"})
# What names a visit, and is another at every look.
_VISIT = re.compile(r";(?:jsessionid|phpsessid)=[\w.!*-]*", re.IGNORECASE | re.ASCII)
_VISITS = re.compile(r"^(jsessionid|phpsessid|aspsessionid.*|cfid|cftoken)$", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ASCII_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(256)
_WRITTEN = "".join(chr(code) for code in range(0x21, 0x7F))  # what stands in addresses as it is
SHORTEST_TELLING_TITLE = 12
# Last parts of a path that name no other page than the path without them.
SAME_PAGE = frozenset({"", "amp", "index.html", "index.htm"})


_SURROGATES = re.compile("[\ud800-\udfff]")
_OTHER_HOSTS = re.compile(r"^(?:(?:www\d?|m|amp|mobile)\.(?=[^.]+\.))+")
_HOST = re.compile(r"[a-z0-9._-]+")
_SAFE = ":@!$&'()*+,;=~-._"
_PLAIN_PATH = re.compile(rf"[A-Za-z0-9/{re.escape(_SAFE)}]*")
_SLASHES = re.compile(r"/{2,}")


@lru_cache(maxsize=4_096)  # an entry's address and id are asked for several times on its way
def canonical_url(url: str) -> str | None:
    """One spelling for one page: the scheme, `www.`/`m.`/`amp.`, tracking, fragments, default ports and a trailing
    slash do not tell pages apart. None for anything but http(s) with a host. Idempotent."""
    if "/" not in url:  # most ids are none
        return None
    if not url.isascii():
        url = _SURROGATES.sub("\ufffd", url)
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return None
    host = _OTHER_HOSTS.sub("", host.lower())
    if ":" not in host and not _HOST.fullmatch(host):
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, 80, 443):
        netloc = f"{netloc}:{port}"
    path = parts.path if _PLAIN_PATH.fullmatch(parts.path) else _quoted(parts.path)
    if ";" in path:
        path = _VISIT.sub("", path)
    steps = (_SLASHES.sub("/", path) if "//" in path else path).split("/")
    while steps and steps[-1] in SAME_PAGE:
        steps.pop()
    query = _telling(parts.query) if parts.query else ""
    return f"https://{netloc}{'/'.join(steps)}{'?' if query else ''}{query}"


def _quoted(path: str) -> str:
    steps = (unquote(step, errors="surrogateescape").encode("utf-8", "surrogateescape") for step in path.split("/"))
    return "/".join(quote(step, safe=_SAFE) for step in steps)


@lru_cache(maxsize=1_024)  # many addresses end in the same way
def _telling(query: str) -> str:
    """Without the parameters that say where a reader came from."""
    kept = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
        if not _is_tracking(name, value)
    ]
    return urlencode(sorted(kept), errors="surrogateescape")


def _is_tracking(name: str, value: str) -> bool:
    if TRACKING.match(name) or _VISITS.match(name):
        return True
    return name.lower() in SENDER_NAMES and bool(SENDER_VALUES.match(value))


def shown_link(url: str) -> str | None:
    """The address that readers follow: as the outlet wrote it, in ASCII, without tracking and without a name and
    password. (The canonical one may lead nowhere: not every outlet answers without `www.` or over https.) None where
    that is."""
    url = url.strip()
    if canonical_url(url) is None:
        return None
    if url.isascii() and not any(mark in url for mark in "?@#;"):
        return url
    parts = urlsplit(url)
    netloc, path = parts.netloc.rpartition("@")[2], _VISIT.sub("", parts.path)
    if not netloc.isascii():
        netloc = netloc.encode("idna").decode("ascii")
    query = "&".join(pair for pair in parts.query.split("&") if not _is_tracking(*_named(pair)))
    fragment = "" if "=" in parts.fragment and _is_tracking(*_named(parts.fragment)) else parts.fragment
    return urlunsplit((parts.scheme, netloc, *(quote(part, safe=_WRITTEN) for part in (path, query, fragment))))


def _named(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote(name), unquote(value)


def is_front_page(canonical: str) -> bool:
    """An outlet's home page is not the address of a story."""
    parts = urlsplit(canonical)
    return parts.path in ("", "/") and not parts.query


def words(title: str) -> frozenset[str]:
    """The telling words of a title: four letters or more, or with a digit."""
    found = re.findall(r"[^\W_]+", title.casefold())
    return frozenset(word for word in found if len(word) >= 4 or any(c.isdigit() for c in word))


def fingerprint(*texts: str) -> str:
    """A short hash of texts whose case, punctuation and spacing do not count."""
    return hashlib.sha256(b"\x1f".join(map(_only_words, texts))).hexdigest()[:32]


def _only_words(text: str) -> bytes:
    if text.isascii():  # several times faster, and most of what is read
        return b" ".join(text.encode("ascii").translate(_ASCII_WORDS).split())
    return _BETWEEN_WORDS.sub(" ", text.casefold()).strip().encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What an item is known by. `url` holds for every feed, `others` only within the feed. An item is the same story
    as one that shares a key with it, unless that key is all they share (see `is_same`)."""

    url: str | None
    others: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return ((self.url,) if self.url else ()) + self.others

    @property
    def lasting(self) -> tuple[str, ...]:
        """Those that stay while a publisher gives out new ids."""
        return tuple(key for key in self.all if key.startswith(("url:", "words:")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store remembers under a key. `url` as readers follow it."""

    story_id: int
    feed_id: str
    url: str | None
    title: str
    content_hash: str
    published: datetime | None = None


def keys_of(feed_id: str, items: Sequence[Item]) -> list[Keys]:
    """The keys of each item of one document, in order.

    A guid that stands on several different entries of the document, or an address that they all share, identifies
    nothing and is left out; so is an outlet's front page. An item without address and date is known by its words:
    its guid may be another one at every look."""
    urls = [canonical_url(item.link) if item.link else None for item in items]
    titles = [fingerprint(item.title or item.summary) for item in items]
    shared_urls = _ambiguous(zip(urls, titles, strict=True))
    ids = [_normal_id(item.id) for item in items]
    shared_ids = _ambiguous(zip(ids, titles, strict=True))
    result = []
    for item, url, guid, title in zip(items, urls, ids, titles, strict=True):
        telling = url is not None and url not in shared_urls and not is_front_page(url)
        others = []
        if guid and guid not in shared_ids:
            others.append(f"guid:{feed_id}:{fingerprint_exact(guid)}")
        if item.published is not None and len(item.title) >= SHORTEST_TELLING_TITLE:
            others.append(f"dated:{feed_id}:{title}:{item.published.isoformat()}")
        if not telling and (item.published is None or not others):
            others.append(f"words:{feed_id}:{fingerprint(item.title, item.summary, item.content[:500])}")
        result.append(Keys(url=f"url:{fingerprint_exact(url)}" if url and telling else None, others=tuple(others)))
    return result


def is_same(item: Item, url: str | None, feed_id: str, matched: str, known: Known) -> bool:
    """Whether an item that shares the key `matched` with a known story is that story. `url`: its canonical address.

    Within one feed, a guid or an address alone can be recycled for something new: when the other of the two differs
    and the titles have no telling word in common, it is another story; unless both were published at one minute."""
    if matched.startswith(("words:", "dated:")) or known.feed_id != feed_id:
        return True
    if item.published is not None and item.published == known.published and _is_exact(item.published):
        return True
    if matched.startswith("guid:") and (url is None or url == (known.url and canonical_url(known.url))):
        return True
    if matched.startswith("url:") and item.id is None:
        return True
    mine, theirs = words(item.title), words(known.title)
    return not mine or not theirs or bool(mine & theirs)


def _is_exact(moment: datetime) -> bool:
    """Not only a day or an hour, which many stories share."""
    return bool(moment.minute or moment.second)


def content_hash(item: Item) -> str:
    """Changes when the words of an entry change."""
    return fingerprint(item.title, item.summary, item.content)


def fingerprint_exact(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _normal_id(guid: str | None) -> str | None:
    if not guid or not guid.strip():
        return None
    return canonical_url(guid) or guid.strip()


def _ambiguous(pairs: Iterable[tuple[str | None, str]]) -> frozenset[str]:
    """The keys that stand beside more than one title."""
    counts = Counter(key for key, _title in set(pairs) if key)
    return frozenset(key for key, n in counts.items() if n > 1)
