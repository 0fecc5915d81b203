"""When a pressed button is answered: with a short notice, or with nothing as soon as it is clear that there is none.

Telegram shows a spinner on the button until then, and takes one answer only."""

from __future__ import annotations

import asyncio
import logging

from bot.domain.errors import DeliveryError, PlatformRefused
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.inert import clean
from bot.platforms.telegram.receive import Lanes

NOTICE_LIMIT = 200  # characters

log = logging.getLogger("kabar.telegram")


class Presses:
    """The presses that wait for their answer, each for `patience` seconds at most."""

    def __init__(self, client: Client, lanes: Lanes, patience: float) -> None:
        self._client = client
        self._lanes = lanes
        self._patience = patience
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def begin(self, press: str) -> None:
        self._take(press)
        self._waiting[press] = asyncio.get_running_loop().call_later(self._patience, self.settle, press)

    def settle(self, press: str) -> None:
        """Takes the spinner away, beside whatever else is going on."""
        if self._take(press):
            self._lanes.put(f"press {press}", lambda: self._quietly(press))

    def settle_all(self) -> None:
        for press in list(self._waiting):
            self.settle(press)

    async def notice(self, press: str, text: str) -> bool:
        """Shows a notice over the chat. False when it is too late for one, or the text too long: then it has to be a
        message."""
        if len(text) > NOTICE_LIMIT:
            self.settle(press)
            return False
        return self._take(press) and await self._answer(press, clean(text))

    def _take(self, press: str) -> bool:
        timer = self._waiting.pop(press, None)
        if timer is not None:
            timer.cancel()
        return timer is not None

    async def _quietly(self, press: str) -> None:
        await self._answer(press, None)

    async def _answer(self, press: str, text: str | None) -> bool:
        """For a button pressed long ago it is too late, which does no harm."""
        try:
            with translating():
                return await self._client.answer_callback_query(press, text=text)
        except (DeliveryError, PlatformRefused) as error:
            log.info("could not answer a button: %s", error)
            return False
