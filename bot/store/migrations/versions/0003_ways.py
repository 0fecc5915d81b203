"""Feeds get a way of their own (proxy, headers, a name and password), a rhythm, and an address they moved to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("proxy", sa.Text()),
        sa.Column("headers", sa.JSON()),
        sa.Column("auth", sa.Text()),
        sa.Column("gap_seconds", sa.Float()),
        sa.Column("newest_at", MOMENT),
        sa.Column("moved_to", sa.Text()),
        sa.Column("moved_times", sa.Integer()),
        sa.Column("moved_since", MOMENT),
        sa.Column("moved_url", sa.Text()),
    ):
        op.add_column("feeds", column)
