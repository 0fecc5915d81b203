"""Which characters nobody sees: controls, zero-width ones, and those that turn the direction of what is shown."""

from __future__ import annotations

import re

# What joins two pictures into one is seen: a flag and a rainbow, a woman and a laptop.
_PICTURE = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f\ud800-\udfff]"
    f"|(?<![{_PICTURE}])\u200d|\u200d(?![{_PICTURE}])"
)


def invisible_removed(value: str) -> str:
    """The text without them; an id or a link may hold them by mistake, a title to deceive."""
    if value.isascii() and (value.isprintable() or value.replace("\n", " ").isprintable()):
        return value
    return _INVISIBLE.sub("", value)
