"""What comes in over HTTP, in a shape of our own: platforms name the paths they answer, one listener serves them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An HTTP request. `path` without query; header names in lower case; `body` raw, as signatures need it."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Ask], Awaitable[Reply]]
Routes = Mapping[tuple[str, str], Handler]
"""By method and path: `("POST", "/slack/events")`; a last part `*` stands for any: `/hubs/*`."""
