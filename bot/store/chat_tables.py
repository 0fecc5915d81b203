"""What is remembered of chats: settings, interests, the ledger of deliveries, and small things beside them."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.columns import BigId, metadata, moment, partial_index, text, time, words

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    text("platform"),
    text("address"),
    text("thread"),
    text("mode"),
    sa.Column("level_rank", sa.Integer(), nullable=False),
    words("language"),
    words("zone"),
    sa.Column("digest_at", sa.Time(), nullable=False),
    text("state"),
    words("parked_reason"),
    moment("since"),
    sa.Column("last_digest", sa.Date()),
    moment("digest_until"),
    moment("hold_until"),
    moment("read_until"),
    sa.Column("quiet_start", sa.Time()),
    sa.Column("quiet_end", sa.Time()),
    sa.Column("break_through", sa.Integer()),
    sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
    moment("paused_until"),
    text("style", server_default="full"),
    sa.Column("preview", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.false()),
    # Whether a message nobody knows the fate of stays unsent rather than perhaps coming twice.
    sa.Column("once", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("platform", "address", "thread"),
    sqlite_autoincrement=True,
)
HELD = chats.c.hold_until.is_not(None)
partial_index("ix_chats_held", chats.c.hold_until, where=HELD)

chat_topics = sa.Table(
    "chat_topics",
    metadata,
    sa.Column("chat_id", BigId, sa.ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    text("topic", primary_key=True),
    sa.Index(None, "topic", "chat_id"),
)

interests = sa.Table(
    "interests",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("chat_id", BigId, sa.ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    text("kind"),
    text("phrase"),
    text("key"),
    moment("until"),
    sa.UniqueConstraint("chat_id", "kind", "key"),
    sqlite_autoincrement=True,
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    text("kind"),
    sa.Column("chat_id", BigId, sa.ForeignKey("chats.id"), nullable=False),
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id")),
    sa.Column("local_date", sa.Date()),
    words("payload"),
    text("state"),
    sa.Column("fence", sa.Integer(), nullable=False),
    sa.Column("attempts", sa.Integer(), nullable=False),
    # When somebody may take this row: not before (queued, unknown) or the end of the lease (sending); NULL at rest.
    moment("due_at"),
    sa.Column("uncertain", sa.Boolean(), nullable=False),
    sa.Column("plain", sa.Boolean(), nullable=False),
    words("reason"),
    sa.Column("message_ids", sa.JSON(), nullable=False),
    time("created_at"),
    moment("settled_at"),
    # The change that a reply is about; 0 for all else. story_id is an event's: one alert a chat and event, for ever,
    # one edit that is armed again and again, one reply a change.
    sa.Column("change_id", BigId, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer(), nullable=False, server_default="0"),  # of the event, as last shown
    words("holder"),  # the process that took it up last
    sa.UniqueConstraint("story_id", "chat_id", "kind", "change_id"),
    sa.UniqueConstraint("chat_id", "local_date"),  # one digest a chat and local date
    sa.Index(None, "state", "created_at"),
    sqlite_autoincrement=True,  # the id is the name under which a platform is asked whether a message arrived
)
WAITING = outbox.c.due_at.is_not(None)
partial_index("ix_outbox_due", outbox.c.kind, outbox.c.due_at, outbox.c.id, where=WAITING)
partial_index("ix_outbox_waiting", outbox.c.chat_id, outbox.c.kind, outbox.c.id, where=WAITING)
# Spelt like this both planners see that the index fits, and SQLite does not prefer the one by state.
HOLDING = outbox.c.state.concat(sa.literal_column("''")) == sa.literal_column("'held'")
partial_index("ix_outbox_held", outbox.c.chat_id, where=HOLDING)

shown = sa.Table(
    "shown",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    text("platform"),
    text("address"),
    text("thread"),
    text("message_id"),
    text("kind"),
    sa.Column("stories", sa.JSON(), nullable=False),
    time("at"),
    sa.Index("ix_shown_channel", "platform", "address", "thread", "id"),
    sa.Index(None, "at"),
    sqlite_autoincrement=True,
)

gestures = sa.Table("gestures", metadata, text("key", primary_key=True), time("at"), sa.Index(None, "at"))

beats = sa.Table(
    "beats", metadata, text("part", primary_key=True), time("at"), text("state"), text("cause"), text("fix")
)

notices = sa.Table("notices", metadata, text("key", primary_key=True), time("since"))  # troubles the operator knows of

installations = sa.Table(
    "installations",
    metadata,
    text("platform", primary_key=True),
    text("team", primary_key=True),
    text("name"),
    text("token"),  # encrypted
    text("bot_user"),
    text("installed_by"),
    time("at"),
    sa.Column("revoked", sa.Boolean(), nullable=False),
    text("organisation", server_default=""),
    text("refresh_token", server_default=""),  # encrypted
    moment("expires_at"),
)

installation_states = sa.Table("installation_states", metadata, text("state", primary_key=True), time("at"))

# When the next message may leave, by limit: a bot's, a workspace's.
turns = sa.Table("turns", metadata, text("key", primary_key=True), time("next_at"))

# What only one process may do at a time: who does it, and until when unless that is renewed.
offices = sa.Table("offices", metadata, text("name", primary_key=True), text("holder"), time("until"))
