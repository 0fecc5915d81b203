"""`kabar try` and `kabar say`: the bot in a terminal."""

from __future__ import annotations

import asyncio
import sys
import time
from argparse import Namespace
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from bot.app import App, build, utc_now
from bot.cli import DONE
from bot.domain.channel import User
from bot.domain.request import Request
from bot.domain.story import Language
from bot.platforms.terminal import Terminal, channel
from bot.services.poll_report import FeedRead, PollReport
from bot.settings import Settings

FIRST_LOOK = 10.0  # seconds to wait for the newcomer's first feeds; the rest is read while they chat
AT_ONCE = 40
OFFLINE_AFTER = 5  # feeds
UNREACHED = frozenset({"dns", "network", "unreachable", "refused"})
SAMPLE_IS_STALE = timedelta(hours=12)


async def say(arguments: Namespace, settings: Settings) -> int:
    app = await build(settings)
    terminal = Terminal(Console())
    app.platforms["terminal"] = terminal
    try:
        await _exchange(app, terminal, arguments.chat, " ".join(arguments.text), arguments.language)
    finally:
        await app.close()
    return DONE


async def _exchange(app: App, terminal: Terminal, chat: str, text: str, language: str | None) -> None:
    request = Request(
        channel=channel(chat),
        user=User(id=chat, name=chat),
        text=text,
        key="",
        language=Language(language) if language else None,
    )
    message = await app.conversation.answer(request)
    if message is not None:
        await app.conversation.sent(request, message, terminal.show(message))


async def try_out(arguments: Namespace, settings: Settings) -> int:
    """Live feeds, or the sample day where none can be reached; then a chat until the lines end."""
    console = Console()
    data = Path(arguments.data) if arguments.data else None
    if data:
        settings = replace(settings, database_url=f"sqlite:///{(data / 'kabar.db').resolve()}")
    if not arguments.sample:
        app = await _live(arguments, settings, console)
        if app is not None:
            return await _chat(app, console)
    with ExitStack() as stack:
        app = await _sample(arguments, settings, data or Path("var"), console, stack)
        return await _chat(app, console)


def _every(arguments: Namespace) -> timedelta | None:
    return timedelta(seconds=arguments.poll_every) if arguments.poll_every else None


async def _live(arguments: Namespace, settings: Settings, console: Console) -> App | None:
    """The app with its first look taken; None when there is nothing to show and no feed answers."""
    app = await build(settings, upgrade=True, poll_every=_every(arguments), at_once=AT_ONCE)
    try:
        app.rulebook  # noqa: B018 - rules that do not load stop the start
        await app.synchronise()
        report = await _first_look(app, FIRST_LOOK)
        stories = await app.has_stories()
    except BaseException:
        await app.close()
        raise
    reached = report.fetched + report.not_modified
    say = app.texts.say
    if reached or arguments.live or stories:
        if reached or not report.feeds:
            console.print(
                say("cli.try.live", feeds=reached, items=report.entries), style="dim", soft_wrap=not console.is_terminal
            )
        else:
            console.print(say("cli.try.unreachable"), style="dim", soft_wrap=not console.is_terminal)
        return app
    await app.close()
    return None


async def _sample(arguments: Namespace, settings: Settings, data: Path, console: Console, stack: ExitStack) -> App:
    """An app of its own over the sample feeds; its database never mixes with the real one."""
    from bot.sample import HOST, SampleDay

    database = (data / "sample.db").resolve()
    if database.exists() and time.time() - database.stat().st_mtime > SAMPLE_IS_STALE.total_seconds():
        for name in ("sample.db", "sample.db-wal", "sample.db-shm"):
            (database.parent / name).unlink(missing_ok=True)
    day = stack.enter_context(SampleDay(utc_now()))
    settings = replace(
        settings,
        feeds=day.feeds,
        allow_private=(HOST,),
        database_url=f"sqlite:///{database}",
        telegram_token=None,
        slack_bot_token=None,
    )
    app = await build(settings, upgrade=True, poll_every=_every(arguments), at_once=AT_ONCE)
    try:
        app.rulebook  # noqa: B018 - as above
        await app.synchronise()
        key = "cli.try.sample" if arguments.sample else "cli.try.sample_instead"
        report = await _first_look(app, FIRST_LOOK * 3)
        console.print(
            app.texts.say(key, feeds=report.feeds, items=report.entries),
            style="yellow",
            soft_wrap=not console.is_terminal,
        )
    except BaseException:
        await app.close()
        raise
    return app


async def _first_look(app: App, seconds: float) -> PollReport:
    """Polls with a progress bar, for `seconds` at most; what is not read by then is read during the chat."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    total = len(app.settings.feeds)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    seen = PollReport()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(app.texts.say("cli.try.reading"), total=total)

        def tell(read: FeedRead) -> None:
            progress.advance(task)

        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if not await app.has_stories():
                    few = [feed.id for feed in app.settings.feeds[:OFFLINE_AFTER]]
                    await app.poller.poll_due(only=few, progress=tell, report=seen)
                if not _is_offline(seen):
                    await app.poller.poll_due(progress=tell, report=seen)
    return seen


def _is_offline(report: PollReport) -> bool:
    """The first few feeds could not be reached at all: there is no network, and no use in trying the rest (many
    names looked up in vain at once keep a resolver busy for seconds)."""
    return bool(report.reads) and all(read.problem in UNREACHED for read in report.reads)


async def _chat(app: App, console: Console) -> int:
    from bot.app.life import live

    terminal = Terminal(console)
    stopping = asyncio.Event()
    background = asyncio.create_task(live(app, stopping, extra=(terminal,), platforms=()))
    interactive = sys.stdin.isatty()
    if interactive:
        console.print(app.texts.say("cli.try.hello"), style="dim")
    try:
        while True:
            line = await asyncio.to_thread(_line, interactive, console)
            if line is None or line.strip().lower() in ("/quit", "/exit", "quit", "exit", "/keluar"):
                break
            if line.strip():
                await _exchange(app, terminal, "you", line, None)
    finally:
        stopping.set()
        await background
        await app.close()
    return DONE


def _line(interactive: bool, console: Console) -> str | None:
    """The next line typed, None at the end of input."""
    if not interactive:
        return sys.stdin.readline() or None
    try:
        return console.input("[bold green]›[/] ")
    except (EOFError, KeyboardInterrupt):
        return None
