"""Whether the database's file is still the one that was opened: a deleted file takes writes that nobody ever reads."""

from __future__ import annotations

from pathlib import Path

from bot.domain.errors import StoreError


class Presence:
    """Watches one path. A file that is put there later, from a backup, is taken up; a missing one never is made anew
    behind the operator's back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    def changed(self) -> bool:
        """Whether another file lies there than at the last look; StoreError when none does any more. A few µs."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            if self._known is None:
                return False  # about to be made
            raise StoreError(
                f"the database {self._path} is gone: the file was deleted or moved while Kabar runs; put it back, or "
                "stop Kabar and bring a backup back with `kabar db restore FILE`"
            ) from None
        except OSError as error:
            raise StoreError(f"the database {self._path} cannot be looked at ({error.strerror})") from error
        before, self._known = self._known, (found.st_dev, found.st_ino)
        return before not in (None, self._known)
