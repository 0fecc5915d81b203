"""What the operator adds to the way to one feed: headers, a name and a password, a proxy; and who gets to see them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL

from bot.domain.errors import Malformed
from bot.domain.feed import FeedSpec
from bot.sources.redirects import host_of

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\t -~\u00a0-\U0010ffff]{0,4000}")
# What the fetcher itself has to decide, or what would change how the message is read.
_OURS = {
    "accept-encoding", "connection", "content-length", "expect", "host", "if-match", "if-modified-since",
    "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "proxy-authorization", "proxy-connection",
    "range", "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Secrets in it are never shown. `headers` go to the feed's own host only, as does `auth` (`name:password`)."""

    proxy: URL | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, spec: FeedSpec) -> Access:
        """What a feed's entry says; raises Malformed(bad_access) with what to change."""
        for name, value in spec.headers:
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                raise Malformed("bad_access", f"the header {name[:40]!r} cannot be sent: mend it in the feed's entry")
            if name.lower() in _OURS:
                raise Malformed("bad_access", f"the header {name} is Kabar's own to set: take it out of the entry")
        return cls(proxy=_proxy(spec.proxy), headers=dict(spec.headers), auth=spec.auth)


DIRECT = Access()


def _proxy(address: str | None) -> URL | None:
    if not address:
        return None
    try:
        proxy = URL(address.strip())
        usable = proxy.scheme in {"http", "https"} and bool(proxy.host)
    except (ValueError, UnicodeError):
        usable = False
    if not usable:
        raise Malformed("bad_access", "the feed's proxy is not usable: write it as http://host:port")
    return proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """The headers that only the feed's own host may see; `home` is the address without name and password."""

    home: URL
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, address: URL, access: Access) -> Confidence:
        """A name and password in the address count as `auth`; the entry's own `auth` comes first."""
        secret = access.auth
        if secret is None and (address.user or address.password):
            secret = f"{address.user or ''}:{address.password or ''}"
        headers = dict(access.headers)
        if secret is not None:
            headers["Authorization"] = "Basic " + b64encode(secret.encode("utf-8", "replace")).decode("ascii")
        return cls(home=without_secret(address), headers=headers)

    def told_to(self, url: URL) -> Mapping[str, str]:
        """The headers for this hop: none when a redirect led to another host, or from https to http."""
        home = self.home
        is_same = url.scheme == home.scheme and url.port == home.port
        is_safer = home.scheme == "http" and url.scheme == "https"
        return self.headers if host_of(url) == host_of(home) and (is_same or is_safer) else {}


def without_secret(url: URL) -> URL:
    return url.with_user(None) if url.user or url.password else url
