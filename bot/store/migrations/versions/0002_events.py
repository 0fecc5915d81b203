"""Stories of one event belong together, with their facts; chats get settings, interests, edits and replies.

Every story that cleared a level until now is an event of its own; what chats were told of keeps its number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store import search

revision = "0002"
down_revision = "0001"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("due_at IS NOT NULL")
HOLDING = sa.text("(state || '') = 'held'")
BATCH = 1_000  # stories


def upgrade() -> None:
    _events()
    _beside_events()
    _one_event_a_story()
    _chats()
    _outbox_on_sqlite() if op.get_bind().dialect.name == "sqlite" else _outbox_on_postgresql()
    op.create_index("ix_outbox_held", "outbox", ["chat_id"], sqlite_where=HOLDING, postgresql_where=HOLDING)
    _small_tables()
    _words()


def _event_columns(*, nullable: bool) -> list[sa.Column[object]]:
    return [
        sa.Column("employer", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("headcount", sa.BigInteger()),
        sa.Column("percent", sa.Float()),
        sa.Column("tech", sa.Boolean(), nullable=nullable),
        sa.Column("kind", sa.Text(), nullable=nullable),
        sa.Column("ai_grade", sa.Text()),
        sa.Column("ai_quote", sa.Text()),
    ]


def _events() -> None:
    op.create_table(
        "coverages",
        sa.Column("id", BIG_ID, nullable=False, autoincrement=False),
        sa.Column("lead_id", BIG_ID, nullable=False),
        sa.Column("outlets", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_seen", MOMENT, nullable=False),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        *_event_columns(nullable=True),
        sa.Column("restates", BIG_ID),
        sa.PrimaryKeyConstraint("id", name="pk_coverages"),
    )
    op.create_index("ix_coverages_first_seen", "coverages", ["first_seen"])
    op.create_index("ix_coverages_employer_first_seen", "coverages", ["employer", "first_seen"])
    op.create_table(
        "coverage_topics",
        sa.Column("coverage_id", BIG_ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("low_at", MOMENT, nullable=False),
        sa.Column("normal_at", MOMENT),
        sa.Column("high_at", MOMENT),
        sa.Column("shown_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("coverage_id", "topic", name="pk_coverage_topics"),
        _of_an_event("coverage_topics"),
    )
    op.create_index("ix_coverage_topics_latest", "coverage_topics", ["topic", "shown_at", "coverage_id"])
    for column in ("low_at", "normal_at", "high_at"):
        op.create_index(f"ix_coverage_topics_{column}", "coverage_topics", [column])
    # By hand: SQLite takes a reference with a new column, but no constraint of its own afterwards.
    column_type = BIG_ID.compile(op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE stories ADD COLUMN coverage_id {column_type} "
        "CONSTRAINT fk_stories_coverage_id REFERENCES coverages (id)"
    )
    op.create_index("ix_stories_coverage_id", "stories", ["coverage_id"])
    op.create_index("ix_stories_found", "stories", ["id", "shown_at", "coverage_id"])
    op.add_column("stories", sa.Column("words", sa.Text(), nullable=False, server_default=""))


def _of_an_event(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["coverage_id"], ["coverages.id"], name=f"fk_{table}_coverage_id", ondelete="CASCADE"
    )


def _of_a_chat(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=f"fk_{table}_chat_id", ondelete="CASCADE")


def _beside_events() -> None:
    op.create_table(
        "facts",
        sa.Column("story_id", BIG_ID, nullable=False),
        *_event_columns(nullable=False),
        sa.PrimaryKeyConstraint("story_id", name="pk_facts"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_facts_story_id", ondelete="CASCADE"),
    )
    op.create_table(
        "changes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("coverage_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False, server_default=""),
        sa.Column("before", sa.Float()),
        sa.Column("after", sa.Float()),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        _of_an_event("changes"),
        sa.UniqueConstraint(
            "coverage_id", "kind", "story_id", "unit", name="uq_changes_coverage_id_kind_story_id_unit"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "thumbs",
        sa.Column("coverage_id", BIG_ID, nullable=False),
        sa.Column("chat_id", BIG_ID, nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("coverage_id", "chat_id", "user_id", name="pk_thumbs"),
        _of_an_event("thumbs"),
        _of_a_chat("thumbs"),
    )


def _one_event_a_story() -> None:
    op.execute(
        """
        INSERT INTO coverages (id, lead_id, outlets, version, first_seen, shown_at, announced)
        SELECT id, id, 1, 1, first_seen, shown_at, announced FROM stories
        WHERE NOT forgotten AND id IN (SELECT story_id FROM verdicts WHERE level_rank >= 0)
        """
    )
    op.execute(
        """
        INSERT INTO coverage_topics (coverage_id, topic, score, low_at, normal_at, high_at, shown_at)
        SELECT c.id, v.topic, v.score, c.first_seen,
            CASE WHEN v.level_rank >= 1 THEN c.first_seen END,
            CASE WHEN v.level_rank >= 2 THEN c.first_seen END,
            c.shown_at
        FROM verdicts v JOIN coverages c ON c.id = v.story_id WHERE v.level_rank >= 0
        """
    )
    op.execute("UPDATE stories SET coverage_id = id WHERE id IN (SELECT id FROM coverages)")
    op.drop_index("ix_verdicts_clearing", "verdicts")
    op.drop_column("verdicts", "shown_at")


def _chats() -> None:
    for column in (
        sa.Column("read_until", MOMENT),
        sa.Column("quiet_start", sa.Time()),
        sa.Column("quiet_end", sa.Time()),
        sa.Column("break_through", sa.Integer()),
        sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("style", sa.Text(), nullable=False, server_default="full"),
        sa.Column("preview", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("chats", column)
    op.create_table(
        "interests",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("chat_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_interests"),
        _of_a_chat("interests"),
        sa.UniqueConstraint("chat_id", "kind", "key", name="uq_interests_chat_id_kind_key"),
        sqlite_autoincrement=True,
    )


ONE_A_CHAT = ("story_id", "chat_id", "kind", "change_id")
ITS_NAME = "uq_outbox_story_id_chat_id_kind_change_id"


def _new_in_outbox() -> list[sa.Column[int]]:
    return [
        sa.Column("change_id", BIG_ID, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="0"),
    ]


def _outbox_on_postgresql() -> None:
    for column in _new_in_outbox():
        op.add_column("outbox", column)
    op.drop_constraint("uq_outbox_story_id_chat_id", "outbox")
    op.create_unique_constraint(ITS_NAME, "outbox", list(ONE_A_CHAT))


def _outbox_on_sqlite() -> None:
    """A key cannot be changed: the rows move to a table that has the other one. Their ids are never given again."""
    op.create_table(
        "new_outbox",
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
        *_new_in_outbox(),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name="fk_outbox_chat_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_outbox_story_id"),
        sa.UniqueConstraint(*ONE_A_CHAT, name=ITS_NAME),
        sa.UniqueConstraint("chat_id", "local_date", name="uq_outbox_chat_id_local_date"),
        sqlite_autoincrement=True,
    )
    op.execute("INSERT INTO new_outbox SELECT *, 0, 0 FROM outbox")
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'new_outbox'")
    op.execute("UPDATE sqlite_sequence SET name = 'new_outbox' WHERE name = 'outbox'")
    op.drop_table("outbox")
    op.rename_table("new_outbox", "outbox")
    op.create_index("ix_outbox_state_created_at", "outbox", ["state", "created_at"])
    op.create_index("ix_outbox_due", "outbox", ["kind", "due_at", "id"], sqlite_where=WAITING)
    op.create_index("ix_outbox_waiting", "outbox", ["chat_id", "kind", "id"], sqlite_where=WAITING)


def _small_tables() -> None:
    op.create_table(
        "notices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_notices"),
    )
    op.create_table(
        "installations",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("bot_user", sa.Text(), nullable=False),
        sa.Column("installed_by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "team", name="pk_installations"),
    )
    op.create_table(
        "installation_states",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state", name="pk_installation_states"),
    )


def _words() -> None:
    """Old stories are found by their words as they stand: the stems of the rules are not known here."""
    bind = op.get_bind()
    stories = sa.table("stories", *(sa.column(name) for name in ("id", "title", "summary", "forgotten", "words")))
    columns = (stories.c.id, stories.c.title, stories.c.summary)
    update = sa.update(stories).where(stories.c.id == sa.bindparam("story")).values(words=sa.bindparam("found_by"))
    last = 0
    while True:
        page = sa.select(*columns).where(stories.c.id > last, ~stories.c.forgotten).order_by(stories.c.id).limit(BATCH)
        rows = bind.execute(page).fetchall()
        found = [{"story": row.id, "found_by": search.folded(f"{row.title} {row.summary}")} for row in rows]
        if not rows:
            break
        bind.execute(update, found)
        last = rows[-1].id
    search.set_up(bind)
