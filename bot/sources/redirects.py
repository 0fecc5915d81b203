"""Which address is asked first, and which next when a server redirects."""

from __future__ import annotations

from functools import lru_cache

from yarl import URL

from bot.domain.errors import Malformed, Unavailable


@lru_cache(maxsize=1_024)  # asked for the host's queue, and right after for the fetch
def web_address(url: str) -> URL:
    """An http(s) address without its fragment; raises Malformed(bad_url)."""
    try:
        parsed = URL(url.strip())
        usable = parsed.scheme in {"http", "https"} and bool(parsed.host) and " " not in (parsed.host or "")
    except (ValueError, UnicodeError):
        usable = False
    if not usable:
        raise Malformed("bad_url", "the address is no http:// or https:// address: check how it is written")
    return parsed.with_fragment(None)


def redirect_target(url: URL, location: str | None) -> URL:
    """Where a redirect leads; raises Unavailable(bad_redirect). A name and password that the server puts into the
    address are not ours to use."""
    try:
        target = url.join(URL((location or "").strip())).with_fragment(None)
        usable = bool(location) and target.scheme in {"http", "https"} and bool(target.host)
    except (ValueError, UnicodeError):
        usable = False
    if not usable:
        raise Unavailable(
            "bad_redirect", f"{host_of(url)} redirects to something that is no web address: tell the publisher"
        )
    return target.with_user(None)


def host_of(url: URL) -> str:
    return url.host or "the host"
