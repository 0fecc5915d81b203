"""What a setting may look like: spans, times, zones, addresses, and the tables of the configuration files."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.domain.story import Language, Topic

LAST_PORT = 65_535
SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def span(text: object) -> timedelta:
    """`90s`, `15m`, `6h`, `3d`"""
    match = re.fullmatch(r"(\d{1,6})\s*([smhd])", str(text).strip())
    if not match:
        raise ValueError("write a time span such as 15m, 6h or 3d")
    return timedelta(seconds=int(match[1]) * SPANS[match[2]])


def between(least: str, most: str | None = None) -> AfterValidator:
    """Bounds of a span, written as in the file."""

    def check(value: timedelta) -> timedelta:
        if value < span(least) or (most and value > span(most)):
            raise ValueError(f'write "{least}" to "{most}"' if most else f'write "{least}" or more')
        return value

    return AfterValidator(check)


def zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write one such as Asia/Jakarta or Europe/Berlin")
    return name


def web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", url):
        raise ValueError("write an address that begins with http:// or https://")
    return url


def ending(*tails: str) -> AfterValidator:
    """An address that something is appended to, and which therefore has to end as agreed."""

    def check(url: str) -> str:
        if not url.endswith(tails):
            raise ValueError(f"write an address that ends in {' or '.join(tails)}")
        return url

    return AfterValidator(check)


def secure_address(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("write an address that begins with https://")
    return url


def database_address(url: str) -> str:
    if not re.fullmatch(r"sqlite(\+aiosqlite)?:///(?!:memory:)[^?].*|postgres(ql)?(\+psycopg)?://.+", url):
        raise ValueError("write sqlite:///path/to/kabar.db or postgresql://user:password@host/database")
    return url


def listener(place: str) -> str:
    match = re.fullmatch(r"(?:\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})", place)
    if not match or int(match[1]) > LAST_PORT:
        raise ValueError("write HOST:PORT, such as 127.0.0.1:8080")
    return place


def feed_id(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
        raise ValueError("write up to 60 small letters, digits and hyphens")
    return name


def one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("write it in one line, without control characters")
    return text


Span = Annotated[timedelta, BeforeValidator(span)]
PollSpan = Annotated[Span, between("1m", "7d")]
Zone = Annotated[str, AfterValidator(zone)]
WebAddress = Annotated[str, AfterValidator(web_address)]


class Section(BaseModel):
    """A table of config/kabar.toml; a key that is not a field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Chatting(Section):
    language: Language = Language.EN
    zone: Zone = "Asia/Jakarta"


class Polling(Section):
    every: PollSpan = timedelta(minutes=15)
    at_once: int = Field(default=16, ge=1, le=200)
    deadline: Annotated[Span, between("2s", "5m")] = timedelta(seconds=20)
    contact: Annotated[str, AfterValidator(one_line), Field(max_length=200)] = ""


class Keeping(Section):
    stories: Annotated[Span, between("2d")] = timedelta(days=180)
    keys: Annotated[Span, between("30d")] = timedelta(days=730)


class ConfigFile(Section):
    """config/kabar.toml."""

    chat: Chatting = Chatting()
    polling: Polling = Polling()
    keep: Keeping = Keeping()


class FeedEntry(Section):
    """A [[feed]] of config/feeds.toml."""

    id: Annotated[str, AfterValidator(feed_id)]
    url: WebAddress
    title: str = Field(min_length=1, max_length=120)
    language: Language | None = None
    weight: float = Field(default=1.0, ge=0.5, le=1.5)
    topics: tuple[Topic, ...] = ()
    kind: Literal["auto", "rss", "jsonfeed"] = "auto"
    every: PollSpan | None = None
    confirmed: str = ""


class FeedFile(Section):
    feed: tuple[FeedEntry, ...] = ()


class Environment(Section):
    """The variables of contract.md; the same rules for all of them."""

    KABAR_CONFIG: Path = Path("config")
    KABAR_DATABASE_URL: Annotated[str, AfterValidator(database_address)] = "sqlite:///var/kabar.db"
    KABAR_TELEGRAM_TOKEN: str | None = None
    KABAR_TELEGRAM_BASE_URL: Annotated[WebAddress, ending("/bot")] | None = None
    KABAR_TELEGRAM_BASE_FILE_URL: Annotated[WebAddress, ending("/file/bot")] | None = None
    KABAR_TELEGRAM_WEBHOOK_URL: Annotated[WebAddress, AfterValidator(secure_address)] | None = None
    KABAR_TELEGRAM_WEBHOOK_SECRET: str | None = None
    KABAR_SLACK_BOT_TOKEN: str | None = None
    KABAR_SLACK_APP_TOKEN: str | None = None
    KABAR_SLACK_SIGNING_SECRET: str | None = None
    KABAR_SLACK_BASE_URL: Annotated[WebAddress, ending("/api/")] | None = None
    KABAR_HTTP_LISTEN: Annotated[str, AfterValidator(listener)] = "127.0.0.1:8080"
    KABAR_ALLOW_PRIVATE_HOSTS: str = ""
    KABAR_LOG_LEVEL: (
        Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda v: str(v).lower())] | None
    ) = None  # `run` tells what it does (info), the other commands only what went wrong (error)
    KABAR_LOG_FORMAT: Literal["text", "json"] = "text"
