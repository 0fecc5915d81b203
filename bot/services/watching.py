"""Who asked for companies and words by name, looked up once a round and kept ready for matching."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.story import Item, Language
from bot.domain.subscription import Interest
from bot.editorial.rules.company import Companies
from bot.ports import Chats
from bot.services.interests import Watches


class WatchList:
    """Fits intake.Watching. The company table is asked for only when somebody watches something."""

    def __init__(self, chats: Chats, companies: Callable[[], Companies]) -> None:
        self._chats = chats
        self._companies = companies
        self._known: list[Interest] = []
        self._watches: Watches | None = None

    async def refresh(self) -> None:
        interests = await self._chats.watches()
        if interests != self._known:
            self._known = interests
            self._watches = Watches(interests, self._companies()) if interests else None

    def of(self, item: Item, employer: str | None, language: Language) -> tuple[int, ...]:
        return self._watches.of(item, employer, language) if self._watches else ()
