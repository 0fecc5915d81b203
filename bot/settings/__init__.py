"""Where every setting comes from: config/*.toml, over it the environment and .env, and secrets from X_FILE."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

from bot.domain.access import Access
from bot.domain.channel import Channel
from bot.domain.errors import ConfigError, Problem
from bot.domain.feed import FeedSpec, shown_address
from bot.settings.secrets import of_feed, passwords
from bot.settings.shapes import (
    AccessTable,
    Chatting,
    ConfigFile,
    Environment,
    FeedEntry,
    FeedFile,
    Keeping,
    Polling,
    Section,
)
from bot.settings.wording import SECRETS, validated

SHIPPED = Path(__file__).resolve().parents[2] / "config"
S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that is set, read once. `rule_files` are the texts of config/rules by file name; feeds are in file order."""

    config_dir: Path
    database_url: str = field(repr=False)
    chat: Chatting
    polling: Polling
    keep: Keeping
    feeds: tuple[FeedSpec, ...] = ()
    rule_files: Mapping[str, str] = field(default_factory=dict)
    telegram_token: str | None = field(default=None, repr=False)
    telegram_base_url: str | None = None
    telegram_base_file_url: str | None = None
    slack_bot_token: str | None = field(default=None, repr=False)
    slack_app_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    slack_client_id: str | None = None
    slack_client_secret: str | None = field(default=None, repr=False)
    slack_base_url: str | None = None
    slack_admins_only: bool = False
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    public_url: str | None = None
    http_listen: str = "127.0.0.1:8080"
    http_asked_for: bool = False
    access: Access = field(default_factory=Access)
    allow_private: tuple[str, ...] = ()
    log_level: str | None = None
    log_format: str = "text"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The chat platforms that have a token."""
        slack = self.slack_bot_token or (self.slack_client_id and self.slack_signing_secret)
        tokens = {"telegram": self.telegram_token, "slack": slack}
        return tuple(name for name, token in tokens.items() if token)

    @property
    def needs_http(self) -> bool:
        """Whether something calls Kabar, or somebody wants to ask how it is."""
        slack_calls = self.slack_signing_secret and not self.slack_app_token
        calls = self.telegram_webhook_url or slack_calls or self.slack_client_id or self.public_url
        return bool(self.http_asked_for or calls)

    @property
    def secrets(self) -> tuple[str | None, ...]:
        tokens = (self.telegram_token, self.slack_bot_token, self.slack_app_token, self.slack_signing_secret)
        others = (self.slack_client_secret, self.telegram_webhook_secret, self.secret_key)
        return (*tokens, *others, *passwords(self.database_url), *(one for spec in self.feeds for one in of_feed(spec)))


def load(environ: Mapping[str, str] | None = None, *, directory: Path | None = None) -> Settings:
    """Reads everything there is to set. `directory` is where .env and relative paths are looked up (default: here).
    ConfigError lists every problem of every file at once."""
    here = directory or Path.cwd()
    problems: list[Problem] = []
    env = _environment(os.environ if environ is None else environ, here, problems)
    config_dir = here / env.KABAR_CONFIG
    file = _toml(config_dir, "kabar.toml", ConfigFile, problems, or_shipped=True)
    feed_file = _toml(config_dir, "feeds.toml", FeedFile, problems, or_shipped=False)
    feeds = _feeds(feed_file, config_dir / "feeds.toml", problems)
    rules = _rule_files(config_dir, problems)
    allow = _allowed_hosts(env.KABAR_ALLOW_PRIVATE_HOSTS, problems)
    if problems:
        raise ConfigError([*problems, *_wrong_rules(rules)])
    return Settings(
        config_dir=config_dir,
        database_url=_absolute(env.KABAR_DATABASE_URL, here),
        chat=file.chat,
        polling=file.polling,
        keep=file.keep,
        feeds=feeds,
        rule_files=rules,
        telegram_token=env.KABAR_TELEGRAM_TOKEN,
        telegram_base_url=env.KABAR_TELEGRAM_BASE_URL,
        telegram_base_file_url=env.KABAR_TELEGRAM_BASE_FILE_URL,
        slack_bot_token=env.KABAR_SLACK_BOT_TOKEN,
        slack_app_token=env.KABAR_SLACK_APP_TOKEN,
        slack_signing_secret=env.KABAR_SLACK_SIGNING_SECRET,
        slack_client_id=env.KABAR_SLACK_CLIENT_ID,
        slack_client_secret=env.KABAR_SLACK_CLIENT_SECRET,
        slack_base_url=env.KABAR_SLACK_BASE_URL,
        slack_admins_only=file.access.slack_admins_only,
        telegram_webhook_url=env.KABAR_TELEGRAM_WEBHOOK_URL,
        telegram_webhook_secret=env.KABAR_TELEGRAM_WEBHOOK_SECRET,
        secret_key=env.KABAR_SECRET_KEY,
        public_url=env.KABAR_PUBLIC_URL,
        http_listen=env.KABAR_HTTP_LISTEN,
        http_asked_for="KABAR_HTTP_LISTEN" in env.model_fields_set,
        access=_access(file.access),
        allow_private=allow,
        log_level=env.KABAR_LOG_LEVEL,
        log_format=env.KABAR_LOG_FORMAT,
    )


def _access(table: AccessTable) -> Access:
    platform, _, address = table.operator.partition(":")
    operator = Channel(platform=platform, address=address) if address else None
    return Access(allowed=frozenset(table.allow), operator=operator)


def _environment(environ: Mapping[str, str], here: Path, problems: list[Problem]) -> Environment:
    """Variables over .env; an empty variable counts as unset; a KABAR_ variable nobody knows is a problem."""
    dotenv = _dotenv(here / ".env", problems)
    values: dict[str, str | None] = {}
    for source in (dotenv, environ):
        given = {name: value for name, value in source.items() if name.startswith("KABAR_") and value}
        # The stronger source has the word, in whichever of the two forms it says it.
        for name in given:
            values.pop(f"{name}_FILE", None)
            values.pop(name.removesuffix("_FILE"), None)
        values |= given
    for secret in SECRETS:
        path = values.pop(f"{secret}_FILE", None)
        if path and secret not in values:
            _secret_file(secret, here / path, values, problems)
    env, found = validated(Environment, values, "environment")
    here_said = [f"environment {name}" for name in dotenv if not environ.get(name)]
    problems += [
        replace(one, where=one.where.replace("environment", ".env")) if one.where in here_said else one for one in found
    ]
    return env or Environment()


def _dotenv(path: Path, problems: list[Problem]) -> dict[str, str | None]:
    """What .env says. A line that cannot be read is a problem: a token must not be lost to a missing quote."""
    if not path.is_file():
        return {}
    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8-sig") as file:
            lines = list(parse_stream(file))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(where=".env", what=f"cannot be read ({error}); mend the file or its permissions"))
        return {}
    problems += [
        Problem(where=f".env line {line.original.line}", what="cannot be read; write NAME=value, and close every quote")
        for line in lines
        if line.error
    ]
    return {line.key: line.value for line in lines if line.key is not None}


def _secret_file(secret: str, path: Path, values: dict[str, str | None], problems: list[Problem]) -> None:
    try:
        values[secret] = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        problems.append(Problem(where=f"{secret}_FILE", what=f"cannot read {path}: {reason}"))
        return
    if not values[secret]:
        del values[secret]
        problems.append(Problem(where=f"{secret}_FILE", what=f"{path} is empty"))


def _toml(directory: Path, name: str, model: type[S], problems: list[Problem], *, or_shipped: bool) -> S:
    path = directory / name
    if not path.exists() and or_shipped:
        path = SHIPPED / name
    if not path.exists():
        return model()
    try:
        tables = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(Problem(where=str(path), what=f"cannot be read: {error}"))
        return model()
    value, found = validated(model, tables, str(path))
    problems += found
    return value or model()


def _feeds(file: FeedFile, path: Path, problems: list[Problem]) -> tuple[FeedSpec, ...]:
    """The entries as specs; an id or an address that stands twice is a problem."""
    pick: dict[str, Callable[[FeedEntry], str]] = {"id": lambda e: e.id, "url": lambda e: e.url}
    for key, value_of in pick.items():
        seen: set[str] = set()
        for entry in file.feed:
            if value_of(entry) in seen:
                problems.append(
                    Problem(
                        where=f"{path} feed {entry.id}", what=f"{key} {shown_address(value_of(entry))} stands twice"
                    )
                )
            seen.add(value_of(entry))
    names = [f.name for f in fields(FeedSpec) if f.name in FeedEntry.model_fields]
    return tuple(FeedSpec(**{name: getattr(entry, name) for name in names}) for entry in file.feed)


def _rule_files(directory: Path, problems: list[Problem]) -> dict[str, str]:
    """config/rules/*.toml by name; a name that is missing there comes from the shipped rules."""
    texts: dict[str, str] = {}
    paths = {path.name: path for folder in (SHIPPED, directory) for path in sorted((folder / "rules").glob("*.toml"))}
    for name, path in sorted(paths.items()):
        try:
            texts[name] = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(Problem(where=str(path), what=f"cannot be read: {error}"))
    return texts


def _wrong_rules(texts: Mapping[str, str]) -> Sequence[Problem]:
    """What is wrong with the rules, where something else is wrong too: one list for the operator, not two rounds."""
    return _rule_problems(tuple(texts.items()))


@lru_cache(maxsize=1)
def _rule_problems(files: tuple[tuple[str, str], ...]) -> Sequence[Problem]:
    from bot.editorial.rules.loader import load as load_rules

    try:
        load_rules(dict(files))
    except ConfigError as error:
        return error.problems
    return ()


def _allowed_hosts(text: str, problems: list[Problem]) -> tuple[str, ...]:
    hosts = tuple(part.strip() for part in text.split(",") if part.strip())
    for host in hosts:
        if "/" in host:
            try:
                ip_network(host, strict=False)
            except ValueError:
                problems.append(
                    Problem(where="environment KABAR_ALLOW_PRIVATE_HOSTS", what=f"{host!r} is no host and no network")
                )
    return hosts


def _absolute(url: str, here: Path) -> str:
    """A SQLite path counts from where the program was started."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/") and ":memory:" not in url:
        return prefix + str(here / url.removeprefix(prefix))
    return url
