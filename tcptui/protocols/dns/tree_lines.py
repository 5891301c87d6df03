"""Lines about the bytes of one message: what every part of the header tree of DNS writes with."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from tcptui.dfilter.names import value_text
from tcptui.protocols.dns.names import read_name, text_of
from tcptui.protocols.headers.bits import bits_label, shortened
from tcptui.protocols.headers.builder import Branch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.headers.frame_place import FramePlace

#: Most records of all messages in one packet's tree, and most values of their lists.
RECORDS_SHOWN: Final = 4_000
_VALUES_SHOWN: Final = 20_000
_SHOWN_BYTES: Final = 37
IPV4_SIZE: Final = 4
IPV6_SIZE: Final = 16
_SIZES: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))

_ERRORS: Final = (
    "Other Error", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer",
    "DNSSEC Indeterminate", "DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing",
    "RRSIGs Missing", "No Zone Key Bit Set", "NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored",
    "Filtered", "Prohibited", "Stale NXDomain Answer", "Not Authoritative", "Not Supported", "No Reachable Authority",
    "Network Error", "Invalid Data", "Signature Expired before Valid", "Too Early",
    "Unsupported NSEC3 Iterations Value", "Unable to conform to policy", "Synthesized",
)  # fmt: skip
#: By field: first number, last number, name.
_RANGES: Final = {
    "opt.ext_error.info_code": (
        *((number, number, name) for number, name in enumerate(_ERRORS)),
        (len(_ERRORS), 49_151, "Unassigned"), (49_152, 65_535, "Reserved for Private Use"),
    ),
    "zonemd.scheme": (
        (0, 0, "Reserved"), (1, 1, "SIMPLE"), (2, 239, "Unassigned"), (240, 254, "Private Use"), (255, 255, "Reserved"),
    ),
    "zonemd.hash_algo": (
        (0, 0, "Reserved"), (1, 1, "SHA-384"), (2, 2, "SHA-512"), (3, 239, "Unassigned"), (240, 254, "Private Use"),
        (255, 255, "Reserved"),
    ),
}  # fmt: skip


class Ends(Exception):  # noqa: N818  (no error: how reading ends where bytes do)
    """The bytes that may be read end, or the lines are many."""


@dataclass(slots=True)
class Budget:
    """How much may yet be shown of one packet's messages."""

    records: int = RECORDS_SHOWN
    values: int = _VALUES_SHOWN

    @property
    def is_spent(self) -> bool:
        """Whether lines were left out."""
        return self.records < 0 or self.values < 0

    def take_record(self) -> None:
        """One record more.  Raises `Ends`."""
        self.records -= 1
        if self.is_spent:
            raise Ends

    def take_value(self) -> None:
        """One value more of a list.  Raises `Ends`."""
        self.values -= 1
        if self.is_spent:
            raise Ends


class MessageLines:
    """Appends lines for the bytes ``data`` of a message, which begins at ``base`` of its direction."""

    def __init__(self, place: FramePlace, base: int, data: bytes, budget: Budget) -> None:
        self._place, self._base = place, base
        self.data = data
        self.stop = len(data)
        """Where what is read ends: the message, or the data of a record."""
        self.budget = budget

    @contextmanager
    def until(self, stop: int) -> Iterator[None]:
        """Have nothing be read beyond ``stop``, which may be where no bytes are."""
        before, self.stop = self.stop, stop
        try:
            yield
        finally:
            self.stop = before

    def line(self, parent: Branch, label: str, at: int, length: int, field: str = "") -> Branch:
        """A line for ``length`` bytes at ``at``; ``field``: what its name has behind ``dns.``."""
        return self._place.add(parent, label, self._base + at, length, field and f"dns.{field}")

    def cover(self, line: Branch, begin: int, end: int) -> None:
        """Has ``line`` mark the bytes that it turned out to be about."""
        drawn = self.line(Branch(""), "", begin, end - begin)
        line.start, line.length, line.target = drawn.start, drawn.length, drawn.target

    def raw(self, at: int, size: int) -> bytes:
        """``size`` bytes.  Raises `Ends` where there are fewer."""
        if size < 0 or at + size > min(self.stop, len(self.data)):
            raise Ends
        return self.data[at : at + size]

    def number(self, at: int, size: int) -> int:
        """A number of ``size`` bytes.  Raises `Ends`."""
        return int.from_bytes(self.raw(at, size))

    def bits(self, parent: Branch, value: int, mask: int, text: str, field: str, at: int, size: int = 2) -> None:
        """A line for the bits ``mask`` of the number ``value`` that stands at ``at``."""
        self.line(parent, bits_label(value, mask, 8 * size, text), at, size, field)

    def text(self, parent: Branch, title: str, field: str, at: int, length: int, text: str) -> Branch:
        """A text that was read from the bytes, which its value is however long it is."""
        line = self.line(parent, f"{title}: {text}", at, length, field)
        line.whole = lambda: text.encode()
        return line

    def ascii(self, parent: Branch, title: str, field: str, at: int, length: int) -> Branch:
        """A text of so many bytes; what is not ASCII is replaced.  Raises `Ends`."""
        return self.text(parent, title, field, at, length, self.raw(at, length).decode("ascii", "replace"))

    def labels(self, parent: Branch, title: str, field: str, at: int, labels: list[bytes], end: int) -> Branch:
        """A name that was read up to ``end``."""
        return self.text(parent, title, field, at, end - at, text_of(labels))

    def name(self, parent: Branch, title: str, field: str, at: int) -> tuple[Branch, int]:
        """The name at ``at``, and the offset behind it.  Raises `BadName` and `Ends`."""
        labels, behind = read_name(self.data, at)
        if behind > self.stop:
            raise Ends
        return self.labels(parent, title, field, at, labels, behind), behind

    def counted(self, parent: Branch, title: str, field: str, at: int, size: int = 1) -> int:
        """A number in decimal, which is returned.  Raises `Ends`."""
        value = self.number(at, size)
        self.line(parent, f"{title}: {value}", at, size, field)
        return value

    def named(self, parent: Branch, title: str, field: str, at: int, size: int = 1) -> int:
        """A number with its name, which is returned.  Raises `Ends`."""
        value = self.number(at, size)
        self.line(parent, f"{title}: {name_of(field, value)} ({value})", at, size, field)
        return value

    def bytes(self, parent: Branch, title: str, field: str, at: int, size: int) -> Branch:
        """Bytes in hexadecimal.  Raises `Ends`."""
        told = shortened(self.raw(at, size)[:_SHOWN_BYTES]) or "<MISSING>"
        return self.line(parent, f"{title}: {told}", at, size, field)

    def ipv4(self, parent: Branch, title: str, field: str, at: int, size: int = IPV4_SIZE) -> str:
        """An address, which is returned, and of which ``size`` bytes stand there.  Raises `Ends`."""
        address = str(IPv4Address(self.raw(at, size).ljust(IPV4_SIZE, b"\0")))
        self.line(parent, f"{title}: {address}", at, size, field)
        return address

    def ipv6(self, parent: Branch, title: str, field: str, at: int, size: int = IPV6_SIZE) -> str:
        """A line with an IPv6 address."""
        address = socket.inet_ntop(socket.AF_INET6, self.raw(at, size).ljust(IPV6_SIZE, b"\0"))
        self.line(parent, f"{title}: {address}", at, size, field)
        return address


def name_of(field: str, value: int) -> str:
    """What Wireshark calls the ``value`` of the field ``dns.field``."""
    return value_text(f"dns.{field}", value) or _range_name(field, value) or "Unknown"


def lasting(seconds: int) -> str:
    """``1 day, 2 hours``, as Wireshark writes it."""
    told, rest = [], seconds
    for size, name in _SIZES:
        count, rest = divmod(rest, size)
        if count:
            told.append(f"{count} {name}{'' if count == 1 else 's'}")
    return ", ".join(told) or "0 seconds"


# Names of ranges of numbers, which filters take for no value: extended errors (RFC 8914), digests of zones (RFC 8976).
#
# IANA, Domain Name System parameters, as Wireshark 4.0 has them.


def _range_name(field: str, value: int) -> str:
    """What ``value`` of the field ``dns.field`` is called; empty where it has no name."""
    return next((name for first, last, name in _RANGES.get(field, ()) if first <= value <= last), "")
