"""Which workspaces let the bot in, and with which token there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from bot.domain.errors import StoreError
from bot.log import logger
from bot.ports import Installation
from bot.store.cipher import Cipher
from bot.store.database import Database
from bot.store.tables import installation_states, installations

BEGUN_WITHIN = timedelta(minutes=10)
LOG = logger("store")


class InstallationTable:
    """bot.ports.Installations."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self._database = database
        self._cipher = cipher

    async def get(self, platform: str, team: str) -> Installation | None:
        this = sa.select(installations).where(installations.c.platform == platform, installations.c.team == team)
        async with self._database.reading() as connection:
            row = (await connection.execute(this)).first()
        return None if row is None else await self._read(row)

    async def save(self, installation: Installation) -> None:
        key = {"platform": installation.platform, "team": installation.team}
        secret = replace(installation, token="", refresh_token="") if installation.revoked else installation
        values = {
            "name": installation.name,
            "token": await self._encrypted(secret.token),
            "refresh_token": await self._encrypted(secret.refresh_token),
            "expires_at": installation.expires_at,
            "organisation": installation.organisation,
            "bot_user": installation.bot_user,
            "installed_by": installation.installed_by,
            "at": installation.at,
            "revoked": installation.revoked,
        }
        insert = self._database.insert(installations).values(key | values)
        async with self._database.writing() as connection:
            await connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))

    async def revoke(self, platform: str, team: str) -> None:
        this = sa.update(installations).where(installations.c.platform == platform, installations.c.team == team)
        async with self._database.writing() as connection:
            await connection.execute(this.values(token="", refresh_token="", expires_at=None, revoked=True))

    async def all(self, platform: str) -> list[Installation]:
        """Revoked ones too, by team. One whose token cannot be read is left out with a line in the log; StoreError when
        none can be read."""
        theirs = sa.select(installations).where(installations.c.platform == platform).order_by(installations.c.team)
        async with self._database.reading() as connection:
            rows = list(await connection.execute(theirs))
        found: list[Installation] = []
        unreadable: StoreError | None = None
        for row in rows:
            try:
                found.append(await self._read(row))
            except StoreError as error:
                unreadable = error
                LOG.error("%s %s (%s): %s", row.platform, row.team, row.name, error)
        if unreadable is not None and not any(installation.token for installation in found):
            raise unreadable
        return found

    async def begin(self, state: str, now: datetime) -> None:
        insert = self._database.insert(installation_states).values(state=_fingerprint(state), at=now)
        async with self._database.writing() as connection:
            too_old = installation_states.c.at <= now - BEGUN_WITHIN
            await connection.execute(sa.delete(installation_states).where(too_old))
            await connection.execute(insert.on_conflict_do_nothing(index_elements=["state"]))

    async def complete(self, state: str, now: datetime) -> bool:
        begun = sa.delete(installation_states).where(installation_states.c.state == _fingerprint(state))
        async with self._database.writing() as connection:
            at = (await connection.execute(begun.returning(installation_states.c.at))).scalar_one_or_none()
            return at is not None and at > now - BEGUN_WITHIN

    async def _read(self, row: sa.Row[Any]) -> Installation:
        return Installation(
            platform=row.platform,
            team=row.team,
            name=row.name,
            token=await self._decrypted(row.token),
            bot_user=row.bot_user,
            installed_by=row.installed_by,
            at=row.at,
            revoked=row.revoked,
            organisation=row.organisation,
            refresh_token=await self._decrypted(row.refresh_token),
            expires_at=row.expires_at,
        )

    async def _encrypted(self, words: str) -> str:
        return await asyncio.to_thread(self._cipher.encrypt, words) if words else ""

    async def _decrypted(self, words: str) -> str:
        return await asyncio.to_thread(self._cipher.decrypt, words) if words else ""


def _fingerprint(state: str) -> str:
    """Who reads the database must not be able to complete what somebody else began."""
    return sha256(state.encode(errors="replace")).hexdigest()
