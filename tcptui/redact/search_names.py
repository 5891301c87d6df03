"""Names of hosts in content, by parsers of the search's own: DNS, HTTP's Host, TLS's server name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.redact.vocabulary import LABELS, MEDIA, TOKENS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tcptui.redact.stretches import Stretch

_HOST: Final = re.compile(rb"\r?\nhost:[ \t]{0,8}([0-9A-Za-z._\-]{4,255})", re.IGNORECASE)
#: An extension server_name with one name in it (RFC 6066, 3).
_SERVER_NAME: Final = re.compile(rb"\x00\x00\x00(.)\x00(.)\x00\x00(.)([0-9A-Za-z._\-]{4,252})", re.DOTALL)
#: What names stand behind in HTTP and TLS, in any case.
_BEGINNINGS: Final = (b"\nho", b"\x16\x03")
_NAME_RECORDS: Final = {2: 0, 5: 0, 12: 0, 39: 0, 15: 2, 33: 6, 6: 0}
_PUBLIC: Final = LABELS | TOKENS | MEDIA
_SHORTEST: Final = 7
#: Of messages of DNS (RFC 1035, 6762, 4795).
NAME_PORTS: Final = (53, 5353, 5355)
_DNS: Final = frozenset(NAME_PORTS)


def rows_with_a_name(one: Stretch) -> NDArray[np.bool_]:
    """Of each packet of a stretch, whether there may be a name in HTTP or TLS: whether something begins like them."""
    found = np.zeros(len(one.begin), np.bool_)
    octets = np.frombuffer(one.data, np.uint8)
    for first, *others in _BEGINNINGS:
        places = np.flatnonzero(octets[: len(octets) - len(others)] == first)
        for number, other in enumerate(others, 1):
            places = places[(octets[places + number] | 0x20) == other | 0x20]
        at = one.begin.searchsorted(places, "right") - 1
        found[at[(at >= 0) & (places < one.end[at])]] = True
    return found


def names_in(data: bytes, ports: set[int]) -> Iterator[bytes]:
    """Names in a packet's bytes, in lower case; only those long enough not to be found by chance."""
    for name in _names(data, ports):
        plain = name.lower().strip(b".")
        if len(plain) >= _SHORTEST and plain not in _PUBLIC and not all(label in LABELS for label in plain.split(b".")):
            yield plain


def _names(data: bytes, ports: set[int]) -> Iterator[bytes]:
    if ports & _DNS:
        for begin in _beginnings(data, ports):
            yield from _of_message(data[begin:])
    for one in _HOST.finditer(data):
        yield one.group(1)
    if b"\x16\x03" in data:
        for one in _SERVER_NAME.finditer(data):
            size = one.group(3)[0]
            if one.group(2)[0] == size + 3 and one.group(1)[0] == size + 5 and len(one.group(4)) >= size:
                yield one.group(4)[:size]


def _beginnings(data: bytes, ports: set[int]) -> Iterator[int]:
    """Where a message may begin: behind the ports, where a UDP header or a length before it ends."""
    for port in ports & _DNS:
        told = port.to_bytes(2)
        at = data.find(told)
        while 0 <= at < 120:
            for behind in (6, 8, 18, 20, 30, 32):
                yield at + behind
            at = data.find(told, at + 1)


def _of_message(data: bytes) -> Iterator[bytes]:
    if len(data) < 12:
        return
    counts = [int.from_bytes(data[at : at + 2]) for at in (4, 6, 8, 10)]
    if sum(counts) > 256 or not sum(counts):
        return
    at, found = 12, []
    for section, count in enumerate(counts):
        for _ in range(count):
            name, at = _name(data, at)
            if at < 0:
                return
            found.append(name)
            if section == 0:
                at += 4
                continue
            kind, size = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 8 : at + 10])
            at += 10
            if at + size > len(data):
                return
            if kind in _NAME_RECORDS:
                found.append(_name(data, at + _NAME_RECORDS[kind])[0])
            at += size
    yield from found


def _name(data: bytes, at: int) -> tuple[bytes, int]:
    """A name, and where it ends in the record; -1: nowhere."""
    labels: list[bytes] = []
    end = -1
    for _ in range(128):
        if at >= len(data):
            return b"", -1
        size = data[at]
        if size >= 0xC0 and at + 1 < len(data):
            end = at + 2 if end < 0 else end
            at = int.from_bytes(data[at : at + 2]) & 0x3FFF
            continue
        if not size or size >= 64:
            return b".".join(labels), (at + 1 if end < 0 else end) if not size else -1
        labels.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return b"", -1
