"""Which things can go wrong, as one tree.

KabarError
 ├ ConfigError(problems)              exit 2, prints all
 ├ StoreError(detail)                 the database cannot be used, and what to do; OtherVersion · Hindered
 ├ SourceError(feed)                  Unavailable(retry_after) · Malformed(detail) · Gone · Forbidden(why)
 ├ DeliveryError                      RateLimited(retry_after) · PlatformUnavailable (surely not delivered) ·
 │                                    OutcomeUnknown (may have been delivered) · ChannelMoved(new) ·
 │                                    ChannelGone(reason) · MessageRejected(detail)
 ├ PlatformRefused(reason)            the platform does not let this bot in: wrong or revoked token, two instances
 └ CommandError(text)                 shown to the user as it is
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.channel import Channel


class KabarError(Exception):
    """Anything Kabar itself reports; never shown as a traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in the configuration: `where` names file and key (or rule, or line), `what` says what to do."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class ConfigError(KabarError):
    """Every problem of the configuration at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class StoreError(KabarError):
    """The database cannot be opened, is older or newer than this program, or is damaged; says what to do."""


class OtherVersion(StoreError):
    """Another version of this program has changed the schema while this one runs."""


class Hindered(StoreError):
    """Another transaction was in the way just now; the database is well, and whoever tries again gets through."""


class SourceError(KabarError):
    """A feed could not be read. `cause` is a short stable code (`timeout`, `http_404`, `not_a_feed` …); `detail` is
    for people: one sentence without secrets; `retry_after` is the server's wish, already clamped."""

    def __init__(self, cause: str, detail: str, *, retry_after: timedelta | None = None) -> None:
        self.cause = cause
        self.detail = detail
        self.retry_after = retry_after
        super().__init__(f"{cause}: {detail}")


class Unavailable(SourceError):
    """Not now: network, timeout, 5xx, 429."""


class Malformed(SourceError):
    """Answered, but the document is no feed, too big, or could not be read in time."""


class Gone(SourceError):
    """410: the publisher says it will not come back."""


class Forbidden(SourceError):
    """401, 403, a login page or a challenge; or an address this bot must not connect to."""


class DeliveryError(KabarError):
    """A message was not (or perhaps not) delivered."""


class RateLimited(DeliveryError):
    """The platform asks to wait `retry_after` before the next message to this channel. Surely not delivered."""

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"asked to wait {retry_after.total_seconds():.0f} s")


class PlatformUnavailable(DeliveryError):
    """The platform could not be reached: surely not delivered."""


class OutcomeUnknown(DeliveryError):
    """Sent, but no answer came back: may have been delivered."""


class ChannelMoved(DeliveryError):
    """The channel has a new address (a Telegram group that became a supergroup)."""

    def __init__(self, new: Channel) -> None:
        self.new = new
        super().__init__(f"moved to {new}")


class ChannelGone(DeliveryError):
    """Blocked, kicked, archived, deleted: `reason` is a short code such as `blocked`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class MessageRejected(DeliveryError):
    """The platform refuses this very message; `detail` is its own word for it."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class PlatformRefused(KabarError):
    """The platform does not let this bot in. `reason`: `invalid_token`, `revoked`, `conflict`, `missing_scope`,
    `unreachable`; `detail`: one sentence for the operator."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class CommandError(KabarError):
    """A sentence for the person who typed the command, in their language."""
