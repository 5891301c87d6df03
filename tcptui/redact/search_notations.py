"""Every way in which an address or a name may be written, as bytes to look for."""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTATIONS: Final = (
    "binary", "reversed", "text", "reversed text", "hexadecimal", "decimal", "base64", "IPv4 in IPv6", "DNS",
    "reverse DNS", "EUI-64",
)  # fmt: skip
#: Shorter patterns are found by chance.
_SHORTEST: Final = 4
_SHORTEST_TEXT: Final = 7
_FEWEST_VALUES: Final = 4
#: Link addresses of groups that protocols give: they are no host's.
_GROUPS: Final = (b"\x01\x80\xc2\x00\x00", b"\x33\x33\x00\x00\x00", b"\x01\x00\x5e\x00\x00", b"\x01\x00\x0c\xcc\xcc")


def of_address(address: bytes) -> Iterator[tuple[bytes, bool]]:
    """Notations of an address of 4 or 16 bytes, each with whether case makes no difference."""
    text = str(ipaddress.ip_address(address))
    yield address, False
    yield address[::-1], False
    yield from _of_text(text.encode())
    yield address.hex().encode(), True
    yield from _base64(address)
    if len(address) == 4:
        parts = text.split(".")
        yield base64.b64encode(address), False
        yield "-".join(parts).encode(), True
        yield str(int.from_bytes(address)).encode(), True
        yield ".".join(reversed(parts)).encode(), True
        yield _wire(list(reversed(parts))), True
        yield b":".join((address[:2].hex().encode(), address[2:].hex().encode())), True
    else:
        yield ipaddress.IPv6Address(address).exploded.encode(), True
        nibbles = list(reversed(address.hex()))
        yield ".".join(nibbles).encode(), True
        yield _wire(nibbles), True


def of_mac(address: bytes) -> Iterator[tuple[bytes, bool]]:
    """Notations of a link address."""
    text = address.hex()
    pairs = [text[at : at + 2] for at in range(0, 12, 2)]
    yield address, False
    yield address[::-1], False
    for one in (":".join(pairs), "-".join(pairs), text, ".".join(text[at : at + 4] for at in range(0, 12, 4))):
        yield one.encode(), True
    yield bytes((address[0] ^ 2,)) + address[1:3] + b"\xff\xfe" + address[3:], False
    yield from _base64(address)


def of_name(name: bytes) -> Iterator[tuple[bytes, bool]]:
    """Notations of a host's name in lower case."""
    yield from _of_text(name)
    yield name.hex().encode(), True
    yield from _base64(name)
    if b"." in name:
        yield _wire([label.decode("latin-1") for label in name.split(b".")]), True


def _of_text(text: bytes) -> Iterator[tuple[bytes, bool]]:
    yield text, True
    yield text[::-1], True


def _wire(labels: list[str]) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode("latin-1") for label in labels if len(label) < 64)


def _base64(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """The characters of base64 that ``data`` alone decides, at each of its three alignments."""
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + data).rstrip(b"=")
        first = -(-shift * 8 // 6)
        last = (shift + len(data)) * 8 // 6
        if last - first >= 6:
            yield whole[first:last], False


def is_searchable(pattern: bytes, *, in_any_case: bool) -> bool:
    """True if a pattern is not found by chance: long enough, and of more than a few values.

    Numbers that count from 1 are link addresses, too, and stand everywhere; these are searched for at their places.
    """
    least = _FEWEST_VALUES if not in_any_case and len(pattern) > _SHORTEST else 2
    return len(pattern) >= (_SHORTEST_TEXT if in_any_case else _SHORTEST) and len(set(pattern)) >= least


def is_nobodys(address: bytes) -> bool:
    """True if an address is no host's: of groups that protocols give, of this host itself, of nobody."""
    if len(address) == 6:
        return not any(address) or address == b"\xff" * 6 or address.startswith(_GROUPS)
    one = ipaddress.ip_address(address)
    if one.is_loopback or one.is_unspecified or address == b"\xff\xff\xff\xff":
        return True
    if len(address) == 4:
        return address[0] == 0 or address[:3] == b"\xe0\0\0" or address == b"\xef\xff\xff\xfa"
    return address[0] == 0xFF and not any(address[2:13]) and address[13] <= 1
