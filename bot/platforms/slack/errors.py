"""Which of Slack's error codes means what for a delivery, and what an operator can do about each kind of trouble."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.domain.errors import (
    ChannelGone,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
)

RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
DEFAULT_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(days=1)

# What a code says about the token. None of it is the chat's fault, so no chat is parked for it.
TOKEN: Mapping[str, str] = {
    "invalid_auth": "invalid_token",
    "not_authed": "invalid_token",
    "not_allowed_token_type": "invalid_token",
    "invalid_token": "invalid_token",
    "account_inactive": "revoked",
    "token_revoked": "revoked",
    "token_expired": "revoked",
    "invalid_refresh_token": "revoked",
    "app_uninstalled": "revoked",
    "missing_scope": "missing_scope",
    "no_permission": "missing_scope",
}
GONE = frozenset(
    {
        "channel_not_found", "is_archived", "not_in_channel", "user_not_found", "user_disabled", "cannot_dm_bot",
        "messages_tab_disabled", "invalid_channel", "channel_is_limited_access", "thread_not_found",
        "cannot_reply_to_message", "team_not_found", "team_access_not_granted", "ekm_access_denied", "is_inactive",
    }
)  # fmt: skip
# The message that an answer should hang on was deleted, or is no message one can answer.
NO_THREAD = frozenset({"thread_not_found", "cannot_reply_to_message"})
GONE_PREFIXES = ("restricted_action", "slack_connect_")
REJECTED = frozenset(
    {
        "no_text", "markdown_text_conflict", "cannot_parse_attachment", "missing_charset", "message_not_found",
        "cant_update_message", "cant_delete_message", "edit_window_closed", "block_mismatch",
    }
)  # fmt: skip
REJECTED_PREFIXES = ("invalid_", "msg_", "metadata_", "too_many_")
# Slack's own word for "this failed on our side, some of it may have happened".
AMBIGUOUS = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})

FIXES: Mapping[str, str] = {
    "invalid_token": "Slack does not accept KABAR_SLACK_BOT_TOKEN: copy the Bot User OAuth Token (xoxb-...) from "
    '"OAuth & Permissions" of your app on api.slack.com/apps.',
    "invalid_app_token": "Slack does not accept KABAR_SLACK_APP_TOKEN: make one (xapp-...) with the scope "
    'connections:write under "Basic Information", "App-Level Tokens" of your app on api.slack.com/apps.',
    "revoked": "The app was removed from the workspace or its token was revoked: install it again and put the new "
    "token into KABAR_SLACK_BOT_TOKEN.",
    "missing_scope": 'The app lacks a permission: paste the current manifest into "App Manifest" on '
    "api.slack.com/apps and install the app again.",
    "unreachable": "Slack cannot be reached from here: look at the network and the proxy; Kabar keeps trying.",
    "no_app_token": "Kabar can send but hears no commands: set KABAR_SLACK_APP_TOKEN (xapp-...), or "
    "KABAR_SLACK_SIGNING_SECRET when Slack can reach this bot over HTTPS.",
}


class TokenRefused(PlatformUnavailable):
    """The token, not the chat, is in the way: surely not delivered, and nothing will be until somebody acts. `cause` is
    a key of FIXES."""

    def __init__(self, cause: str, words: str) -> None:
        self.cause = cause
        super().__init__(words)


@contextmanager
def translating() -> Iterator[None]:
    """The only place that knows the libraries' exceptions: everything leaves as a DeliveryError."""
    try:
        yield
    except SlackApiError as error:
        raise _refusal(error) from None
    except (
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.ClientHttpProxyError,
        aiohttp.InvalidURL,
    ) as error:  # no connection, so not a byte of the request went out
        raise PlatformUnavailable(f"no connection ({type(error).__name__})") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise OutcomeUnknown(f"no answer ({type(error).__name__})") from None
    except (ValueError, TypeError, AttributeError) as error:  # slack_sdk stumbles over answers that are no JSON objects
        raise OutcomeUnknown(f"no answer of Slack's ({type(error).__name__})") from None


def _refusal(error: SlackApiError) -> DeliveryError:
    # The response is slack_sdk's, or aiohttp's own when the body was not JSON.
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    headers = getattr(response, "headers", None) or {}
    data = getattr(response, "data", None)
    answer = data if isinstance(data, dict) else {}
    code = str(answer.get("error") or "")
    if status == 429 or code in RATE_LIMITED:
        return RateLimited(retry_after(headers.get("Retry-After")))
    if not code:
        return _without_code(status)
    return meaning(code, needed=str(answer.get("needed") or ""))


def _without_code(status: int) -> DeliveryError:
    """A gateway answered in Slack's place: 4xx turned the request away, anything else may have let it through."""
    if 400 <= status < 500 and status != 408:
        return PlatformUnavailable(f"http_{status}")
    return OutcomeUnknown(f"http_{status}")


def meaning(code: str, *, needed: str = "") -> DeliveryError:
    """What an error code of the Web API says about the message. A code nobody knows is a plain refusal: not delivered,
    to be tried again."""
    if code in TOKEN:
        return TokenRefused(TOKEN[code], f"{code}, needs {needed}" if needed else code)
    if code in AMBIGUOUS:
        return OutcomeUnknown(code)
    if code in GONE or code.startswith(GONE_PREFIXES):
        return ChannelGone(code)
    if code in REJECTED or code.startswith(REJECTED_PREFIXES):
        return MessageRejected(code)
    return PlatformUnavailable(code)


def retry_after(header: object) -> timedelta:
    """Slack's wish in whole seconds, at least one; half a minute where it is missing or nonsense."""
    try:
        seconds = float(str(header))
    except ValueError:
        return DEFAULT_WAIT
    if not math.isfinite(seconds):
        return DEFAULT_WAIT
    return timedelta(seconds=min(max(seconds, 1.0), LONGEST_WAIT.total_seconds()))


def refused(error: DeliveryError, *, app: bool = False) -> PlatformRefused:
    """The same trouble as an operator meets it when the token is tried; `app` says which of the two tokens."""
    reason = error.cause if isinstance(error, TokenRefused) else "unreachable"
    fix = FIXES["invalid_app_token" if app and reason != "unreachable" else reason]
    return PlatformRefused(reason, f"{fix} (Slack: {error})")
