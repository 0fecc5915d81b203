"""What is remembered: every table, its keys, and the indexes that the hot queries walk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class Moment(sa.TypeDecorator[datetime]):
    """An aware UTC time both ways. SQLite drops offsets silently, so a naive time is refused here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(sa.TypeDecorator[str]):
    """Text from anywhere. What a database refuses (NUL in PostgreSQL, lone surrogates in both) becomes U+FFFD: one
    broken character in one entry must not keep a whole feed out."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        value = str(value)  # an enum by its value: psycopg would write its name
        if "\0" in value:
            value = value.replace("\0", "\ufffd")
        try:
            value.encode()
        except UnicodeEncodeError:
            value = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
        return value


BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _text(name: str, **options: Any) -> sa.Column[str]:
    return sa.Column(name, Words(), nullable=False, **options)


def _words(name: str) -> sa.Column[str | None]:
    return sa.Column(name, Words())


def _at(name: str) -> sa.Column[datetime]:
    return sa.Column(name, Moment(), nullable=False)


def _moment(name: str) -> sa.Column[datetime | None]:
    return sa.Column(name, Moment())


feeds = sa.Table(
    "feeds",
    metadata,
    _text("id", primary_key=True),
    _text("url"),
    _text("title"),
    _words("language"),
    sa.Column("weight", sa.Float(), nullable=False),
    sa.Column("topics", sa.JSON(), nullable=False),
    _text("kind"),
    sa.Column("every_seconds", sa.Float()),
    _text("confirmed"),
    _text("origin"),
    # A feed that left the file or was removed stays: its stories carry its title, and it may come back.
    sa.Column("listed", sa.Boolean(), nullable=False),
    _text("state"),
    _text("cursor"),
    _moment("last_try"),
    _moment("last_ok"),
    _at("next_poll"),
    sa.Column("failures", sa.Integer(), nullable=False),
    _words("problem"),
    _words("problem_detail"),
    _moment("problem_since"),
    _moment("hold_until"),
    _words("lease"),
    _moment("lease_until"),
    sa.Index(None, "next_poll"),
)

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("feed_id", Words(), sa.ForeignKey("feeds.id"), nullable=False),
    _text("source"),
    _text("title"),
    _words("url"),
    _text("summary"),
    _text("content"),
    _text("content_hash"),
    _text("language"),
    _moment("published"),
    _at("first_seen"),
    _at("shown_at"),  # Story.when
    # Pruned: the words are gone, what the keys of an item need to be recognised by stays as long as the keys do.
    sa.Column("forgotten", sa.Boolean(), nullable=False),
    sa.Column("announced", sa.Boolean(), nullable=False),
    sa.Index(None, "first_seen"),
    sqlite_autoincrement=True,  # an id is never given twice, also after the newest row was deleted
)

story_keys = sa.Table(
    "story_keys",
    metadata,
    _text("key", primary_key=True),
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id"), nullable=False),
    _at("seen_at"),
    sa.Index(None, "story_id"),
    sa.Index(None, "seen_at"),
)

story_feeds = sa.Table(
    "story_feeds",
    metadata,
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("feed_id", Words(), sa.ForeignKey("feeds.id"), primary_key=True),
    _at("first_seen"),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    _text("topic", primary_key=True),
    sa.Column("score", sa.Float(), nullable=False),
    sa.Column("level_rank", sa.Integer(), nullable=False),  # of the strictest level it clears; -1: none
    _at("shown_at"),  # of the story, so that "the latest of a topic" is one walk along the index
    sa.Column("thresholds", sa.JSON(), nullable=False),
    sa.Column("reasons", sa.JSON(), nullable=False),
)
CLEARING = verdicts.c.level_rank >= sa.literal_column("0")  # spelt like this the planners see that the index fits
sa.Index(
    "ix_verdicts_clearing",
    verdicts.c.topic,
    verdicts.c.shown_at,
    verdicts.c.story_id,
    verdicts.c.level_rank,
    sqlite_where=CLEARING,
    postgresql_where=CLEARING,
)

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    _text("platform"),
    _text("address"),
    _text("thread"),
    _text("mode"),
    sa.Column("level_rank", sa.Integer(), nullable=False),
    _words("language"),
    _words("zone"),
    sa.Column("digest_at", sa.Time(), nullable=False),
    _text("state"),
    _words("parked_reason"),
    _moment("since"),
    sa.Column("last_digest", sa.Date()),
    _moment("digest_until"),
    _moment("hold_until"),
    sa.UniqueConstraint("platform", "address", "thread"),
    sqlite_autoincrement=True,
)
HELD = chats.c.hold_until.is_not(None)
sa.Index("ix_chats_held", chats.c.hold_until, sqlite_where=HELD, postgresql_where=HELD)

chat_topics = sa.Table(
    "chat_topics",
    metadata,
    sa.Column("chat_id", BigId, sa.ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    _text("topic", primary_key=True),
    sa.Index(None, "topic", "chat_id"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    _text("kind"),
    sa.Column("chat_id", BigId, sa.ForeignKey("chats.id"), nullable=False),
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id")),
    sa.Column("local_date", sa.Date()),
    _words("payload"),
    _text("state"),
    sa.Column("fence", sa.Integer(), nullable=False),
    sa.Column("attempts", sa.Integer(), nullable=False),
    # When somebody may take this row: not before (queued, unknown) or the end of the lease (sending); NULL at rest.
    _moment("due_at"),
    sa.Column("uncertain", sa.Boolean(), nullable=False),
    sa.Column("plain", sa.Boolean(), nullable=False),
    _words("reason"),
    sa.Column("message_ids", sa.JSON(), nullable=False),
    _at("created_at"),
    _moment("settled_at"),
    sa.UniqueConstraint("story_id", "chat_id"),  # one alert a chat and story, for ever
    sa.UniqueConstraint("chat_id", "local_date"),  # one digest a chat and local date
    sa.Index(None, "state", "created_at"),
    sqlite_autoincrement=True,  # the id is the name under which a platform is asked whether a message arrived
)
WAITING = outbox.c.due_at.is_not(None)
sa.Index("ix_outbox_due", outbox.c.kind, outbox.c.due_at, outbox.c.id, sqlite_where=WAITING, postgresql_where=WAITING)
sa.Index(
    "ix_outbox_waiting", outbox.c.chat_id, outbox.c.kind, outbox.c.id, sqlite_where=WAITING, postgresql_where=WAITING
)

shown = sa.Table(
    "shown",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    _text("platform"),
    _text("address"),
    _text("thread"),
    _text("message_id"),
    _text("kind"),
    sa.Column("stories", sa.JSON(), nullable=False),
    _at("at"),
    sa.Index("ix_shown_channel", "platform", "address", "thread", "id"),
    sa.Index(None, "at"),
    sqlite_autoincrement=True,
)

gestures = sa.Table("gestures", metadata, _text("key", primary_key=True), _at("at"), sa.Index(None, "at"))

beats = sa.Table(
    "beats", metadata, _text("part", primary_key=True), _at("at"), _text("state"), _text("cause"), _text("fix")
)
