"""Which addresses the fetcher may connect to: what the whole internet can reach, and what the operator allows.

The check sits where the socket is made, so it sees every address really connected to: of literals, of redirects, and
of names that answer differently the second time."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver

from bot.domain.errors import Forbidden

REFUSED = "not a public address"

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_TEREDO = IPv6Network("2001::/32")
_NEVER = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),  # the 6to4 relay
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)
# Names that only a private network knows, where a proxy stands in one.
_HOME_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".home.arpa", ".corp", ".private")
_Address = IPv4Address | IPv6Address


class AddressGuard:
    """`allowed`: host names, addresses and networks (`127.0.0.1`, `10.0.0.0/8`, `intranet.example`) that are exempt."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        self._names: set[str] = set()
        for entry in allowed:
            text = entry.strip().lower().strip("[]").rstrip(".")
            try:
                self._networks.append(ip_network(text, strict=False))
            except ValueError:
                if text:
                    self._names.add(text)
        self.exempts: Callable[[str], bool] = lru_cache(maxsize=4_096)(self._exempts)  # asked several times a fetch

    def _exempts(self, host: str) -> bool:
        """Whether the operator allows this host by name, or as an address by a network."""
        name = host.lower().strip("[]").rstrip(".")
        if name in self._names:
            return True
        address = _parsed("127.0.0.1" if name == "localhost" else name)
        return address is not None and self._allows(address)

    def permits(self, host: str) -> bool:
        """Whether a connection to this address (a literal) may be made."""
        address = _parsed(host)
        return address is not None and (self._allows(address) or is_public(address))

    def make_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The connector's socket factory: refuses what `permits` does not. `info` as getaddrinfo gives it."""
        family, kind, protocol, _, address = info
        if not self.permits(str(address[0])):
            raise OSError(errno.EACCES, REFUSED)
        return socket.socket(family=family, type=kind, proto=protocol)

    async def check_name(self, host: str, resolver: AbstractResolver) -> None:
        """For a host that a proxy will connect to, so that no socket of ours shows where: raises Forbidden for a
        literal or a name that leads to a private address as far as can be seen from here."""
        name = host.lower().strip("[]").rstrip(".")
        if _parsed(name) is not None:
            addresses = [name]
        elif "." not in name or name.endswith(_HOME_NAMES) or name.replace(".", "").isdigit():
            raise private_address(host)
        else:
            try:
                addresses = [found["host"] for found in await resolver.resolve(host)]
            except OSError:
                return  # behind some proxies nobody can look up names: the proxy knows what it is
        if not all(self.permits(address) for address in addresses):
            raise private_address(host)

    def _allows(self, address: _Address) -> bool:
        inner = _inner(address) or address
        return any(inner.version == network.version and inner in network for network in self._networks)


def private_address(host: str) -> Forbidden:
    return Forbidden(
        "private_address",
        f"{host} leads to an address inside a private network, which is not fetched: if this is meant, add it to "
        "KABAR_ALLOW_PRIVATE_HOSTS",
    )


def is_public(address: _Address) -> bool:
    """Whether anybody on the internet can reach it; addresses that carry an IPv4 one count as that one."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    if isinstance(address, IPv6Address) and (address not in _GLOBAL_UNICAST or address.ipv4_mapped):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def _inner(address: _Address) -> IPv4Address | None:
    """The IPv4 address that this one leads to: mapped, NAT64, 6to4. (Teredo is never public.)"""
    if isinstance(address, IPv4Address) or address in _TEREDO:
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour


@lru_cache(maxsize=4_096)  # a fetch asks several times about its host
def _parsed(host: str) -> _Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
