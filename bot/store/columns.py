"""What columns are made of: times that keep their zone, text that every database takes, names of constraints."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

Bound = Callable[[Any], Any]
_SQLITE_TIME = len("2026-03-02 18:00:00.000000")


class Moment(sa.TypeDecorator[datetime]):
    """An aware UTC time both ways. SQLite drops offsets silently, so a naive time is refused here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    # On SQLite both ways in one step: a look at a feed writes and reads dozens of times.

    def bind_processor(self, dialect: sa.Dialect) -> Bound | None:
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Bound | None:
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"a time without a zone: {value!r}")
    return value.astimezone(UTC)


def _written(value: datetime | None) -> str | None:
    """As SQLAlchemy writes a time into SQLite."""
    return None if value is None else _in_utc(value).isoformat(" ", "microseconds")[:_SQLITE_TIME]


def _read(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class Words(sa.TypeDecorator[str]):
    """Text from anywhere. What a database refuses (NUL in PostgreSQL, lone surrogates in both) becomes U+FFFD: one
    broken character in one entry must not keep a whole feed out."""

    impl = sa.Text
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Bound:
        return _taken  # at once: neither database has anything to do for a text


def _taken(value: str | None) -> str | None:
    if value is None:
        return None
    value = str(value)  # an enum by its value: psycopg would write its name
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        value = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
    return value


def as_json(value: Any) -> str:
    """As json.dumps writes it. Most of what is written are empty lists and the same few thresholds over and over."""
    if value == []:
        return "[]"
    if type(value) is dict and all(type(number) is float for number in value.values()):
        return _numbers_as_json(tuple(value.items()))
    return json.dumps(value)


def from_json(text: str) -> Any:
    """As json.loads reads it."""
    return [] if text == "[]" else json.loads(text)


@lru_cache(maxsize=256)
def _numbers_as_json(items: tuple[tuple[str, float], ...]) -> str:
    return json.dumps(dict(items))


BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def partial_index(name: str, *columns: sa.Column[Any], where: sa.ColumnElement[bool]) -> sa.Index:
    """Of those rows only. Written as an option of each dialect it would load them all, PostgreSQL's on SQLite too."""
    return sa.Index(name, *columns, info={"where": where})


@event.listens_for(metadata, "before_create")
def _limit_indexes(target: sa.MetaData, connection: sa.Connection, **_options: object) -> None:
    for table in target.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_options[connection.dialect.name]["where"] = index.info["where"]


def text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, Words(), nullable=False, **options)


def words(name: str) -> sa.Column[str | None]:
    return sa.Column(name, Words())


def time(name: str) -> sa.Column[datetime]:
    return sa.Column(name, Moment(), nullable=False)


def moment(name: str) -> sa.Column[datetime | None]:
    return sa.Column(name, Moment())


def event_columns(*, nullable: bool = False) -> tuple[sa.Column[Any], ...]:
    """bot.domain.event.Event with its employer; all NULL, `kind` included, where there is no event."""
    return (
        words("employer"),
        words("company"),
        sa.Column("headcount", sa.BigInteger()),
        sa.Column("percent", sa.Float()),
        sa.Column("tech", sa.Boolean(), nullable=nullable),
        sa.Column("kind", Words(), nullable=nullable),
        words("ai_grade"),
        words("ai_quote"),
    )
