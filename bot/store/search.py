"""How stories are found by their words: which of them are kept, and the full-text index each database has of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa

from bot.store.connection import AsyncConnection
from bot.store.tables import stories

LONGEST_WORD = 64
MOST_LETTERS = 20_000  # of one story: a document may be as long as it likes
SIFTED = 1_000  # stories that are looked at for one answer

# The index follows the column by itself, whoever writes it. Words are stored folded, so that splitting them at spaces
# is all that is left to the database (`ascii`: every other letter is part of a word).
SQLITE = (
    "CREATE VIRTUAL TABLE story_search USING fts5"
    "(words, content='stories', content_rowid='id', tokenize='ascii', detail=none, columnsize=0)",
    "CREATE TRIGGER story_search_insert AFTER INSERT ON stories WHEN new.words <> '' BEGIN"
    " INSERT INTO story_search (rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER story_search_delete AFTER DELETE ON stories WHEN old.words <> '' BEGIN"
    " INSERT INTO story_search (story_search, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER story_search_update AFTER UPDATE OF words ON stories WHEN old.words <> new.words BEGIN"
    " INSERT INTO story_search (story_search, rowid, words) SELECT 'delete', old.id, old.words WHERE old.words <> '';"
    " INSERT INTO story_search (rowid, words) SELECT new.id, new.words WHERE new.words <> ''; END",
    "INSERT INTO story_search (story_search) VALUES ('rebuild')",
)
POSTGRESQL = ("CREATE INDEX ix_stories_words ON stories USING gin (string_to_array(words, ' '))",)

_WORD = re.compile(r"[^\W_]+")
_BETWEEN_WORDS = {code: " " for code in range(128) if not chr(code).isalnum()}  # the same for ASCII, at once


def set_up(connection: sa.Connection) -> None:
    """Makes the index over a table `stories` that has the column `words`, and fills it."""
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)


def tear_down(connection: sa.Connection) -> None:
    """Drops what would outlive the table."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE IF EXISTS story_search")


def folded(index: str) -> str:
    """The different words of `index` in one spelling, without accents, in the order they first came; what a database
    would split or refuse is split here, so that both find the same."""
    plain = index.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    found = plain.translate(_BETWEEN_WORDS).split() if plain.isascii() else _WORD.findall(plain)
    if max(map(len, found), default=0) > LONGEST_WORD:
        found = [word[:LONGEST_WORD] for word in found]
    kept = " ".join(dict.fromkeys(found))
    return kept if len(kept) <= MOST_LETTERS else kept[:MOST_LETTERS].rpartition(" ")[0]


async def find(connection: AsyncConnection, index: str, *, limit: int, offset: int, shown: bool) -> list[int]:
    """Ids of the stories that have all words of `index`, newest first; with `shown` one an event, of events only.

    Of a common word only what was stored last is put in order: what is dated later than all that was stored later is
    rare, and nobody turns so many pages."""
    words = folded(index).split()
    if not words:
        return []
    sifted = max(SIFTED, 10 * (offset + limit))
    query = _in_sqlite(words, shown) if connection.dialect.name == "sqlite" else _in_postgresql(words, shown)
    rows = await connection.execute(query, {"sifted": sifted})
    newest: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: (row.shown_at, row.id), reverse=True):
        newest.setdefault(row.coverage_id if shown else row.id, row.id)
    return list(newest.values())[offset : offset + limit]


def _in_sqlite(words: Sequence[str], shown: bool) -> sa.Executable:
    """By hand, for the index: SQLite would fetch every whole story for two small columns."""
    of_events = "AND stories.coverage_id IS NOT NULL" if shown else ""
    query = sa.text(
        "SELECT stories.id, stories.shown_at, stories.coverage_id"
        " FROM story_search CROSS JOIN stories INDEXED BY ix_stories_found"
        f" WHERE story_search MATCH :words AND stories.id = story_search.rowid {of_events}"
        " ORDER BY story_search.rowid DESC LIMIT :sifted"
    )
    quoted = " AND ".join(f'"{word}"' for word in words)
    return query.bindparams(words=quoted).columns(stories.c.id, stories.c.shown_at, stories.c.coverage_id)


def _in_postgresql(words: Sequence[str], shown: bool) -> sa.Executable:
    stored = sa.func.string_to_array(stories.c.words, sa.literal_column("' '"))
    query = sa.select(stories.c.id, stories.c.shown_at, stories.c.coverage_id)
    query = query.where(stored.op("@>")(sa.cast(list(words), sa.ARRAY(sa.Text))))
    if shown:
        query = query.where(stories.c.coverage_id.is_not(None))
    return query.order_by(stories.c.id.desc()).limit(sa.bindparam("sifted", type_=sa.Integer()))
