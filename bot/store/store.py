"""The entrance: one open database with a part for each port."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from bot.ports import (
    Beats,
    Bookkeeping,
    Chats,
    Feeds,
    Housekeeping,
    Hubs,
    Installations,
    Notices,
    Offices,
    Outbox,
    Stories,
    Thumbs,
)
from bot.store import schema
from bot.store.beats import BeatTable
from bot.store.bookkeeping import BookkeepingTable
from bot.store.chats import ChatTable
from bot.store.cipher import PassphraseCipher
from bot.store.database import Database
from bot.store.feeds import FeedTable
from bot.store.housekeeping import HousekeepingTable
from bot.store.hubs import HubTable
from bot.store.installations import InstallationTable
from bot.store.notices import NoticeTable
from bot.store.offices import OfficeTable
from bot.store.outbox import OutboxTable
from bot.store.stories import StoryTable
from bot.store.thumbs import ThumbTable


class Store:
    """What bot/ports.py asks of a database, on SQLite or PostgreSQL. Raises StoreError and nothing else that comes from
    a connection, a disk or a server."""

    def __init__(self, database: Database, schema_version: str, secret: str | None) -> None:
        self._database = database
        self.schema_version = schema_version
        self.feeds: Feeds = FeedTable(database)
        self.hubs: Hubs = HubTable(database)
        self.stories: Stories = StoryTable(database)
        self.thumbs: Thumbs = ThumbTable(database)
        self.chats: Chats = ChatTable(database)
        self.outbox: Outbox = OutboxTable(database)
        self.notices: Notices = NoticeTable(database)
        self.offices: Offices = OfficeTable(database)
        self.installations: Installations = InstallationTable(database, PassphraseCipher(secret))
        self.beats: Beats = BeatTable(database)
        self.bookkeeping: Bookkeeping = BookkeepingTable(database)
        self.housekeeping: Housekeeping = HousekeepingTable(database)

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._database.url.get_backend_name()

    @classmethod
    async def open(cls, url: str, *, upgrade: bool, secret: str | None = None) -> Self:
        """A new or empty database is set up; one of an older schema is upgraded when `upgrade`, else refused. `secret`:
        the passphrase that tokens of installations are encrypted with."""
        database = Database(url)
        try:
            await database.prepare()
            return cls(database, await schema.ensure(database, upgrade=upgrade), secret)
        except BaseException:
            await database.close()
            raise

    async def close(self) -> None:
        await self._database.close()

    async def upgrade(self) -> None:
        """Every missing step of the schema; nothing when it is current."""
        self.schema_version = await schema.migrate(self._database)

    async def backup(self, path: Path) -> None:
        """Writes the whole database into one file of JSON lines, readable by its owner only, beside a running bot too.
        The format is the same for both databases: a backup of one can be restored into the other."""
        from bot.store.backup import write_backup

        await write_backup(self._database, path)

    async def restore(self, path: Path) -> None:
        """Replaces everything by a backup, whole or not at all. What happened after the backup was made is not known
        any more afterwards: stories told since then may be told again."""
        from bot.store.backup import read_backup

        await read_backup(self._database, path)
        self.schema_version = schema.REVISIONS[-1]
