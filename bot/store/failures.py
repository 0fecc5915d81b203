"""What an operator reads when the database fails: one sentence with the remedy, never a secret."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import sqlalchemy.exc

from bot.domain.errors import Hindered, StoreError

SQLITE_REMEDIES = {
    sqlite3.SQLITE_BUSY: "is locked by another process that has been writing for long; stop the other program that "
    "holds it, or use PostgreSQL for several writers",
    sqlite3.SQLITE_LOCKED: "is locked by another process; stop the other program that holds it",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full; free some space there (nothing half-written is kept)",
    sqlite3.SQLITE_READONLY: "is read-only; give the user who runs Kabar write permission for the file and its "
    "directory",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that the directory exists and that the user who runs Kabar may "
    "write there",
    sqlite3.SQLITE_PERM: "may not be opened by the user who runs Kabar; check the permissions of the file",
    sqlite3.SQLITE_NOTADB: "is not a database; point KABAR_DATABASE_URL elsewhere, or move the file away and bring a "
    "backup back with `kabar db restore FILE`",
    sqlite3.SQLITE_CORRUPT: "is damaged; move the file away and bring a backup back with `kabar db restore FILE`",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk reports an error; check the disk and its free space",
}
POSTGRES_REMEDIES = {
    "53100": "has a full disk; free some space there (nothing half-written is kept)",
    "53300": "has too many connections; raise max_connections or run fewer replicas",
    "57P03": "is starting up; try again in a moment",
    "40P01": "broke a deadlock off; it is tried again",
    "40001": "put another transaction first; it is tried again",
    "55P03": "did not get a lock in time; it is tried again",
    "57014": "did not finish a statement in time; it is tried again",
    "25006": "is read-only, as a standby is; point KABAR_DATABASE_URL at the server that can be written to",
    "55000": "takes no connections at the moment; check the server",
    "57P01": "was shut down, or broke off the connection; it is tried again",
}
HINDRANCES = ("40P01", "40001")
REFUSED = "lets nobody in under this name; check user, password and database name in KABAR_DATABASE_URL"
UNREACHABLE = "cannot be reached; check that the server runs and that KABAR_DATABASE_URL names the right host and port"


@contextmanager
def translating(url: sa.URL) -> Iterator[None]:
    """Errors of the connection, the disk and the server become StoreError; a broken query stays the bug it is."""
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreError(f"{place(url)} is too busy: no connection became free in time") from error
    except sa.exc.DBAPIError as error:
        of_the_server = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
        known = getattr(error.orig, "sqlstate", None) in POSTGRES_REMEDIES
        if of_the_server or known or type(error) is sa.exc.DatabaseError:
            hindered = getattr(error.orig, "sqlstate", None) in HINDRANCES
            raise (Hindered if hindered else StoreError)(explain(url, error.orig)) from error
        raise


def place(url: sa.URL) -> str:
    """The database as an operator knows it, without its password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    return f"the database {url.database or ''} on PostgreSQL at {url.host or url.query.get('host') or 'localhost'}"


def explain(url: sa.URL, error: object) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    state = getattr(error, "sqlstate", None)
    if isinstance(code, int) and code & 0xFF in SQLITE_REMEDIES:
        return f"{place(url)} {SQLITE_REMEDIES[code & 0xFF]}"
    if isinstance(state, str) and state in POSTGRES_REMEDIES:
        return f"{place(url)} {POSTGRES_REMEDIES[state]}"
    said = " ".join(str(error).split())[:300]
    remedy = "failed"
    if url.get_backend_name() != "sqlite" and state is None:  # before or after a connection there is no code
        remedy = REFUSED if "FATAL:" in said else UNREACHABLE
    if url.password:
        said = said.replace(str(url.password), "***")
    return f"{place(url)} {remedy} ({said})"
