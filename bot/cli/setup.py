"""`kabar init`, `check`, `db …`, `manifest`: getting it to run and keeping it whole."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from getpass import getpass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import App, build
from bot.cli import DONE, WRONG
from bot.commands.registry import menu
from bot.domain.errors import PlatformRefused
from bot.settings import Settings
from bot.store.store import Store
from bot.texts import Texts

ASKED = (
    ("telegram", ("KABAR_TELEGRAM_TOKEN",)),
    ("slack", ("KABAR_SLACK_BOT_TOKEN", "KABAR_SLACK_APP_TOKEN")),
)
ENV = Path(".env")


async def check(arguments: Namespace, settings: Settings) -> int:
    """The settings are read by now; here the rules are, and every example in them runs."""
    from bot.editorial.check import count_examples, failing_examples
    from bot.editorial.rules.loader import load

    say = Texts(settings.chat.language).say
    rulebook = load(settings.rule_files)
    problems = failing_examples(rulebook)
    for problem in problems:
        print(str(problem), file=sys.stderr)
    counts = {"feeds": len(settings.feeds), "rules": len(rulebook.rules), "examples": count_examples(rulebook)}
    print(say("cli.check.wrong" if problems else "cli.check.ok", wrong=len(problems), **counts))
    return WRONG if problems else DONE


async def init(arguments: Namespace, settings: Settings) -> int:
    """Asks for tokens, tries them, writes those that work to .env; an empty answer skips."""
    say = Texts(settings.chat.language).say
    print(say("cli.init.hello"))
    accepted: dict[str, str] = {}
    refused = 0
    for platform, names in ASKED:
        print("\n" + say(f"cli.init.{platform}"))
        given: dict[str, str] = {}
        for name in names:
            value = _ask(f"{name}: ")
            if not value:
                break
            given[name] = value
        if len(given) < len(names):
            print(say("cli.init.skipped"))
            continue
        sentence, works = await _try(platform, given, settings)
        print(sentence)
        refused += not works
        if works:
            accepted |= given
    if not accepted:
        print(say("cli.init.nothing"))
        return WRONG if refused else DONE
    write_env(ENV, accepted)
    print(say("cli.init.written", names=", ".join(accepted)))
    return WRONG if refused else DONE


def _ask(prompt: str) -> str:
    """A secret: not shown while it is typed; from a pipe, the next line."""
    with suppress(EOFError):
        return getpass(prompt).strip() if sys.stdin.isatty() else sys.stdin.readline().strip()
    return ""


async def _try(platform: str, given: Mapping[str, str], settings: Settings) -> tuple[str, bool]:
    from bot import log

    say = Texts(settings.chat.language).say
    log.hide(given.values())
    fields = {name.removeprefix("KABAR_").lower(): value for name, value in given.items()}
    with TemporaryDirectory() as scratch:
        store = await Store.open(f"sqlite:///{scratch}/kabar.db", upgrade=True)
        app = App(replace(settings, **fields), store)  # type: ignore[arg-type]
        adapter = app.connect(platform)
        try:
            identity = await adapter.check()
        except PlatformRefused as refusal:
            return say("cli.init.refused", detail=refusal.detail), False
        finally:
            await adapter.stop()
            await app.close()
    return say("cli.init.works", name=identity.name), True


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Sets these lines in .env and keeps all others; readable by its owner only from the first byte on."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if not re.match(rf"\s*(export\s+)?({'|'.join(map(re.escape, values))})\s*=", line)]
    text = "\n".join([*kept, *(f"{name}={value}" for name, value in values.items())]) + "\n"
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.chmod(0o600)
    fresh.replace(path)


async def db(arguments: Namespace, settings: Settings) -> int:
    say = Texts(settings.chat.language).say
    if arguments.action == "upgrade":
        store = await Store.open(settings.database_url, upgrade=True)
        await store.close()
        print(say("cli.db.upgraded", version=store.schema_version))
        return DONE
    app = await build(settings)
    try:
        if arguments.action == "backup":
            await app.store.backup(Path(arguments.file))
            print(say("cli.db.backed_up", file=arguments.file))
        elif arguments.action == "restore":
            await app.store.restore(Path(arguments.file))
            print(say("cli.db.restored", file=arguments.file))
        else:
            print(await app.store.housekeeping.check())
    finally:
        await app.close()
    return DONE


async def manifest(arguments: Namespace, settings: Settings) -> int:
    from bot.platforms.slack.manifest import manifest as slack_manifest

    sys.stdout.write(slack_manifest(menu(), arguments.url))
    return DONE
