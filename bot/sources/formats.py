"""Which format a document has: decided by its content; a Content-Type header is only believed about the encoding."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from bot.domain.errors import Malformed
from bot.sources import jsonfeed, rss
from bot.sources.document import Document, FeedElsewhere
from bot.sources.encoding import Decoded, decode

_FEED_ROOTS = {"rss", "rdf", "feed", "channel"}
_LOOKED_THROUGH = 200_000
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_LATER_ROOT = re.compile(r"<\?xml\s|<rss\b[^<>]*>|<(?:\w+:)?(?:RDF|feed)\s[^<>]*xmlns")
_ENTRY = re.compile(r"<(?:item|entry)\b[^<>]*>")
_LINK_TAG = re.compile(r"<link\b[^<>]{0,2000}>", re.IGNORECASE)
_BASE_TAG = re.compile(r"<base\b[^<>]{0,2000}>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{1,30});")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+)""")
_PASSWORD = re.compile(r"<input\b[^<>]{0,500}type\s*=\s*[\"']?password", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"cf-chl|cf_chl_opt|challenge-platform|attention required! \| cloudflare|captcha-delivery|/_incapsula_resource|"
    r"ddos-guard|sgcaptcha"
)
_LOGIN_PATH = re.compile(r"/(?:\w+-)?(?:log-?in|sign-?in|sso|auth)\b", re.IGNORECASE)
_NOT_FEEDS = {
    "opml": "this is an OPML list of feeds, not a feed: read it with `kabar feeds import`",
    "urlset": "this is a sitemap, not a feed: look for the site's RSS or Atom address",
    "sitemapindex": "this is a list of sitemaps, not a feed: look for the site's RSS or Atom address",
}


def read_document(body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document:
    """Reads a document of any known format; raises Malformed (`empty_body`, `not_a_feed`, `unreadable`)."""
    decoded = decode(body, content_type)
    text = decoded.text.strip()
    if not text:
        raise Malformed("empty_body", "the server sent an empty document; open the address in a browser to see why")
    if text[0] in "{[":
        return jsonfeed.parse(replace(decoded, text=text), base_url=base_url, now=now)
    return rss.parse(_from_root(replace(decoded, text=text), base_url), base_url=base_url, now=now)


def _from_root(decoded: Decoded, base_url: str | None) -> Decoded:
    """The document from its first mark-up that belongs to a feed on; what a server printed before it is cut off."""
    text = decoded.text
    _, name = _root(text)
    if name in _FEED_ROOTS:
        return decoded
    if name in _NOT_FEEDS:
        raise Malformed("not_a_feed", _NOT_FEEDS[name])
    is_page = name == "html" or "<!doctype html" in text[:2_000].lower()
    for match in _LATER_ROOT.finditer(text, 1, _LOOKED_THROUGH):
        rest = text[match.start() :]
        # a page that merely shows the beginning of a feed somewhere is still a page
        if _root(rest)[1] in _FEED_ROOTS and (not is_page or _ENTRY.search(rest)):
            return replace(decoded, text=rest, repairs=(*decoded.repairs, "text around the document removed"))
    raise _what_it_is(text, name, base_url)


def _root(text: str) -> tuple[int, str]:
    """Where the first element starts and its local name in lower case ("" when there is none)."""
    at = 0
    while 0 <= at < len(text):
        if text[at].isspace():
            at += 1
        elif text.startswith("<!--", at):
            end = text.find("-->", at)
            at = end + 3 if end >= 0 else -1
        elif text.startswith("<!", at):
            at = _after_doctype(text, at)
        elif text.startswith("<?", at):
            end = text.find(">", at)
            at = end + 1 if end >= 0 else -1
        else:
            match = _ROOT.match(text, at)
            return (at, match[2].lower()) if match else (at, "")
    return 0, ""


def _after_doctype(text: str, at: int) -> int:
    end, bracket = text.find(">", at), text.find("[", at)
    if 0 <= bracket < end:
        close = text.find("]", bracket)
        end = text.find(">", close) if close >= 0 else -1
    return end + 1 if end >= 0 else -1


def _what_it_is(text: str, root: str, base_url: str | None) -> Malformed:
    head = text[:_LOOKED_THROUGH]
    lower = head.lower()
    if root == "html" or "<!doctype html" in lower[:2_000] or "<body" in lower or "</html" in lower:
        alternate = _alternate(_COMMENT.sub("", head), base_url)
        if _CHALLENGE.search(lower) or ("just a moment" in lower and "challenge" in lower):
            return Malformed(
                "challenge",
                "this is a browser check, not a feed: the site keeps programs out; look for another address",
            )
        is_login = bool(_PASSWORD.search(head))
        if alternate and not (is_login and _LOGIN_PATH.search(urlsplit(base_url or "").path)):
            return FeedElsewhere(alternate)
        if is_login:
            return Malformed("login_page", "this is a login page, not a feed: the feed is not public any more")
        return Malformed("not_a_feed", "this is a web page, not a feed: look on the site for an RSS or Atom link")
    if root:
        return Malformed(
            "not_a_feed", f"this is an XML document (<{root[:40]}>), but not RSS or Atom: check the address"
        )
    return Malformed("not_a_feed", "this is neither XML nor JSON, so it is no feed: check the address")


def _alternate(page: str, base_url: str | None) -> str | None:
    own = base_url
    if (base := _BASE_TAG.search(page)) and (href := _attributes(base[0]).get("href")):
        base_url = _public(base_url, href) or base_url
    for tag in _LINK_TAG.finditer(page):
        attributes = _attributes(tag[0])
        kind = attributes.get("type", "").lower()
        if "alternate" not in attributes.get("rel", "").lower() or not attributes.get("href"):
            continue
        if any(word in kind for word in ("rss", "atom", "feed+json", "rdf")):
            found = _public(base_url, attributes["href"])
            if found and found != own:  # a page that names itself as its feed is no help
                return found
    return None


def _attributes(tag: str) -> dict[str, str]:
    """Of a tag of HTML, references decoded where they end as they should."""
    return {
        name.lower(): _REFERENCE.sub(lambda match: html.unescape(match[0]), value.strip("\"'"))
        for name, value in _ATTRIBUTE.findall(tag)
    }


def _public(base_url: str | None, href: str) -> str | None:
    """An address from the page, absolute, without the name and password that our own address may carry."""
    try:
        parts = urlsplit(urljoin(base_url or "", href.strip()))
    except ValueError:
        return None
    if parts.scheme not in {"http", "https", ""} or len(href) > 1_000:
        return None
    address = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return "".join(character for character in address if character.isprintable()) or None
