"""How what must not be read in the database or a backup of it is written there: under a key that is kept elsewhere."""

from __future__ import annotations

from functools import cached_property
from hashlib import scrypt
from typing import TYPE_CHECKING, Protocol

from bot.domain.errors import StoreError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

SETTING = "KABAR_SECRET_KEY"
# The salt is the same everywhere, so that the passphrase alone opens a backup on another machine; the cost of a guess
# (32 MB, a quarter of a second) is what protects a weak one.
SALT = b"kabar: tokens of installations"
COST = {"n": 2**15, "r": 8, "p": 3, "maxmem": 2**26, "dklen": 32}


class Cipher(Protocol):
    """Raises StoreError when there is no key, or another one than what was written under."""

    def encrypt(self, words: str) -> str: ...

    def decrypt(self, words: str) -> str: ...


class PassphraseCipher:
    """Any words as the key; made when it is first needed, which takes a moment."""

    def __init__(self, passphrase: str | None) -> None:
        self._passphrase = passphrase

    def encrypt(self, words: str) -> str:
        return self._fernet.encrypt(words.encode()).decode()

    def decrypt(self, words: str) -> str:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(words.encode()).decode()
        except InvalidToken:
            # Without the cause: whoever logs it must not log what was to be read.
            raise StoreError(
                f"a token in the database was encrypted with another {SETTING}; set the one it was made with, or "
                "install the app again"
            ) from None

    @cached_property
    def _fernet(self) -> Fernet:
        from base64 import urlsafe_b64encode

        from cryptography.fernet import Fernet

        if not self._passphrase:
            raise StoreError(
                f"tokens of installations are kept encrypted: set {SETTING} to a long random text and keep it safe"
            )
        return Fernet(urlsafe_b64encode(scrypt(self._passphrase.encode(), salt=SALT, **COST)))
