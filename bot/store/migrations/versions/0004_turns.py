"""Turns at a platform are kept with the outbox, one process at a time does what only one may, a chat says what becomes
of a message nobody knows the fate of, and feeds are subscribed to at their hubs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _turns()
    _offices()
    _hubs()
    _pauses()
    _installations()


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_turns"),
    )
    op.add_column("outbox", sa.Column("holder", sa.Text()))
    op.add_column("chats", sa.Column("once", sa.Boolean(), nullable=False, server_default=sa.false()))


def _offices() -> None:
    op.create_table(
        "offices",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_offices"),
    )


def _hubs() -> None:
    op.create_table(
        "hubs",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("next_try", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("pushed_at", MOMENT),
        sa.Column("problem", sa.Text()),
        sa.Column("problem_detail", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_hubs"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_hubs_feed_id", ondelete="CASCADE"),
    )
    op.create_index("ix_hubs_feed_id", "hubs", ["feed_id"])
    op.create_index("ix_hubs_next_try", "hubs", ["next_try"])


def _pauses() -> None:
    op.add_column("chats", sa.Column("paused_until", MOMENT))


def _installations() -> None:
    """Whole organisations let the bot in, and tokens that end are renewed."""
    for name in ("organisation", "refresh_token"):
        op.add_column("installations", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("installations", sa.Column("expires_at", MOMENT))
