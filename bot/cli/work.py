"""`kabar run`, `poll --once`, `deliver --once`, `health`: the bot at work, and one step of its work."""

from __future__ import annotations

import json
import sys
import time
from argparse import Namespace
from datetime import timedelta

from bot.app import App, build
from bot.cli import DONE, WRONG
from bot.domain.errors import StoreError
from bot.domain.feed import shown_address
from bot.log import logger
from bot.services.health import MARKS, Part, broken_database, cause_of, fix_of, part_sentence
from bot.settings import Settings
from bot.texts import Texts

LOG = logger("run")


async def run(arguments: Namespace, settings: Settings) -> int:
    from bot.app.life import live

    every = timedelta(seconds=arguments.poll_every) if arguments.poll_every else None
    app = await build(settings, upgrade=True, poll_every=every)
    try:
        app.rulebook  # noqa: B018 - rules that do not load stop the start, not the first poll
        await app.synchronise()
        listed = (await app.store.feeds.counts()).listed  # those that were added by command too
        LOG.info("%s", app.texts.say("cli.running", count=listed))
        if not settings.platforms:
            LOG.warning("%s", app.texts.say("cli.no_platform"))
        await live(app, arguments.stop.gently())
        LOG.info("%s", app.texts.say("cli.stopped"))
    finally:
        await app.close()
    return DONE


async def poll(arguments: Namespace, settings: Settings) -> int:
    app = await build(settings)
    began = time.monotonic()
    try:
        app.rulebook  # noqa: B018 - as above
        await app.synchronise()
        only, missing = await _named(app, arguments.feed)
        for name in missing:
            print(app.texts.say("cli.no_such_feed", feed=shown_address(name)), file=sys.stderr)
        if missing:
            return WRONG
        report = await app.poller.poll_due(only=only)
    finally:
        await app.close()
    values = {
        "feeds": report.feeds,
        "fetched": report.fetched,
        "not_modified": report.not_modified,
        "failed": report.failed,
        "entries": report.entries,
        "new_stories": report.new_stories,
        "alerts": report.alerts,
        "seconds": round(time.monotonic() - began, 3),
    }
    for read in report.reads:
        if read.problem:
            print(f"{read.feed.id}: {read.detail}", file=sys.stderr)
    print(json.dumps(values) if arguments.json else app.texts.say("cli.polled", **values))
    return DONE


async def _named(app: App, names: list[str] | None) -> tuple[list[str] | None, list[str]]:
    """The ids of the feeds named (None: those that are due) and the names that fit none."""
    if names is None:
        return None, []
    found = {name: await app.store.feeds.find(name) for name in names}
    return [feed.id for feed in found.values() if feed], [name for name, feed in found.items() if not feed]


async def deliver(arguments: Namespace, settings: Settings) -> int:
    from rich.console import Console

    from bot.platforms.terminal import Terminal

    app = await build(settings)
    began = time.monotonic()
    try:
        terminal = Terminal(Console(stderr=arguments.json))
        app.platforms["terminal"] = terminal
        app.platforms.update({name: app.connect(name) for name in settings.platforms})
        report = await app.deliverer.drain()
        for platform in app.platforms.values():
            await platform.stop()
    finally:
        await app.close()
    values = {
        "sent": report.sent,
        "retried": report.retried,
        "parked": report.parked,
        "dead": report.dead,
        "held": report.held,
        "seconds": round(time.monotonic() - began, 3),
    }
    print(json.dumps(values) if arguments.json else app.texts.say("cli.delivered", **values))
    return DONE


async def health(arguments: Namespace, settings: Settings) -> int:
    texts = Texts(settings.chat.language)
    try:
        app = await build(settings)
    except StoreError as error:
        parts = [broken_database(error)]
    else:
        try:
            parts = await app.health.parts()
        finally:
            await app.close()
    well = all(part.is_well for part in parts)
    if arguments.json:
        print(json.dumps({"ok": well, "parts": [_row(part, texts) for part in parts]}, ensure_ascii=False))
    else:
        for part in parts:
            print(f"{MARKS[part.state]} {texts.say(f'part.{part.name}')}: {part_sentence(part, texts)}")
    return DONE if well else WRONG


def _row(part: Part, texts: Texts) -> dict[str, object]:
    """A part as `kabar health --json` prints it; age in seconds."""
    return {
        "part": part.name,
        "state": part.state.value,
        "age": round(part.age.total_seconds(), 1) if part.age is not None else None,
        "cause": cause_of(part, texts),
        "fix": fix_of(part, texts),
    }
