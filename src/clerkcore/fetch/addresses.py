"""Which network addresses may be asked: public ones, and those of hosts the operator allows."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

from clerkcore.errors import FetchError
from clerkcore.fetch.retries import Passing

Resolver = Callable[[str, int], Iterable[str]]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Python 3.11 takes these for public: IETF protocol assignments, site-local, documentation.
_SPECIAL = tuple(ipaddress.ip_network(block) for block in ("192.0.0.0/24", "fec0::/10", "3fff::/20"))


def resolve_host(host: str, port: int) -> list[str]:
    """Return every address that a host name stands for."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(text: str) -> bool:
    """Whether an address belongs to the public internet."""
    address = _innermost(ipaddress.ip_address(text))
    if any(address in block for block in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _innermost(address: _Address) -> _Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


class AddressGuard:
    """Refuses hosts that resolve to, or are connected at, an address that is not public."""

    def __init__(self, allowed: Iterable[str], resolve: Resolver = resolve_host) -> None:
        self._allowed = frozenset(_plain(host) for host in allowed)
        self._resolve = resolve

    def check_host(self, host: str, port: int) -> None:
        """Look the host up and refuse it unless every address is public."""
        if _plain(host) in self._allowed:
            return
        try:
            addresses = list(self._resolve(host, port))
        except (OSError, UnicodeError) as error:
            remedy = "check the address and the machine's name service"
            raise Passing(f"the host {host!r} could not be found: {error}", remedy=remedy) from error
        for address in addresses:
            self.check_peer(host, address)

    def check_peer(self, host: str, address: str) -> None:
        """Refuse an address this host resolved to or was connected at, unless it is public."""
        if _plain(host) not in self._allowed and not is_public(address):
            raise FetchError(
                f"the host {host!r} resolves to a private address ({address})",
                remedy="if this is meant, add the host to http.allow_private",
            )


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
