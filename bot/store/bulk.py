"""Many rows into one table at once.

SQLAlchemy works out the parameters of a statement row by row and name by name, which takes longer than SQLite takes for
the row. Here it compiles the statement and says what each column's values become; the values go through by column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.store.connection import AsyncConnection
from bot.store.database import Database

if TYPE_CHECKING:
    from bot.store.database import Insert

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """`order`: the places of the columns, and `processors`: what makes of a value what the driver takes (None where it
    takes it as it is), both in the order of the statement. `names` is None where the driver goes by places."""

    text: str
    order: tuple[int, ...]
    processors: tuple[Callable[[Any], Any] | None, ...]
    names: tuple[str, ...] | None

    def parameters(self, rows: Sequence[Row]) -> list[Any]:
        given = list(zip(*rows, strict=True))
        columns: list[Iterable[Any]] = []
        for place, process in zip(self.order, self.processors, strict=True):
            columns.append(given[place] if process is None else map(process, given[place]))
        values = zip(*columns, strict=True)
        return list(values) if self.names is None else [dict(zip(self.names, row, strict=True)) for row in values]


@dataclass(frozen=True, slots=True)
class Bulk:
    """An INSERT into `columns` of `table`. `conflict` says what becomes of a row whose key is there already."""

    table: sa.Table
    columns: tuple[str, ...]
    conflict: Callable[[Insert], Insert] = lambda insert: insert
    _compiled: dict[str, _Compiled] = field(default_factory=dict, init=False, repr=False, compare=False)

    async def insert(self, database: Database, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """Rows as their values in the order of `columns`."""
        if not rows:
            return
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(database, dialect)
        await connection.exec_driver_sql(compiled.text, compiled.parameters(rows))

    def _compile(self, database: Database, dialect: sa.Dialect) -> _Compiled:
        compiled = self.conflict(database.insert(self.table)).compile(dialect=dialect, column_keys=list(self.columns))
        by_place = compiled.positiontup if compiled.positional else None
        names = tuple(by_place or self.columns)
        types = [self.table.c[name].type.dialect_impl(dialect) for name in names]
        return _Compiled(
            text=str(compiled),
            order=tuple(self.columns.index(name) for name in names),
            processors=tuple(kind.bind_processor(dialect) for kind in types),
            names=None if by_place else names,
        )
