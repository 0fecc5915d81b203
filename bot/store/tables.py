"""What is remembered: every table, its keys, and the indexes that the hot queries walk."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.chat_tables import (
    HELD,
    HOLDING,
    WAITING,
    beats,
    chat_topics,
    chats,
    gestures,
    installation_states,
    installations,
    interests,
    notices,
    offices,
    outbox,
    shown,
    turns,
)
from bot.store.columns import BigId, Moment, Words, event_columns, metadata, moment, text, time, words

__all__ = [
    "HELD",
    "HOLDING",
    "WAITING",
    "Moment",
    "Words",
    "beats",
    "changes",
    "chat_topics",
    "chats",
    "coverage_topics",
    "coverages",
    "facts",
    "feeds",
    "gestures",
    "hubs",
    "installation_states",
    "installations",
    "interests",
    "metadata",
    "notices",
    "offices",
    "outbox",
    "shown",
    "stories",
    "story_feeds",
    "story_keys",
    "thumbs",
    "turns",
    "verdicts",
]

feeds = sa.Table(
    "feeds",
    metadata,
    text("id", primary_key=True),
    text("url"),
    text("title"),
    words("language"),
    sa.Column("weight", sa.Float(), nullable=False),
    sa.Column("topics", sa.JSON(), nullable=False),
    text("kind"),
    sa.Column("every_seconds", sa.Float()),
    text("confirmed"),
    text("origin"),
    # A feed that left the file or was removed stays: its stories carry its title, and it may come back.
    sa.Column("listed", sa.Boolean(), nullable=False),
    text("state"),
    text("cursor"),
    moment("last_try"),
    moment("last_ok"),
    time("next_poll"),
    sa.Column("failures", sa.Integer(), nullable=False),
    words("problem"),
    words("problem_detail"),
    moment("problem_since"),
    moment("hold_until"),
    words("lease"),
    moment("lease_until"),
    words("proxy"),
    sa.Column("headers", sa.JSON(none_as_null=True)),
    words("auth"),
    sa.Column("gap_seconds", sa.Float()),
    moment("newest_at"),
    # Where permanent redirects lead, and the address that is read instead of `url` since they did so for long.
    words("moved_to"),
    sa.Column("moved_times", sa.Integer()),
    moment("moved_since"),
    words("moved_url"),
    sa.Index(None, "next_poll"),
)

# What the hubs of feeds were asked for (WebSub): one row a feed, and those that are being left.
hubs = sa.Table(
    "hubs",
    metadata,
    text("key", primary_key=True),
    sa.Column("feed_id", Words(), sa.ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    text("hub"),
    text("topic"),
    text("callback"),
    text("secret"),
    text("state"),
    time("since"),
    time("next_try"),
    moment("asked_at"),
    sa.Column("tries", sa.Integer(), nullable=False),
    moment("until"),
    moment("pushed_at"),
    words("problem"),
    words("problem_detail"),
    sa.Column("version", sa.BigInteger(), nullable=False),
    sa.Index(None, "feed_id"),
    sa.Index(None, "next_try"),
)

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("feed_id", Words(), sa.ForeignKey("feeds.id"), nullable=False),
    text("source"),
    text("title"),
    words("url"),
    text("summary"),
    text("content"),
    text("content_hash"),
    text("language"),
    moment("published"),
    time("first_seen"),
    time("shown_at"),  # Story.when
    # The event it tells; NULL for what nobody will see. Set right after the insert: an event has its first story's id.
    sa.Column("coverage_id", BigId, sa.ForeignKey("coverages.id")),
    text("words", server_default=""),  # what it is found by, stemmed (bot/store/search.py)
    # Pruned: the words are gone, what the keys of an item need to be recognised by stays as long as the keys do.
    sa.Column("forgotten", sa.Boolean(), nullable=False),
    sa.Column("announced", sa.Boolean(), nullable=False),
    sa.Index(None, "first_seen"),
    sa.Index(None, "coverage_id"),
    sa.Index("ix_stories_found", "id", "shown_at", "coverage_id"),  # what a search needs of each, without its texts
    sqlite_autoincrement=True,  # an id is never given twice, also after the newest row was deleted
)

facts = sa.Table(  # what one report says of job cuts
    "facts",
    metadata,
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    *event_columns(),
)

coverages = sa.Table(
    "coverages",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=False),  # of its first story, for ever
    sa.Column("lead_id", BigId, nullable=False),
    sa.Column("outlets", sa.Integer(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),  # grows with everything that is shown of it
    time("first_seen"),
    time("shown_at"),  # Story.when of its first story, so that lists keep their order
    sa.Column("announced", sa.Boolean(), nullable=False),
    *event_columns(nullable=True),
    sa.Column("restates", BigId),  # the event whose job cuts this one only tells again
    sa.Index(None, "first_seen"),
    sa.Index(None, "employer", "first_seen"),
)

coverage_topics = sa.Table(
    "coverage_topics",
    metadata,
    sa.Column("coverage_id", BigId, sa.ForeignKey("coverages.id", ondelete="CASCADE"), primary_key=True),
    text("topic", primary_key=True),
    sa.Column("score", sa.Float(), nullable=False),  # the best of its reports
    # When it came to clear each level, as news; NULL while it does not. A topic that it does not clear has no row. A
    # digest tells what came since the last one.
    time("low_at"),
    moment("normal_at"),
    moment("high_at"),
    time("shown_at"),  # of the event, so that "the latest of a topic" is one walk along the index
    sa.Index("ix_coverage_topics_latest", "topic", "shown_at", "coverage_id"),
    sa.Index(None, "low_at"),
    sa.Index(None, "normal_at"),
    sa.Index(None, "high_at"),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("coverage_id", BigId, sa.ForeignKey("coverages.id", ondelete="CASCADE"), nullable=False),
    text("kind"),
    sa.Column("story_id", BigId, nullable=False),
    text("source"),
    time("at"),
    text("unit", server_default=""),  # "" where it is not about a number: NULLs would all differ in the key
    sa.Column("before", sa.Float()),
    sa.Column("after", sa.Float()),
    sa.UniqueConstraint("coverage_id", "kind", "story_id", "unit"),
    sqlite_autoincrement=True,  # the id tells replies about changes apart
)

thumbs = sa.Table(
    "thumbs",
    metadata,
    sa.Column("coverage_id", BigId, sa.ForeignKey("coverages.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("chat_id", BigId, sa.ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    text("user_id", primary_key=True),
    sa.Column("up", sa.Boolean(), nullable=False),
    time("at"),
)

story_keys = sa.Table(
    "story_keys",
    metadata,
    text("key", primary_key=True),
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id"), nullable=False),
    time("seen_at"),
    sa.Index(None, "story_id"),
    sa.Index(None, "seen_at"),
)

story_feeds = sa.Table(
    "story_feeds",
    metadata,
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("feed_id", Words(), sa.ForeignKey("feeds.id"), primary_key=True),
    time("first_seen"),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("story_id", BigId, sa.ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    text("topic", primary_key=True),
    sa.Column("score", sa.Float(), nullable=False),
    sa.Column("level_rank", sa.Integer(), nullable=False),  # of the strictest level it clears; -1: none
    sa.Column("thresholds", sa.JSON(), nullable=False),
    sa.Column("reasons", sa.JSON(), nullable=False),
)
