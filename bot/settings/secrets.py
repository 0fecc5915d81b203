"""What of the settings the log must never show, in every form in which it might get there."""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import unquote

from bot.domain.feed import FeedSpec, keys_in

SHORTEST_KEY = 12  # a shorter header says something like "en-GB", which may stand in any line of the log


def passwords(url: str) -> tuple[str, ...]:
    """The password in an address, as it is written there and as it is meant."""
    password = re.search(r"://[^/@]*?:([^/@]+)@", url)
    return (password[1], unquote(password[1])) if password else ()


def of_feed(spec: FeedSpec) -> tuple[str, ...]:
    """A name and password also as they are sent; a header may well be a key, and one may stand in the address."""
    found = (*passwords(spec.url), *passwords(spec.proxy or ""))
    found += tuple(form for key in keys_in(spec.url) if len(key) >= SHORTEST_KEY for form in (key, unquote(key)))
    found += tuple(value for _name, value in spec.headers if len(value) >= SHORTEST_KEY)
    if spec.auth is None:
        return found
    return (*found, spec.auth, spec.auth.partition(":")[2], b64encode(spec.auth.encode()).decode())
