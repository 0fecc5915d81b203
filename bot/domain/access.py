"""Who may talk to this bot, and which chat is the operator's."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.channel import Channel, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """`allowed` are `platform:address` of chats and `platform:user` of people (`telegram:-100123`, `slack:T1/C2`,
    `slack:T1/U3`); empty means that everybody may. The terminal always may: who sits there owns the machine.
    `operator`: the chat for the operator's commands and notices."""

    allowed: frozenset[str] = frozenset()
    operator: Channel | None = None

    def admits(self, channel: Channel, user: User) -> bool:
        if not self.allowed or channel.platform == "terminal" or self.is_operator(channel):
            return True
        team = channel.address.partition("/")[0]
        names = {f"{channel.platform}:{channel.address}", f"{channel.platform}:{user.id}"}
        return not self.allowed.isdisjoint(
            names | {f"{channel.platform}:{team}", f"{channel.platform}:{team}/{user.id}"}
        )

    def is_operator(self, channel: Channel) -> bool:
        """The terminal is the operator's too; a thread of the operator's chat as well."""
        if channel.platform == "terminal":
            return True
        return self.operator is not None and (self.operator.platform, self.operator.address) == (
            channel.platform,
            channel.address,
        )
