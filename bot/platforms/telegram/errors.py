"""What each of Telegram's refusals means for a message or for the bot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.domain.channel import Channel
from bot.domain.errors import (
    ChannelGone,
    ChannelMoved,
    KabarError,
    MessageRejected,
    OutcomeUnknown,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
)

UNNAMED_WAIT = timedelta(seconds=30)  # a 429 that does not say how long

NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
"""Causes under which no byte of the request can have reached Telegram. All others leave it open: no answer in time, a
connection lost while waiting for it, 5xx, an answer that is no JSON."""

GONE = {
    "bot was blocked": "blocked",
    "user_is_blocked": "blocked",
    "bot was kicked": "kicked",
    "channel_private": "kicked",
    "user is deactivated": "deactivated",
    "input_user_deactivated": "deactivated",
    "not a member": "not_a_member",
    "can't initiate conversation": "not_started",
    "can't send messages to bots": "is_a_bot",
    "chat not found": "not_found",
    "peer_id_invalid": "not_found",
    "chat_id is empty": "not_found",
    "group chat was deactivated": "deleted",
    "group chat was deleted": "deleted",
    "group chat was upgraded": "upgraded",
    "no rights to send": "no_rights",
    "not enough rights": "no_rights",
    "need administrator rights": "no_rights",
    "chat_write_forbidden": "no_rights",
    "chat_send_plain_forbidden": "no_rights",
    "chat_admin_required": "no_rights",
    "chat_restricted": "no_rights",
    "topic_closed": "topic_closed",
    "topic_deleted": "topic_deleted",
    "message thread not found": "topic_deleted",
}
"""Words of a 400 or 403 after which nothing more can be sent to this channel, and our code for the reason."""

FIXES = {
    "invalid_token": "Telegram does not know this token: copy it again from @BotFather into KABAR_TELEGRAM_TOKEN.",
    "conflict": "Another program reads this bot's messages: stop the other one, or give each its own token.",
    "webhook": "This bot has a webhook, so its messages go elsewhere: open .../bot<token>/deleteWebhook once.",
    "webhook_unreachable": "Telegram cannot bring messages to KABAR_TELEGRAM_WEBHOOK_URL.",
    "webhook_refused": "Telegram does not take KABAR_TELEGRAM_WEBHOOK_URL: https only, port 443, 80, 88 or 8443.",
    "unreachable": "Telegram cannot be reached: check the network, the proxy and KABAR_TELEGRAM_BASE_URL.",
    "rate_limited": "Telegram asks to wait; Kabar does and goes on by itself.",
}
"""One sentence for the operator by cause."""


@contextmanager
def translating(channel: Channel | None = None) -> Iterator[None]:
    """Turns the library's errors into ours: DeliveryError about a message, PlatformRefused about the bot itself."""
    try:
        yield
    except TelegramError as error:
        raise _meaning(error, channel) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise OutcomeUnknown(f"an answer that cannot be read ({type(error).__name__})") from error


def _meaning(error: TelegramError, channel: Channel | None) -> KabarError:
    """The order matters: BadRequest is a NetworkError to the library."""
    words = error.message.lower()
    reason = next((reason for sign, reason in GONE.items() if sign in words), None)
    meaning: KabarError = OutcomeUnknown(f"no clear answer from Telegram: {error.message[:200]}")
    match error:
        case RetryAfter():
            meaning = RateLimited(_duration(error.retry_after))
        case ChatMigrated() if channel is not None:
            meaning = ChannelMoved(replace(channel, address=str(error.new_chat_id)))
        case InvalidToken():
            meaning = PlatformRefused("invalid_token", FIXES["invalid_token"])
        case Conflict():
            meaning = PlatformRefused("conflict", FIXES["webhook" if "webhook" in words else "conflict"])
        case Forbidden():
            meaning = ChannelGone(reason or "forbidden")
        case BadRequest():
            meaning = ChannelGone(reason) if reason else MessageRejected(error.message)
        case NetworkError() if words.startswith("too many requests"):
            meaning = RateLimited(UNNAMED_WAIT)
        case NetworkError() if isinstance(error.__cause__, NEVER_LEFT):
            meaning = PlatformUnavailable(FIXES["unreachable"])
    return meaning


def _duration(wait: float | timedelta) -> timedelta:
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
