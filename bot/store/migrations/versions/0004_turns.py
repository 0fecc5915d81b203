"""Turns at a platform are kept with the outbox, one process at a time does what only one may, and a chat says what
becomes of a message nobody knows the fate of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _turns()
    _offices()


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_turns"),
    )
    op.add_column("chats", sa.Column("once", sa.Boolean(), nullable=False, server_default=sa.false()))


def _offices() -> None:
    op.create_table(
        "offices",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_offices"),
    )
