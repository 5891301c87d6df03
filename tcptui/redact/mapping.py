"""Addresses, names and numbers under a key: the same key gives the same replacement in every file.

Addresses keep their prefixes (Xu et al., *Prefix-preserving IP address anonymization*, 2002): two that share their
first *n* bits, and no more, share exactly as many when mapped.  The pseudo-random function is BLAKE2s (RFC 7693), keyed
and with a purpose of its own each.  Special ranges stay what they are: within a range bits are mapped as anywhere, but
none of the bits that lead to it; so an ordinary address keeps those of its first bits that it shares with a range.
"""

from __future__ import annotations

import ipaddress
from functools import cached_property
from hashlib import blake2s
from typing import TYPE_CHECKING, Final

from tcptui.redact.keep import Keep
from tcptui.redact.vocabulary import LABELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

#: The key's least length in bytes; what is longer than BLAKE2s takes is digested first.
KEY_BYTES: Final = 32

#: Ranges in which addresses are mapped among themselves (RFC 6890, and the registries of IANA).
_RANGES_4: Final = (
    "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
#: Addresses that name no host of anybody: they stay.
_FIXED_4: Final = ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/24", "239.255.255.250/32", "255.255.255.255/32")
_RANGES_6: Final = ("fc00::/7", "fe80::/64", "ff00::/8", "2001:db8::/32", "2002::/16")
_FIXED_6: Final = ("::/127", "ff01::/112", "ff02::/112", "ff05::/112", "ff02::1:0/112")
#: IPv6 addresses whose last four bytes are an IPv4 address: mapped, compatible, NAT64 (RFC 4291, 2.5.5; RFC 6052).
_HOLDING_4: Final = (bytes(10) + b"\xff\xff", bytes(12), bytes.fromhex("0064ff9b") + bytes(8))
_SOLICITED: Final = bytes.fromhex("ff0200000000000000000001ff")
"""ff02::1:ff00:0/104: its last three bytes are those of a host's address."""
_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyz0123456789"
_MOST_KEPT: Final = 1 << 18


class Mapping:
    """Replacements under a key.  Each is computed once and kept; what is kept is bounded."""

    def __init__(self, key: bytes, keep: Collection[Keep] = ()) -> None:
        """``key``: at least `KEY_BYTES`.  ``keep``: what stays as it is."""
        self._keep = frozenset(keep)
        self._key = blake2s(key, person=b"redact").digest()
        self._addresses: dict[bytes, bytes] = {}
        self._bits: dict[tuple[int, int], int] = {}
        self._macs: dict[bytes, bytes] = {}
        self._labels: dict[bytes, bytes] = {}
        self._numbers: dict[tuple[bytes, bytes], int] = {}

    def octets(self, purpose: bytes, value: bytes, size: int) -> bytes:
        """``size`` pseudo-random bytes for ``value``, the same for the same."""
        found = b""
        for part in range(-(-size // 32)):
            found += blake2s(value + bytes((part,)), key=self._key, person=purpose[:8]).digest()
        return found[:size]

    def number(self, purpose: bytes, value: bytes, below: int) -> int:
        """A pseudo-random number from 0 on for ``value``."""
        known = self._numbers.get((purpose, value))
        if known is None:
            known = int.from_bytes(self.octets(purpose, value, 16)) % below
            if len(self._numbers) < _MOST_KEPT:
                self._numbers[purpose, value] = known
        return known

    # -- addresses

    def address(self, address: bytes) -> bytes:
        """The replacement of an address of 4 or 16 bytes."""
        if Keep.ADDRESSES in self._keep:
            return address
        known = self._addresses.get(address)
        if known is None:
            known = self._mapped_4(address) if len(address) == 4 else self._mapped_6(address)
            if len(self._addresses) >= _MOST_KEPT:
                self._addresses.clear()
            self._addresses[address] = known
        return known

    def _mapped_4(self, address: bytes) -> bytes:
        return self._permuted(address, 32, *self._tree_4)

    def _mapped_6(self, address: bytes) -> bytes:
        if address[:12] in _HOLDING_4 and any(address[12:15]):
            return address[:12] + self.address(address[12:])
        if address.startswith(_SOLICITED):
            return _SOLICITED + self._permuted(address[13:], 24, frozenset(), ())
        mapped = self._permuted(address, 128, *self._tree_6)
        if address.startswith(b"\x20\x02"):  # 6to4 (RFC 3056, 2): an IPv4 address follows
            return mapped[:2] + self.address(address[2:6]) + mapped[6:]
        return mapped

    def _permuted(
        self, value: bytes, size: int, leading: frozenset[tuple[int, int]], fixed: tuple[range, ...]
    ) -> bytes:
        """``value`` of ``size`` bits, of which each bit is mapped by those before it."""
        number, found = int.from_bytes(value), 0
        if any(number in one for one in fixed):
            return value
        for at in range(size):
            prefix = number >> (size - at)
            found = found << 1 | (number >> (size - at - 1) & 1) ^ (
                0 if (at, prefix) in leading else self._flip(size, at, prefix)
            )
        return found.to_bytes(size // 8)

    def _flip(self, size: int, at: int, prefix: int) -> int:
        where = (size << 8 | at, prefix)
        known = self._bits.get(where)
        if known is None:
            told = size.to_bytes(2) + at.to_bytes(1) + prefix.to_bytes(16)
            known = blake2s(told, key=self._key, person=b"address", digest_size=1).digest()[0] & 1
            if len(self._bits) >= _MOST_KEPT:
                self._bits.clear()
            self._bits[where] = known
        return known

    @cached_property
    def _tree_4(self) -> tuple[frozenset[tuple[int, int]], tuple[range, ...]]:
        return _tree(_RANGES_4, _FIXED_4, 32)

    @cached_property
    def _tree_6(self) -> tuple[frozenset[tuple[int, int]], tuple[range, ...]]:
        holding = [f"{ipaddress.IPv6Address(first + bytes(4))}/96" for first in _HOLDING_4]
        return _tree((*_RANGES_6, *holding), _FIXED_6, 128)

    def mac(self, address: bytes) -> bytes:
        """The replacement of a link address: a group stays a group, a host's has no manufacturer any more."""
        if Keep.MACS in self._keep:
            return address
        known = self._macs.get(address)
        if known is None:
            known = self._mapped_mac(address)
            if len(self._macs) < _MOST_KEPT:
                self._macs[address] = known
        return known

    def _mapped_mac(self, address: bytes) -> bytes:
        if not any(address) or address == b"\xff" * len(address) or address in _FIXED_GROUPS:
            return address
        if len(address) != 6:
            return self.octets(b"link", address, len(address))
        if address.startswith((b"\x01\x80\xc2\x00\x00", b"\x33\x33\x00\x00\x00", b"\x01\x00\x5e\x00\x00")):
            return address
        drawn = self.octets(b"mac", address, 6)
        if address.startswith(b"\x33\x33"):
            return address[:2] + drawn[:4]
        if address.startswith(b"\x01\x00\x5e"):
            return address[:3] + bytes((drawn[0] & 0x7F,)) + drawn[1:3]
        return bytes((drawn[0] & 0xFC | 2 | address[0] & 1,)) + drawn[1:]

    # -- numbers

    def moved(self, purpose: bytes, owner: bytes, number: int, bits: int) -> int:
        """``number`` moved by what is ``owner``'s: differences stay, 0 stays 0, and nothing else becomes 0."""
        if not number:
            return 0
        most = (1 << bits) - 1
        return (number - 1 + self.number(purpose, owner, most)) % most + 1

    # -- names

    def label(self, label: bytes) -> bytes:
        """The replacement of one label of a name: of the same length, the same wherever it occurs, in any case."""
        if Keep.NAMES in self._keep:
            return label
        plain = label.lower()
        known = self._labels.get(plain)
        if known is None:
            known = plain if plain in LABELS else self._mapped_label(plain)
            if len(self._labels) >= _MOST_KEPT:
                self._labels.clear()
            self._labels[plain] = known
        return known

    def path(self, path: bytes) -> bytes:
        """The replacement of a request's target: letters and digits, the same for the same."""
        return bytes(_LETTERS[byte % 36] for byte in self.octets(b"path", path, len(path)))

    def _mapped_label(self, label: bytes) -> bytes:
        start = b"_" if label.startswith(b"_") else b""
        size = len(label) - len(start)
        if 0 < size <= 2 and all(byte in _LETTERS for byte in label[len(start) :]):
            return start + self._short(label[len(start) :])
        return start + bytes(_LETTERS[byte % 36] for byte in self.octets(b"label", label, size))

    def _short(self, label: bytes) -> bytes:
        """A label of one or two characters: by a permutation, as two of so few would soon be one."""
        every = [bytes((one,)) for one in _LETTERS]
        if len(label) == 2:
            every = [one + other for one in every for other in every]
        order = sorted(every, key=lambda one: blake2s(one, key=self._key, person=b"short").digest())
        return order[every.index(label)]

    @property
    def labels(self) -> int:
        """How many labels of names were replaced."""
        return len(self._labels)

    def name(self, name: bytes) -> bytes:
        """The replacement of a dotted name, label by label."""
        return b".".join(self.label(label) for label in name.split(b"."))


#: Groups of protocols: those of Cisco, of link discovery and of bridges carry no host's name.
_FIXED_GROUPS: Final = frozenset({bytes.fromhex("01000ccccccc"), bytes.fromhex("01000ccccccd")})


def _tree(
    ranges: Iterable[str], fixed: Iterable[str], size: int
) -> tuple[frozenset[tuple[int, int]], tuple[range, ...]]:
    """The prefixes, as (bits, value), that lead to a range and whose next bit stays; the fixed addresses."""
    networks = [ipaddress.ip_network(one) for one in fixed]
    every = [*networks, *map(ipaddress.ip_network, ranges)]
    leading = {(bits, int(one.network_address) >> (size - bits)) for one in every for bits in range(one.prefixlen)}
    whole = tuple(range(int(one.network_address), int(one.network_address) + one.num_addresses) for one in networks)
    return frozenset(leading), whole
