"""What ails a feed and what to do about it, in words; the same in chats, in notices and on the command line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from bot.domain.feed import Feed, FeedState
from bot.texts import Texts
from bot.texts.style import age

_STATUS = re.compile(r"http_([1-5]\d\d)")


def cause_words(code: str | None, texts: Texts) -> str:
    """Of a cause code, as a part of a sentence."""
    if texts.has(f"cause.{code}"):
        return texts.say(f"cause.{code}")
    status = _STATUS.fullmatch(code or "")
    return texts.say("cause.http", status=status[1]) if status else texts.say("cause.other", code=code)


def fix_words(code: str | None, texts: Texts) -> str:
    """What to do, as a sentence."""
    if texts.has(f"cli.fix.{code}"):
        return texts.say(f"cli.fix.{code}")
    is_theirs = re.fullmatch(r"http_5\d\d", code or "")
    return texts.say("cli.fix.passing" if is_theirs else "cli.fix.other")


def silence_words(feed: Feed, texts: Texts, now: datetime) -> str | None:
    """How a feed that reads well is too quiet against its own rhythm; None while it is not."""
    since = feed.rhythm.silent_since(feed.last_ok) if feed.last_ok and feed.state is FeedState.OK else None
    if since is None:
        return None
    usual = age(feed.rhythm.gap or timedelta(), texts.language)
    return texts.say("feeds.silent", since=age(now - since, texts.language), gap=usual)
