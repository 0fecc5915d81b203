"""/digest: the day so far, now; /digest 08:00: every day at that hour."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.commands.command import Command, Context
from bot.commands.preferences import CLOCK, Change, apply_change, described, known_zone, wall_clock
from bot.domain.message import Message
from bot.domain.story import Topic
from bot.domain.subscription import Mode

LOOK_BACK = timedelta(hours=24)
NOW_WORDS = frozenset({"now", "today", "sekarang", "hari", "ini"})


async def run(words: list[str], context: Context) -> Message:
    hours = [word for word in words if re.fullmatch(CLOCK, word)]
    other = [word for word in words if word not in hours and word.lower() not in NOW_WORDS]
    if other:
        raise context.refuse("digest.what", word=other[0][:40])
    if hours:
        return await _at(hours[-1], context)
    return await _now(context)


async def _at(hour: str, context: Context) -> Message:
    prefs = context.chat.preferences
    topics = prefs.topics or frozenset({Topic.AI, Topic.TECH_LAYOFFS})
    mode = Mode.BOTH if prefs.mode.alerts and prefs.topics else Mode.DIGEST
    zone = prefs.zone or known_zone(context.request.zone)
    change = Change(digest_at=wall_clock(hour, context), mode=mode, topics=topics, zone=zone)
    chat = await apply_change(context.chat, change, context)
    return described("digest.set", chat, context)


async def _now(context: Context) -> Message:
    """Composed for the asking; the daily one comes all the same."""
    from dataclasses import replace

    kit, chat = context.kit, context.chat
    if not chat.is_subscribed:
        chat = replace(chat, preferences=replace(chat.preferences, topics=frozenset(Topic)))
    day = context.now.astimezone(ZoneInfo(context.zone)).date()
    digest = await kit.digests.compose(chat, day, context.now, since=context.now - LOOK_BACK)
    ids = [story_id for _topic, group in digest.groups for story_id in group]
    return context.presenter.digest(digest, {story.id: story for story in await kit.stories.many(ids)})


COMMAND = Command(name="digest", run=run, aliases=("ringkasan",), changes=True, shows=True, only_show=NOW_WORDS)
