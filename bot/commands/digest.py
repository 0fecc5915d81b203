"""/digest: the day so far, now; /digest 08:00: every day at that hour."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.commands.asking import echoed
from bot.commands.clocks import clock_in
from bot.commands.command import Command, Context
from bot.commands.options import described
from bot.commands.preferences import SWITCHES, USUAL, save, zone_named
from bot.commands.zones import is_zone_like, known_zone
from bot.domain.delivery import DeliveryKind
from bot.domain.digest import Digest
from bot.domain.message import Button, Message
from bot.domain.story import Topic
from bot.domain.subscription import Mode

LOOK_BACK = timedelta(hours=24)
NOW_WORDS = frozenset({"now", "today", "sekarang", "hari", "ini"})
FILLERS = frozenset({"at", "jam", "pukul", "every", "day", "daily", "setiap", "tiap"})
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_PAGES = 99


async def run(words: list[str], context: Context) -> Message:
    if shows_only(words):
        return await _shown(words, context)
    if len(words) == 1 and SWITCHES.get(words[0].lower()) is False:
        return await _off(context)
    zones = [word for word in words if is_zone_like(word)]
    hour = " ".join(word for word in words if word not in zones and word.lower() not in FILLERS - {"jam", "pukul"})
    at = clock_in(hour)
    if at is None:
        raise context.refuse("digest.what", word=echoed(" ".join(words), 40))
    prefs = context.chat.preferences
    zone = zone_named(zones[0], context) if zones else prefs.zone or known_zone(context.request.zone)
    mode = Mode.BOTH if prefs.mode.alerts and prefs.topics else Mode.DIGEST
    after = replace(prefs, digest_at=at, mode=mode, topics=prefs.topics or USUAL, zone=zone)
    return described("digest.set", await save(context.chat, after, context), context)


def shows_only(words: list[str]) -> bool:
    """Nothing, `now`, or the page of a digest (`now 2`, `2026-03-14 2`)."""
    if not words:
        return True
    first, *rest = words
    begins = first.lower() in NOW_WORDS or DATE.fullmatch(first)
    return bool(begins) and all(word.lower() in NOW_WORDS or _page(word) for word in rest)


async def _off(context: Context) -> Message:
    after = replace(context.chat.preferences, mode=Mode.ALERT)
    return described("digest.off", await save(context.chat, after, context), context)


async def _shown(words: list[str], context: Context) -> Message:
    page = next((page for word in words[1:] if (page := _page(word))), 1)
    turned = bool(words) and _page(words[-1]) is not None
    sent = await _sent(words[0], context) if words and DATE.fullmatch(words[0]) else None
    digest = sent or await _now(context)
    ids = [story_id for _topic, group in digest.groups for story_id in group]
    found = {coverage.id: coverage for coverage in await context.kit.stories.coverages(ids)}
    message = context.presenter.digest(digest, found, page)
    if sent is None:
        message = replace(message, buttons=_of_now(message, digest))
    return replace(message, in_place=turned)


async def _now(context: Context) -> Digest:
    """Composed for the asking; the daily one comes all the same."""
    kit, chat = context.kit, context.chat
    if not chat.is_subscribed:
        chat = replace(chat, preferences=replace(chat.preferences, topics=frozenset(Topic)))
    day = context.now.astimezone(ZoneInfo(context.zone)).date()
    return await kit.digests.compose(chat, day, context.now, since=context.now - LOOK_BACK)


async def _sent(day: str, context: Context) -> Digest | None:
    """The daily one of that date, as it was planned."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        return None
    ledger = await context.kit.outbox.of_chat(context.chat.id, DeliveryKind.DIGEST)
    payloads = [delivery.payload for delivery, _state in ledger if delivery.local_date == wanted]
    return Digest.from_json(payloads[-1]) if payloads and payloads[-1] else None


def _of_now(message: Message, digest: Digest) -> tuple[tuple[Button, ...], ...]:
    """The pages of a digest that was only composed are found again by `now`."""
    line = f"/digest {digest.day.isoformat()}"
    return tuple(
        tuple(replace(button, action=button.action.replace(line, "/digest now")) for button in row)
        for row in message.buttons
    )


def _page(word: str) -> int | None:
    return min(int(word), MOST_PAGES) if re.fullmatch(r"[0-9]{1,4}", word) else None


COMMAND = Command(name="digest", run=run, aliases=("ringkasan",), changes=True, only_shows=shows_only)
