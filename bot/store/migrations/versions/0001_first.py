"""The first schema. Frozen: what changes later is a step of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("due_at IS NOT NULL")
HELD = sa.text("hold_until IS NOT NULL")
CLEARING = sa.text("level_rank >= 0")


def upgrade() -> None:
    _feeds_and_stories()
    _chats()
    _outbox()
    _small_tables()


def _feeds_and_stories() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("every_seconds", sa.Float()),
        sa.Column("confirmed", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("last_try", MOMENT),
        sa.Column("last_ok", MOMENT),
        sa.Column("next_poll", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("problem_detail", sa.Text()),
        sa.Column("problem_since", MOMENT),
        sa.Column("hold_until", MOMENT),
        sa.Column("lease", sa.Text()),
        sa.Column("lease_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
    )
    op.create_index("ix_feeds_next_poll", "feeds", ["next_poll"])
    op.create_table(
        "stories",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("published", MOMENT),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_stories_feed_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stories_first_seen", "stories", ["first_seen"])
    op.create_table(
        "story_keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_story_keys"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_keys_story_id"),
    )
    op.create_index("ix_story_keys_story_id", "story_keys", ["story_id"])
    op.create_index("ix_story_keys_seen_at", "story_keys", ["seen_at"])
    op.create_table(
        "story_feeds",
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("story_id", "feed_id", name="pk_story_feeds"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_feeds_story_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_story_feeds_feed_id"),
    )
    op.create_table(
        "verdicts",
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("story_id", "topic", name="pk_verdicts"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_verdicts_story_id", ondelete="CASCADE"),
    )
    op.create_index(
        "ix_verdicts_clearing",
        "verdicts",
        ["topic", "shown_at", "story_id", "level_rank"],
        sqlite_where=CLEARING,
        postgresql_where=CLEARING,
    )


def _chats() -> None:
    op.create_table(
        "chats",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("zone", sa.Text()),
        sa.Column("digest_at", sa.Time(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parked_reason", sa.Text()),
        sa.Column("since", MOMENT),
        sa.Column("last_digest", sa.Date()),
        sa.Column("digest_until", MOMENT),
        sa.Column("hold_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_chats"),
        sa.UniqueConstraint("platform", "address", "thread", name="uq_chats_platform_address_thread"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_chats_held", "chats", ["hold_until"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_table(
        "chat_topics",
        sa.Column("chat_id", BIG_ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "topic", name="pk_chat_topics"),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_chat_topics_chat_id", ondelete="CASCADE"),
    )
    op.create_index("ix_chat_topics_topic_chat_id", "chat_topics", ["topic", "chat_id"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("chat_id", BIG_ID, nullable=False),
        sa.Column("story_id", BIG_ID),
        sa.Column("local_date", sa.Date()),
        sa.Column("payload", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("plain", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("message_ids", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_outbox_chat_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_outbox_story_id"),
        sa.UniqueConstraint("story_id", "chat_id", name="uq_outbox_story_id_chat_id"),
        sa.UniqueConstraint("chat_id", "local_date", name="uq_outbox_chat_id_local_date"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_state_created_at", "outbox", ["state", "created_at"])
    op.create_index("ix_outbox_due", "outbox", ["kind", "due_at", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index(
        "ix_outbox_waiting", "outbox", ["chat_id", "kind", "id"], sqlite_where=WAITING, postgresql_where=WAITING
    )


def _small_tables() -> None:
    op.create_table(
        "shown",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stories", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shown"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_shown_channel", "shown", ["platform", "address", "thread", "id"])
    op.create_index("ix_shown_at", "shown", ["at"])
    op.create_table(
        "gestures",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_gestures"),
    )
    op.create_index("ix_gestures_at", "gestures", ["at"])
    op.create_table(
        "beats",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("part", name="pk_beats"),
    )
