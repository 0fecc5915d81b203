"""`kabar feeds …`: the list of feeds, and what is wrong with which."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.app import App, build
from bot.cli import DONE, USAGE, WRONG
from bot.domain.errors import Malformed, SourceError
from bot.domain.feed import Feed, FeedSpec, FeedState, Fetched, shown_address, tidy_address
from bot.domain.identity import canonical_url
from bot.domain.story import Language
from bot.services import opml
from bot.services.feed_words import cause_words, fix_words, silence_words
from bot.settings import Settings
from bot.settings.shapes import feed_id
from bot.texts.style import age

LONGEST_TITLE = 120


async def feeds(arguments: Namespace, settings: Settings) -> int:
    app = await build(settings)
    try:
        await app.synchronise()
        actions = {
            "list": _list,
            "check": _check,
            "add": _add,
            "remove": _remove,
            "import": _import,
            "export": _export,
        }
        return await actions[arguments.action](app, arguments)
    finally:
        await app.close()


async def _list(app: App, arguments: Namespace) -> int:
    for feed in await app.store.feeds.all():
        spec = feed.spec
        if arguments.json:
            row = {
                "id": feed.id,
                "url": spec.address,
                "title": spec.title,
                "language": spec.language,
                "state": feed.state.value,
                "last_ok": _rfc3339(feed.last_ok),
                "next_poll": _rfc3339(feed.next_poll),
            }
            if feed.moved_from is not None:
                row["moved_from"] = shown_address(feed.moved_from)
            print(json.dumps(row, ensure_ascii=False))
        else:
            print(f"{feed.state.value:8} {spec.language or '--'}  {feed.id:32} {spec.title}  {spec.address}")
    return DONE


def _rfc3339(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


async def _check(app: App, arguments: Namespace) -> int:
    """Fetches each feed anew, without its validators and without writing anything down; not one whose server asked for
    a pause."""
    say = app.texts.say
    listed = await app.store.feeds.all()
    if arguments.feed:
        named = [await app.store.feeds.find(name) for name in arguments.feed]
        for name, feed in zip(arguments.feed, named, strict=True):
            if feed is None:
                print(say("cli.no_such_feed", feed=shown_address(name)), file=sys.stderr)
        if None in named:
            return WRONG
        listed = [feed for feed in named if feed is not None]
    wrong = 0

    async def one(feed: Feed) -> None:
        nonlocal wrong
        lines = _on_hold(app, feed) or _findings(app, feed, await _look(app, feed.spec))
        wrong += len(lines) > 1
        print("\n    → ".join(lines), flush=True)

    await _several(app, listed, one)
    print(say("cli.feeds.checked", count=len(listed), wrong=wrong))
    return WRONG if wrong else DONE


def _on_hold(app: App, feed: Feed) -> list[str]:
    """What is known of a feed that must not be asked now; nothing of any other."""
    texts, now = app.texts, app.world.clock()
    if feed.hold_until is None or feed.hold_until <= now:
        return []
    pause = texts.say("cli.feeds.held", wait=age(feed.hold_until - now, texts.language))
    if feed.state is not FeedState.FAILING:
        return [f"✓ {feed.id}: {pause}"]
    since = age(now - (feed.problem_since or now), texts.language)
    words = texts.say("feeds.ill", cause=cause_words(feed.problem, texts), since=since)
    return [f"✗ {feed.id}: {words}", fix_words(feed.problem, texts), pause]


def _findings(app: App, feed: Feed, read: Fetched | SourceError) -> list[str]:
    """How a feed is, and what to do about it when it is not well."""
    texts, say, now = app.texts, app.texts.say, app.world.clock()
    code = read.cause if isinstance(read, SourceError) else read.notice
    if code is not None:
        since = feed.problem_since if feed.problem else None
        words = cause_words(code, texts)
        if since is not None:
            words = say("feeds.ill", cause=words, since=age(now - since, texts.language))
        found = getattr(read, "found", None)
        return [f"✗ {feed.id}: {words}{f': {found}' if found else ''}", fix_words(code, texts)]
    if silence := silence_words(feed, texts, now):
        return [f"! {feed.id}: {silence}", say("cli.fix.silent")]
    assert isinstance(read, Fetched)
    moved = say("cli.feeds.moved", url=shown_address(read.moved_to)) if read.moved_to else ""
    return [say("cli.feeds.ok", id=feed.id, items=len(read.items or ()), moved=moved).strip()]


async def _several(app: App, listed: list[Feed], one: Callable[[Feed], Awaitable[None]]) -> None:
    """Several at a time, each line as soon as it is known."""
    places = asyncio.Semaphore(app.settings.polling.at_once)

    async def place(feed: Feed) -> None:
        async with places:
            await one(feed)

    await asyncio.gather(*(place(feed) for feed in listed))


async def _look(app: App, spec: FeedSpec) -> Fetched | SourceError:
    try:
        return await app.source(spec.kind).fetch(Feed(spec=spec))
    except SourceError as error:
        return error


async def _add(app: App, arguments: Namespace) -> int:
    """Looks at the address once: what is no feed is not added, what cannot be reached now is added and said so."""
    say = app.texts.say
    url = tidy_address(arguments.url)
    if canonical_url(url) is None:
        print(say("cli.feeds.bad_url", url=shown_address(url)), file=sys.stderr)
        return WRONG
    taken = [feed.id for feed in await app.store.feeds.all()]
    if arguments.id:
        try:
            feed_id(arguments.id)
        except ValueError as error:
            print(f"--id {arguments.id}: {error}", file=sys.stderr)
            return USAGE
    title = (arguments.title or "")[:LONGEST_TITLE]
    spec = FeedSpec(
        id=arguments.id or opml.feed_id(url, taken),
        url=url,
        title=title or urlsplit(url).hostname or "",  # readers see it: not the address, which may hold a password
        language=Language(arguments.language) if arguments.language else None,
    )
    read = await _look(app, spec)
    if isinstance(read, Malformed):
        print(say("cli.feeds.not_added", url=shown_address(url), detail=read.detail), file=sys.stderr)
        return WRONG
    if isinstance(read, Fetched):
        language = (read.language or "").lower()[:2].replace("in", "id")
        spec = replace(
            spec,
            title=title or (read.title or "")[:LONGEST_TITLE] or spec.title,
            language=spec.language or (Language(language) if language in ("en", "id") else None),
        )
    if not await app.store.feeds.add(spec, app.world.clock()):
        print(say("cli.feeds.there", url=shown_address(url)), file=sys.stderr)
        return WRONG
    print(say("cli.feeds.added", id=spec.id, title=spec.title))
    if isinstance(read, SourceError):
        print(say("cli.feeds.added_unread", detail=read.detail), file=sys.stderr)
    return DONE


async def _remove(app: App, arguments: Namespace) -> int:
    say = app.texts.say
    removed = await app.store.feeds.remove(arguments.feed)
    if removed is None:
        print(say("cli.no_such_feed", feed=shown_address(arguments.feed)), file=sys.stderr)
        return WRONG
    in_file = any(spec.id == removed.id for spec in app.settings.feeds)
    print(say("cli.feeds.removed_in_file" if in_file else "cli.feeds.removed", id=removed.id))
    return WRONG if in_file else DONE


async def _import(app: App, arguments: Namespace) -> int:
    say = app.texts.say
    try:
        specs = opml.read(_content(arguments.file))
    except OSError as error:
        print(say("cli.cannot_read", file=arguments.file, reason=error.strerror or str(error)), file=sys.stderr)
        return WRONG
    except opml.NotOpml as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return WRONG
    taken = {feed.id for feed in await app.store.feeds.all()}
    added = 0
    for spec in specs:
        fresh = replace(spec, id=opml.feed_id(spec.url, taken))
        if await app.store.feeds.add(fresh, app.world.clock()):
            taken.add(fresh.id)
            added += 1
    print(say("cli.feeds.imported", count=added, there=len(specs) - added))
    return DONE


async def _export(app: App, arguments: Namespace) -> int:
    specs = [feed.spec for feed in await app.store.feeds.all() if feed.state is not FeedState.GONE]
    sys.stdout.buffer.write(opml.write(specs))
    if left_out := sum(spec.has_secret for spec in specs):
        print(app.texts.say("cli.feeds.without_secret", count=left_out), file=sys.stderr)
    return DONE


def _content(path: str) -> bytes:
    return Path(path).read_bytes()
